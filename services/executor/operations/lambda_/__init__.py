"""Lambda functions: create and delete."""
