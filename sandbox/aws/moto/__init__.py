"""What moto lacks, is slow at, or answers unlike AWS: patched into it, or checked before it is asked."""
