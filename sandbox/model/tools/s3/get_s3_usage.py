"""`get_s3_usage`: how much is stored in S3 in all."""

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import method_note, objects_of, plural, rows, size
from sandbox.model.tools.s3._storage import BUCKET_ROWS, TOPICS, extreme, figure, sized
from sandbox.model.types import Focus, JsonObject


def _answer(result: JsonObject, focus: Focus) -> str:
    """Total storage, then each bucket's share."""
    buckets = objects_of(result, "buckets")
    count = result.get("bucket_count", len(buckets))
    if count == 0:
        return "You have no S3 buckets, so nothing is stored: 0 bytes." + method_note(result)
    objects_in_all = plural(result.get("total_objects", "an unknown number of"), "object")
    lead = f"Your total S3 usage is {size(result, 'total')}: {objects_in_all} in {plural(count, 'bucket')}."
    listed = rows([sized(bucket) for bucket in buckets])
    return lead + extreme(buckets, focus) + (f"\n\n{listed}" if listed else "") + method_note(result)


def _headline(result: JsonObject) -> str:
    objects = plural(result.get("total_objects", "?"), "object")
    return f"{size(result, 'total')} in {objects} of {plural(result.get('bucket_count', '?'), 'bucket')}"


TOOL = ReadTool(
    "get_s3_usage",
    answer=_answer,
    topics=TOPICS,
    words={
        "s3": "s3, simple storage service, object storage, object store",
        "storage": "storage",
    },
    asked=lambda clause: [{}] if figure(clause) == "total" else [],
    order=90,
    rows=BUCKET_ROWS,
    instead=("get_s3_bucket_sizes", "summarize_aws_usage"),
    tells=lambda _: "what all buckets hold together",
    heeds=("largest", "smallest", "least", "fewest"),
    title="S3",
    headline=_headline,
    can="S3 storage",
)
