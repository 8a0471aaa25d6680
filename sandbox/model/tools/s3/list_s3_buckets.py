"""`list_s3_buckets`: which buckets there are, where, and since when."""

from sandbox.model.declaration import ReadTool
from sandbox.model.tools.s3._storage import BUCKET_ROWS, TOPICS, figure
from sandbox.model.types import JsonObject


def _line(row: JsonObject) -> str:
    region = f" in {row['region']}" if row.get("region") else ""
    created = f", created {row['created_at']}" if row.get("created_at") else ""
    return f"{row.get('bucket_name')}{region}{created}"


TOOL = ReadTool(
    "list_s3_buckets",
    noun="S3 bucket",
    rows=BUCKET_ROWS,
    line=_line,
    dated="created_at",
    topics=TOPICS,
    asked=lambda clause: [{}] if figure(clause) == "list" else [],
    order=90,
    heeds=("region", "named", "newest", "oldest"),
    instead=("get_s3_bucket_sizes", "get_s3_usage"),
    covered_by=("get_s3_bucket_sizes", "get_s3_usage"),
)
