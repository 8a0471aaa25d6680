"""The size of one S3 bucket: counted by listing it, or CloudWatch's daily figures where listing takes too long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from botocore.exceptions import ClientError

from services.info_tools.bucket_remains import incomplete_uploads, is_versioned, versions_or_none
from services.info_tools.paging import out_of_time
from shared.aws import Aws, error_code

# Listing reads 1,000 objects a request, so this is 1,000 requests for one bucket.
MAX_LISTED_OBJECTS = 1_000_000
# The share of a call's time that is kept for CloudWatch and the rest of the call, in seconds at most.
RESERVE_SHARE, MAX_RESERVE = 0.3, 15.0
# Daily storage metrics appear a day or two late; a bucket without one for this long has none.
METRIC_DAYS = 4

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


@dataclass(frozen=True, slots=True)
class Daily:
    """CloudWatch's storage metrics of one bucket and the day they are of."""

    size_bytes: int
    object_count: int
    day: datetime


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


def estimate(aws: Aws, bucket_name: str, region: str, *, until: Callable[[], bool]) -> Size:
    """Size of a bucket where exactness is not asked for: CloudWatch's newest daily figures, over all storage types.

    A bucket without any, such as one made today, is listed as by `measure`.
    """
    daily = _daily_or_none(aws, bucket_name, region)
    return of_day(daily) if daily is not None else measure(aws, bucket_name, region, until=until)


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


def reserve_of(aws: Aws) -> Callable[[], bool]:
    """Return a function that tells whether the listings of this call have to stop."""
    reserve = min(MAX_RESERVE, RESERVE_SHARE * max(0.0, aws.remaining()))
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


def daily_size(client: Any, bucket_name: str, *, now: datetime) -> Daily | None:
    """The newest daily storage metrics: bytes summed over all storage types, and the number of objects.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
    """
    wanted = [{"Name": "BucketName", "Value": bucket_name}]
    metrics = [
        metric
        for page in client.get_paginator("list_metrics").paginate(Namespace="AWS/S3", Dimensions=wanted)
        for metric in page["Metrics"]
        if metric["MetricName"] in ("BucketSizeBytes", "NumberOfObjects")
    ]
    if not metrics:
        return None
    newest = _newest(client, metrics, now)
    sizes, counts = newest["BucketSizeBytes"], newest["NumberOfObjects"]
    if not sizes or not counts:
        return None
    # A storage class that was emptied keeps its old data points: only those of the newest day count.
    day = max(moment for moment, _ in sizes)
    return Daily(
        size_bytes=round(sum(value for moment, value in sizes if moment == day)),
        object_count=round(max(counts)[1]),
        day=day,
    )


def _newest(client: Any, metrics: list[dict[str, Any]], now: datetime) -> dict[str, list[tuple[datetime, float]]]:
    """The newest data point of each metric, by the metric's name."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    queries: list[dict[str, Any]] = [
        {"Id": f"m{index}", "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": "Average"}}
        for index, metric in enumerate(metrics)
    ]
    newest: dict[str, list[tuple[datetime, float]]] = {"BucketSizeBytes": [], "NumberOfObjects": []}
    points: dict[str, list[tuple[datetime, float]]] = {query["Id"]: [] for query in queries}
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=midnight - timedelta(days=METRIC_DAYS), EndTime=now
    )
    for page in pages:
        for series in page["MetricDataResults"]:
            points[series["Id"]].extend(zip(series["Timestamps"], series["Values"], strict=True))
    for query, metric in zip(queries, metrics, strict=True):
        if points[query["Id"]]:
            newest[metric["MetricName"]].append(max(points[query["Id"]]))
    return newest


def total_method(methods: set[Method]) -> Literal["listing", "cloudwatch", "mixed"]:
    """The method of a total whose parts were measured by these methods."""
    if len(methods) > 1:
        return "mixed"
    return next(iter(methods), "listing")
