"""Stands in for AWS, OpenAI and Bedrock in development."""
