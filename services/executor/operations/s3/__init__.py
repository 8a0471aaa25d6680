"""S3 buckets: create and delete."""
