"""The policy advisor: Claude on Amazon Bedrock."""
