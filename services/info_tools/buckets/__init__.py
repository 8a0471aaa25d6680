"""S3's buckets: where they are, how large, and what of them remains."""
