"""Answers about S3: what is stored in all, bucket by bucket, and how many objects."""

from __future__ import annotations

import re

from sandbox.model.focus import Focus
from sandbox.model.generic import join, method_note, objects_of, plural, rows, size
from sandbox.model.types import JsonObject

_UNITS = {"b": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_LIMIT = re.compile(
    r"(?P<how>over|above|(?:larger|bigger|more|greater) than|at least|exceed\w*|under|below|(?:smaller|less) than)"
    r" (?P<number>\d+(?:\.\d+)?)\s?(?P<unit>[kmgt])?i?b(?:ytes)?\b",
    re.IGNORECASE,
)


def usage(result: JsonObject, focus: Focus) -> str:
    """Total storage, then each bucket's share."""
    buckets = objects_of(result, "buckets")
    count = result.get("bucket_count", len(buckets))
    if count == 0:
        return "You have no S3 buckets, so nothing is stored: 0 bytes." + method_note(result)
    objects_in_all = plural(result.get("total_objects", "an unknown number of"), "object")
    lead = f"Your total S3 usage is {size(result, 'total')}: {objects_in_all} in {plural(count, 'bucket')}."
    listed = rows([_sized(bucket) for bucket in buckets])
    return lead + _extreme(buckets, focus) + (f"\n\n{listed}" if listed else "") + method_note(result)


def bucket_sizes(result: JsonObject, focus: Focus) -> str:
    """Each bucket's size, the largest first, led by what was asked for."""
    buckets = _in_regions(objects_of(result, "buckets"), focus)
    if not buckets:
        return "You have no S3 buckets" + _where(focus) + "." + method_note(result)
    if len(buckets) == 1:
        return _one(buckets[0]) + method_note(result)
    lead = f"{plural(len(buckets), 'bucket')}{_where(focus)}, the largest first"
    total = f", {size(result, 'total')} together" if "total_bytes" in result and not focus.regions else ""
    parts = [f"{lead}{total}:", _extreme(buckets, focus).strip(), _limited(buckets, focus), _empty(buckets, focus)]
    return (
        "\n".join(part for part in parts if part)
        + "\n\n"
        + rows([_sized(row) for row in buckets])
        + method_note(result)
    )


def _one(bucket: JsonObject) -> str:
    region = f" (in {bucket['region']})" if bucket.get("region") else ""
    return (
        f"The bucket {bucket.get('bucket_name')}{region} holds {size(bucket)} "
        f"in {plural(bucket.get('object_count', 'an unknown number of'), 'object')}."
    )


def _sized(bucket: JsonObject) -> str:
    region = f" ({bucket['region']})" if bucket.get("region") else ""
    return f"{bucket.get('bucket_name')}{region}: {size(bucket)}, {plural(bucket.get('object_count', '?'), 'object')}"


def _extreme(buckets: list[JsonObject], focus: Focus) -> str:
    """One sentence for "the biggest" or "the smallest", by size or by number of objects."""
    if not buckets or (not focus.has("largest", "smallest") and not (focus.says("most", "fewest", "least"))):
        return ""
    smallest = focus.has("smallest") or focus.says("fewest", "least")
    key = "object_count" if focus.has("object") else "size_bytes"
    known = [bucket for bucket in buckets if isinstance(bucket.get(key), int)]
    if not known:
        return ""
    best = min(known, key=lambda row: row[key]) if smallest else max(known, key=lambda row: row[key])
    what = f"{plural(best['object_count'], 'object')}" if key == "object_count" else size(best)
    adjective = "smallest" if smallest else "largest"
    if key == "object_count":
        adjective = "one with the fewest objects" if smallest else "one with the most objects"
    return f" The {adjective} is {best['bucket_name']} with {what}."


def _limited(buckets: list[JsonObject], focus: Focus) -> str:
    """The buckets on the asked side of a limit ("larger than 1 GB", binary units)."""
    match = _LIMIT.search(focus.text)
    if not match:
        return ""
    limit = float(match["number"]) * 1024 ** _UNITS[(match["unit"] or "b").lower()]
    below = match["how"].lower() in ("under", "below", "smaller than", "less than")
    names = [
        str(row["bucket_name"])
        for row in buckets
        if isinstance(row.get("size_bytes"), int)
        and (row["size_bytes"] < limit if below else row["size_bytes"] > limit)
    ]
    return f"{match.group()}: {join(names) if names else 'none of them'}."


def _empty(buckets: list[JsonObject], focus: Focus) -> str:
    if not focus.has("empty"):
        return ""
    names = [str(row["bucket_name"]) for row in buckets if row.get("object_count") == 0]
    return f"Empty: {join(names)}." if names else "None of them is empty."


def _in_regions(buckets: list[JsonObject], focus: Focus) -> list[JsonObject]:
    return [row for row in buckets if row.get("region") in focus.regions] if focus.regions else buckets


def _where(focus: Focus) -> str:
    return f" in {join(list(focus.regions))}" if focus.regions else ""


def buckets(result: JsonObject, focus: Focus) -> str:
    """The list of buckets, or whether one of a name exists, or those of a region."""
    everything = objects_of(result, "buckets")
    wanted = [each.value for each in focus.named if each.kind in (None, "bucket")]
    rows_wanted = [row for row in everything if row.get("bucket_name") in wanted]
    if wanted:
        lines = [f"Yes, {_dated(row)}." for row in rows_wanted]
        known = {row.get("bucket_name") for row in everything}
        lines += [f"There is no bucket named {name} in this account." for name in wanted if name not in known]
        return "\n".join(lines)
    shown = _in_regions(everything, focus)
    count = len(shown) if focus.regions else result.get("bucket_count", len(shown))
    if not count:
        return f"You have no S3 buckets{_where(focus)}."
    lead = f"You have {plural(count, 'S3 bucket')}{_where(focus)}:"
    aged = _by_age(shown, focus)
    return (f"{aged}\n" if aged else "") + f"{lead}\n\n" + rows([_dated(row) for row in shown])


def _dated(row: JsonObject) -> str:
    region = f" in {row['region']}" if row.get("region") else ""
    created = f", created {row['created_at']}" if row.get("created_at") else ""
    return f"{row.get('bucket_name')}{region}{created}"


def _by_age(shown: list[JsonObject], focus: Focus) -> str:
    dated = [row for row in shown if row.get("created_at")]
    if not dated or not focus.has("newest", "oldest"):
        return ""
    ordered = sorted(dated, key=lambda row: str(row["created_at"]))
    newest = focus.has("newest")
    best = ordered[-1] if newest else ordered[0]
    return f"The {'newest' if newest else 'oldest'} is {_dated(best)}."


def objects(result: JsonObject, _focus: Focus) -> str:
    """How many objects a bucket holds, and their size."""
    prefix = f" under the prefix {result['prefix']}" if result.get("prefix") else ""
    region = f" (in {result['region']})" if result.get("region") else ""
    total = f", {size(result)} in all" if "size_bytes" in result else ""
    return (
        f"The bucket {result.get('bucket_name')}{region} holds "
        f"{plural(result.get('object_count', 'an unknown number of'), 'object')}{prefix}{total}."
    ) + method_note(result)
