"""S3: what is stored, in which buckets, how many objects, and making and deleting buckets."""
