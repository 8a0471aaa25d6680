"""What the S3 tools share: which figure a question is after, and buckets in words."""

import re
from typing import Literal

from sandbox.model.phrasing import plural, size
from sandbox.model.types import Focus, JsonObject

TOPICS = ("bucket", "s3", "storage", "object")
BUCKET_ROWS = ("buckets", "bucket_name", "bucket")
_MOST = 6  # buckets whose objects are counted with a call each

Figure = Literal["objects", "sizes", "total", "list", ""]


def figure(clause: Focus) -> Figure:
    """What a clause wants to know of S3; empty when it is not about S3."""
    buckets = clause.names("bucket")
    # "How much space is all my stuff taking up": a size that belongs to nothing else is S3's.
    of_data = clause.has("size") and clause.has("howmuch", "total", "usage", "largest")
    if not (buckets or clause.has(*TOPICS) or of_data):
        return ""
    if clause.has("object") and not clause.has("largest", "smallest"):
        return _objects(clause, buckets)
    plain = not clause.has("size", "usage", "storage", "howmuch", "total", "describe", "summary")
    if buckets and plain and clause.has("count"):
        return _objects(clause, buckets)  # "how many things are in the bucket photos"
    if buckets:
        located = clause.has("when", "where") or re.search(r"\b(do i have|is there|exist)", clause.text.lower())
        return "list" if plain and located else "sizes"
    if clause.has("largest", "smallest", "empty") or _each_bucket(clause):
        return "sizes"
    return _of_all(clause, plain)


def _of_all(clause: Focus, plain: bool) -> Figure:
    """What is asked of all buckets together or side by side."""
    every = re.search(r"\ball (?:of )?(?:my |our |the )?(?:s3 )?buckets", clause.text.lower())
    whole = clause.has("total") or not clause.has("bucket") or (every and clause.has("size", "howmuch"))
    if whole and (clause.has("usage", "size", "storage", "howmuch", "total", "summary", "count") or plain):
        lists_only = clause.has("list") and not clause.has("usage", "size", "storage", "howmuch", "total", "summary")
        return "list" if lists_only else "total"
    if clause.has("size", "usage", "storage", "howmuch", "summary", "describe"):
        return "total" if clause.has("howmuch") and not clause.says("which") else "sizes"
    return "list"


def _objects(clause: Focus, buckets: list[str]) -> Figure:
    if buckets and len(buckets) <= _MOST:
        return "objects"
    return "sizes" if clause.has("each") or (clause.says("which") and clause.has("bucket")) else "total"


def _each_bucket(clause: Focus) -> bool:
    if clause.has("total") and not clause.says("each", "per", "by", "individually"):
        return False  # "the sum across every bucket"
    return clause.has("each") and clause.has("bucket", "s3", "storage", "size")


def extreme(buckets: list[JsonObject], focus: Focus) -> str:
    """One sentence for "the biggest" or "the smallest", by size or by number of objects."""
    if not buckets or not (focus.has("largest", "smallest") or focus.says("most", "fewest", "least")):
        return ""
    smallest = focus.has("smallest") or focus.says("fewest", "least")
    key = "object_count" if focus.has("object") else "size_bytes"
    known = [bucket for bucket in buckets if isinstance(bucket.get(key), int)]
    if not known:
        return ""
    best = min(known, key=lambda row: row[key]) if smallest else max(known, key=lambda row: row[key])
    if key == "object_count":
        which = "one with the fewest objects" if smallest else "one with the most objects"
        return f" The {which} is {best['bucket_name']} with {plural(best['object_count'], 'object')}."
    return f" The {'smallest' if smallest else 'largest'} is {best['bucket_name']} with {size(best)}."


def sized(bucket: JsonObject) -> str:
    """A bucket's line: its region, size and number of objects."""
    region = f" ({bucket['region']})" if bucket.get("region") else ""
    return f"{bucket.get('bucket_name')}{region}: {size(bucket)}, {plural(bucket.get('object_count', '?'), 'object')}"
