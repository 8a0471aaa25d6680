"""IAM roles and their policies: create and delete a role, attach and detach a managed policy."""
