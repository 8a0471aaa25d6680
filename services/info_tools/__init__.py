"""The informational agent: answers questions about the account with read-only boto3 calls."""
