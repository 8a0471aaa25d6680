"""`create_s3_bucket`: what a bucket is called by people, and how one is made."""

from sandbox.model.declaration import Operation, Resource

BUCKET = Resource(
    "bucket",
    noun="bucket",
    name_key="bucket_name",
    words="bucket, buckets",
    order=10,
    topics=("s3", "storage", "object", "empty"),
    hints=("bucket",),
)
TOOL = Operation("create_s3_bucket", "create", BUCKET, takes=("bucket_name", "region"), inverse="delete_s3_bucket")
