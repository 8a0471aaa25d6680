"""The size of one S3 bucket: counted by listing it, or CloudWatch's daily figures where listing takes too long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.exceptions import ClientError

from services.info_tools.buckets.metrics import Daily, daily_size
from services.info_tools.buckets.remains import incomplete_uploads, is_versioned, versions_or_none
from services.info_tools.paging import out_of_time
from shared.aws.clients import Aws, error_code

# Listing reads 1,000 objects a request, so this is 1,000 requests for one bucket.
MAX_LISTED_OBJECTS = 1_000_000
# The share of a call's time that is kept for CloudWatch and the rest of the call, in seconds at most.
RESERVE_SHARE, MAX_RESERVE = 0.3, 15.0
# Where exactness is not asked for, what is counted all the same: buckets of up to so many objects by CloudWatch's
# figures (ten requests each), and so many objects in all. A count of today is better where it costs little.
MAX_COUNTED_OBJECTS, MAX_COUNTED_IN_ALL = 10_000, 100_000

Method = Literal["listing", "cloudwatch"]


@dataclass(frozen=True, slots=True)
class Size:
    """Objects and bytes of a bucket or of a prefix in it. `whole` is false where both are lower bounds.

    `size_bytes` is all that is stored; of it `old_bytes` are of old versions and `upload_bytes` of incomplete uploads.
    CloudWatch's figures do not tell these apart.
    """

    size_bytes: int
    object_count: int
    method: Method = "listing"
    whole: bool = True
    old_bytes: int = 0
    old_count: int = 0
    upload_bytes: int = 0
    upload_count: int = 0
    # The day that CloudWatch's figures are of.
    day: datetime | None = None


def measure(aws: Aws, bucket_name: str, region: str, *, until: Callable[[], bool], prefix: str | None = None) -> Size:
    """Size of a bucket, or of the objects whose key starts with `prefix`, with old versions and incomplete uploads.

    Listing stops at MAX_LISTED_OBJECTS or when `until` says that the time is up. Then CloudWatch's daily figures
    are used, which exist for whole buckets only; without them the part counted so far is a lower bound. Both are
    recorded as gaps. Raises DeadlineExceeded where nothing could be counted at all.
    """
    listed = _list_all(aws, bucket_name, region, prefix, until)
    if listed.whole:
        uploads = incomplete_uploads(aws, bucket_name, region, prefix, until)
        stored = listed.size_bytes + uploads.size_bytes
        return replace(listed, size_bytes=stored, upload_bytes=uploads.size_bytes, upload_count=uploads.count)
    daily = None if prefix else _daily_or_none(aws, bucket_name, region)
    if daily is None and not listed.object_count and not listed.old_count:
        raise out_of_time()
    if daily is None:
        detail = f"at least this much: counting stopped after {listed.object_count + listed.old_count:,} objects"
        aws.gap("listing_truncated", detail, region=region, resource=bucket_name)
        aws.covered.cut_off()
        return listed
    aws.gap(
        "daily_metrics",
        f"CloudWatch's daily figures of {daily.day:%Y-%m-%d}, because the bucket is too large to list now; "
        "they count old versions and incomplete uploads too",
        region=region,
        resource=bucket_name,
    )
    return of_day(daily)


def not_counted(daily: Mapping[str, Daily], *, most_each: int, most_in_all: int) -> dict[str, Size]:
    """The buckets that CloudWatch's figures are taken of; those with few objects are counted, the smallest first."""
    taken: dict[str, Size] = {}
    counted = 0
    for name, figures in sorted(daily.items(), key=lambda one: one[1].object_count):
        if figures.object_count <= most_each and counted + figures.object_count <= most_in_all:
            counted += figures.object_count
        else:
            taken[name] = of_day(figures)
    return taken


def of_day(daily: Daily) -> Size:
    """The size that CloudWatch's figures tell, and their day."""
    return Size(daily.size_bytes, daily.object_count, method="cloudwatch", day=daily.day)


def _list_all(aws: Aws, bucket_name: str, region: str, prefix: str | None, until: Callable[[], bool]) -> Size:
    """List the current objects, and where the bucket has versions all of them."""
    if is_versioned(aws, bucket_name, region):
        found = versions_or_none(aws, bucket_name, region, prefix, until, MAX_LISTED_OBJECTS)
        if found is not None:
            stored = found.current_bytes + found.old_bytes
            return Size(
                stored, found.current_count, whole=found.whole, old_bytes=found.old_bytes, old_count=found.old_count
            )
    return list_size(aws.client("s3", region), bucket_name, prefix, until)


def reserve_of(aws: Aws) -> float:
    """Seconds before the deadline at which the listings of this call have to stop."""
    return min(MAX_RESERVE, RESERVE_SHARE * max(0.0, aws.remaining()))


def is_time_up(aws: Aws, reserve: float) -> Callable[[], bool]:
    """Return a function that tells whether the listings have to stop."""
    return lambda: aws.remaining() <= reserve


def list_size(client: Any, bucket_name: str, prefix: str | None, until: Callable[[], bool]) -> Size:
    """Count current objects and their bytes, page by page."""
    size = count = 0
    if until():
        return Size(0, 0, whole=False)
    arguments = {"Bucket": bucket_name} | ({"Prefix": prefix} if prefix else {})
    for page in client.get_paginator("list_objects_v2").paginate(**arguments):
        contents = page.get("Contents", ())
        count += len(contents)
        size += sum(item["Size"] for item in contents)
        if page.get("IsTruncated") and (count >= MAX_LISTED_OBJECTS or until()):
            return Size(size, count, whole=False)
    return Size(size, count)


def _daily_or_none(aws: Aws, bucket_name: str, region: str) -> Daily | None:
    """CloudWatch's figures, or None where it has none or reading them is denied; the caller records the gap."""
    try:
        return daily_size(aws.client("cloudwatch", region), bucket_name, now=datetime.now(UTC))
    except ClientError as error:
        aws.gap("daily_metrics_unavailable", f"CloudWatch: {error_code(error)}", region=region, resource=bucket_name)
        return None


def total_method(methods: set[Method]) -> Literal["listing", "cloudwatch", "mixed"]:
    """The method of a total whose parts were measured by these methods."""
    if len(methods) > 1:
        return "mixed"
    return next(iter(methods), "listing")
