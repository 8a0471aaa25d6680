"""`delete_s3_bucket`: deletes an empty bucket, which nothing brings back."""

from sandbox.model.declaration import Operation
from sandbox.model.tools.s3.create_s3_bucket import BUCKET

TOOL = Operation("delete_s3_bucket", "delete", BUCKET, takes=("bucket_name",))
