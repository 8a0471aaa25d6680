"""The advisor: what a policy in the message means, whether it is valid, and a narrower one."""
