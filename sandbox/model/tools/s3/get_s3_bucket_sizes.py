"""`get_s3_bucket_sizes`: how big each bucket is, or those that are named."""

import re

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import join, method_note, objects_of, plural, rows, size
from sandbox.model.tools.s3._storage import BUCKET_ROWS, TOPICS, extreme, figure, sized
from sandbox.model.types import Focus, JsonObject

_UNITS = {"b": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_LARGE_FILES = re.compile(r"(?i)\b(?:larg|bigg|heavi|small|tini)est\s+(?:objects?|files?|items?|keys?|documents?)\b")
_LIMIT = re.compile(
    r"(?i)(?P<how>over|above|(?:larger|bigger|more|greater) than|at least|exceed\w*|under|below|(?:smaller|less) than)"
    r" (?P<number>\d+(?:\.\d+)?)\s?(?P<unit>[kmgt])?i?b(?:ytes)?\b"
)


def _asked(clause: Focus) -> list[JsonObject]:
    buckets = clause.names("bucket")
    return [{"bucket_names": buckets} if buckets else {}] if figure(clause) == "sizes" else []


def _answer(result: JsonObject, focus: Focus) -> str:
    """Each bucket's size, the largest first, led by what was asked for."""
    buckets = [
        row for row in objects_of(result, "buckets") if row.get("region") in (focus.regions or (row.get("region"),))
    ]
    where = f" in {join(list(focus.regions))}" if focus.regions else ""
    if not buckets:
        return f"You have no S3 buckets{where}.{method_note(result)}"
    if len(buckets) == 1:
        return _one(buckets[0]) + method_note(result)
    total = f", {size(result, 'total')} together" if "total_bytes" in result and not focus.regions else ""
    lead = f"{plural(len(buckets), 'bucket')}{where}, the largest first{total}:"
    parts = [lead, extreme(buckets, focus).strip(), _limited(buckets, focus), _empty(buckets, focus)]
    listed = rows([sized(row) for row in buckets])
    return "\n".join(part for part in parts if part) + f"\n\n{listed}{method_note(result)}"


def _one(bucket: JsonObject) -> str:
    region = f" (in {bucket['region']})" if bucket.get("region") else ""
    objects = plural(bucket.get("object_count", "an unknown number of"), "object")
    return f"The bucket {bucket.get('bucket_name')}{region} holds {size(bucket)} in {objects}."


def _limited(buckets: list[JsonObject], focus: Focus) -> str:
    """The buckets on the asked side of a limit ("larger than 1 GB", binary units)."""
    match = _LIMIT.search(focus.text)
    if not match:
        return ""
    limit = float(match["number"]) * 1024 ** _UNITS[(match["unit"] or "b").lower()]
    below = match["how"].lower() in ("under", "below", "smaller than", "less than")
    known = [row for row in buckets if isinstance(row.get("size_bytes"), int)]
    found = [row for row in known if (row["size_bytes"] < limit if below else row["size_bytes"] > limit)]
    names = [str(row["bucket_name"]) for row in found]
    return f"{match.group()}: {join(names) if names else 'none of them'}."


def _empty(buckets: list[JsonObject], focus: Focus) -> str:
    if not focus.has("empty"):
        return ""
    names = [str(row["bucket_name"]) for row in buckets if row.get("object_count") == 0]
    return f"Empty: {join(names)}." if names else "None of them is empty."


def _misses(clause: Focus) -> list[str]:
    """Of one bucket the size is known, not that of a file in it; of a bucket, not since when its files are there."""
    of_files = clause.has("object") and (clause.named or _LARGE_FILES.search(clause.text))
    return ["largest", "smallest", "empty", "object"] if of_files else []


TOOL = ReadTool(
    "get_s3_bucket_sizes",
    answer=_answer,
    topics=TOPICS,
    asked=_asked,
    order=90,
    rows=BUCKET_ROWS,
    again=lambda _, focus: {"bucket_names": [each.value for each in focus.named]} if focus.named else None,
    instead=("get_s3_usage",),
    several="bucket_names",
    tells=lambda arguments: f"the size of {join(list(arguments.get('bucket_names') or ['each bucket']))}",
    heeds=("region", "named", "largest", "smallest", "empty", "limits", "least", "fewest"),
    misses=_misses,
)
