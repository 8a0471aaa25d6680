"""What CloudWatch says of buckets once a day, for many of them in few requests.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html: the bytes of each storage type, and the
number of objects, old versions and parts of uploads among them. They appear a day or two late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from services.info_tools.aws import in_region, read_each
from shared.aws.clients import Aws, error_code
from shared.errors import AssistantError

# A bucket without a metric for this long has none.
METRIC_DAYS = 4
# Above this many buckets of a region, all its metrics are listed at once.
MAX_ASKED_SINGLY = 4
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
MAX_QUERIES = 500
_NAMES = ("BucketSizeBytes", "NumberOfObjects")

Metric = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Daily:
    """CloudWatch's storage metrics of one bucket and the day they are of."""

    size_bytes: int
    object_count: int
    day: datetime


def daily_figures(aws: Aws, regions: Mapping[str, str]) -> tuple[dict[str, Daily], dict[str, str]]:
    """The figures of the buckets that have any (`regions`: bucket to region); and why a region told none.

    Nothing is raised and no gap is recorded: buckets without figures are measured in another way.
    """
    apart = replace(aws, gaps=[])
    by_region: dict[str, list[str]] = {}
    for name, region in regions.items():
        by_region.setdefault(region, []).append(name)
    failed: dict[str, str] = {}

    def read(region: str) -> dict[str, Daily]:
        try:
            return daily_sizes(aws.client("cloudwatch", region), by_region[region], now=datetime.now(UTC))
        except (ClientError, BotoCoreError) as error:
            failed[region] = error_code(error) if isinstance(error, ClientError) else str(error)
            return {}

    try:
        parts = read_each(apart, list(by_region), read, place=in_region)
    except AssistantError as error:
        return {}, dict.fromkeys(by_region, error.detail)
    failed |= {gap.region: gap.detail for gap in apart.gaps if gap.region}
    return {name: daily for _, part in parts for name, daily in part.items()}, failed


def daily_size(client: Any, bucket_name: str, *, now: datetime) -> Daily | None:
    """The newest daily storage metrics of one bucket."""
    return daily_sizes(client, [bucket_name], now=now).get(bucket_name)


def daily_sizes(client: Any, bucket_names: Collection[str], *, now: datetime) -> dict[str, Daily]:
    """The newest daily storage metrics of buckets in a region: bytes summed over all storage types, and objects.

    Raises botocore's errors.
    """
    wanted = set(bucket_names)
    metrics = [metric for metric in _listed(client, wanted) if _bucket_of(metric) in wanted]
    points: dict[str, dict[str, list[tuple[datetime, float]]]] = {}
    for metric, point in _newest(client, metrics, now):
        of_bucket = points.setdefault(_bucket_of(metric), {name: [] for name in _NAMES})
        of_bucket[metric["MetricName"]].append(point)
    found = {name: _daily(of["BucketSizeBytes"], of["NumberOfObjects"]) for name, of in points.items()}
    return {name: daily for name, daily in found.items() if daily is not None}


def _listed(client: Any, wanted: Collection[str]) -> Iterator[Metric]:
    """The metrics of these buckets, perhaps among others'."""
    asked: list[dict[str, Any]] = [{}]
    if len(wanted) <= MAX_ASKED_SINGLY:
        asked = [{"Dimensions": [{"Name": "BucketName", "Value": name}]} for name in wanted]
    pages = client.get_paginator("list_metrics")
    for arguments in asked:
        for page in pages.paginate(Namespace="AWS/S3", **arguments):
            yield from (metric for metric in page["Metrics"] if metric["MetricName"] in _NAMES)


def _bucket_of(metric: Metric) -> str:
    return next((str(one["Value"]) for one in metric["Dimensions"] if one["Name"] == "BucketName"), "")


def _newest(client: Any, metrics: Sequence[Metric], now: datetime) -> Iterator[tuple[Metric, tuple[datetime, float]]]:
    """The newest data point of each metric that has one."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    pages = client.get_paginator("get_metric_data")
    for start in range(0, len(metrics), MAX_QUERIES):
        asked = {f"m{index}": metric for index, metric in enumerate(metrics[start : start + MAX_QUERIES])}
        queries = [
            {"Id": name, "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": "Average"}}
            for name, metric in asked.items()
        ]
        points: dict[str, list[tuple[datetime, float]]] = {name: [] for name in asked}
        since = midnight - timedelta(days=METRIC_DAYS)
        for page in pages.paginate(MetricDataQueries=queries, StartTime=since, EndTime=now):
            for series in page["MetricDataResults"]:
                points[series["Id"]].extend(zip(series["Timestamps"], series["Values"], strict=True))
        yield from ((asked[name], max(of)) for name, of in points.items() if of)


def _daily(sizes: Sequence[tuple[datetime, float]], counts: Sequence[tuple[datetime, float]]) -> Daily | None:
    if not sizes or not counts:
        return None
    # A storage class that was emptied keeps its old data points: only those of the newest day count.
    day = max(moment for moment, _ in sizes)
    return Daily(
        size_bytes=round(sum(value for moment, value in sizes if moment == day)),
        object_count=round(max(counts)[1]),
        day=day,
    )
