"""IAM policies read without AWS: what they allow and deny, and whether they amount to an administrator."""
