"""CloudWatch's daily figures: asked for many buckets at once, and taken where counting would be long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.info_tools.buckets.metrics import MAX_QUERIES, daily_sizes
from services.info_tools.tools.s3 import get_s3_bucket_sizes, get_s3_usage
from shared.aws.clients import Aws
from tests.unit.info_tools.conftest import client_error

MakeAws = Callable[..., Aws]


class Account:
    """Buckets with so many objects of 10 bytes each, all in eu-west-1; CloudWatch knows those in `measured`."""

    def __init__(self, objects: dict[str, int], measured: dict[str, int] | None = None) -> None:
        self.objects = objects
        self.measured = objects if measured is None else measured
        self.calls: Counter[str] = Counter()
        self.listed: set[str] = set()
        self.day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        self.queries: list[int] = []

    def __call__(self, call: Any) -> dict[str, Any] | None:
        self.calls[call.operation] += 1
        answer: Callable[[Any], dict[str, Any]] = getattr(self, call.operation, lambda _: {})
        return answer(call)

    def ListBuckets(self, _: Any) -> dict[str, Any]:  # AWS's name
        return {"Buckets": [{"Name": name, "BucketRegion": "eu-west-1"} for name in self.objects]}

    def ListDirectoryBuckets(self, _: Any) -> dict[str, Any]:
        return {"Buckets": []}

    def ListObjectsV2(self, call: Any) -> dict[str, Any]:
        name = call.path.strip("/")
        self.listed.add(name)
        return {"Contents": [{"Key": str(n), "Size": 10} for n in range(min(self.objects[name], 1000))]}

    def ListMetrics(self, call: Any) -> dict[str, Any]:
        wanted = [one["Value"] for one in call.body.get("Dimensions", ())]
        names = [name for name in self.measured if not wanted or name in wanted]
        every = [_metric(name, metric) for name in names for metric in ("BucketSizeBytes", "NumberOfObjects")]
        start = int(call.body.get("NextToken", 0))
        rest = {"NextToken": str(start + 500)} if start + 500 < len(every) else {}
        return {"Metrics": every[start : start + 500], **rest}

    def GetMetricData(self, call: Any) -> dict[str, Any]:
        asked = call.body["MetricDataQueries"]
        self.queries.append(len(asked))
        return {"MetricDataResults": [self._series(query) for query in asked]}

    def _series(self, query: dict[str, Any]) -> dict[str, Any]:
        metric = query["MetricStat"]["Metric"]
        name = next(one["Value"] for one in metric["Dimensions"] if one["Name"] == "BucketName")
        value = self.measured[name] * (10 if metric["MetricName"] == "BucketSizeBytes" else 1)
        return {"Id": query["Id"], "Timestamps": [self.day], "Values": [float(value)]}


def _metric(bucket: str, name: str) -> dict[str, Any]:
    storage = "StandardStorage" if name == "BucketSizeBytes" else "AllStorageTypes"
    dimensions = [{"Name": "StorageType", "Value": storage}, {"Name": "BucketName", "Value": bucket}]
    return {"Namespace": "AWS/S3", "MetricName": name, "Dimensions": dimensions}


def test_small_buckets_are_counted_and_large_ones_taken_from_cloudwatch(make_aws: MakeAws) -> None:
    account = Account({"small": 7, "large": 5_000_000, "new": 3}, {"small": 6, "large": 5_000_000})
    aws = make_aws(script=account)
    usage = get_s3_usage(aws)
    found = {one.bucket_name: (one.size_bytes, one.method, one.measured_at) for one in usage.buckets}
    assert found == {
        "large": (50_000_000, "cloudwatch", account.day),
        "small": (70, "listing", None),
        "new": (30, "listing", None),
    }
    assert (usage.total_bytes, usage.method, usage.as_of) == (50_000_100, "mixed", account.day)
    assert not aws.gaps
    assert account.listed == {"small", "new"}


def test_exactness_lists_every_bucket_and_asks_cloudwatch_nothing(make_aws: MakeAws) -> None:
    account = Account({"one": 7, "two": 900})
    usage = get_s3_usage(make_aws(script=account), exact=True)
    assert (usage.total_bytes, usage.method) == (9070, "listing")
    assert account.calls["ListMetrics"] == 0


def test_without_exactness_every_bucket_that_has_figures_is_taken_from_them(make_aws: MakeAws) -> None:
    account = Account({"old": 7, "new": 3}, {"old": 7})
    sizes = get_s3_bucket_sizes(make_aws(script=account), exact=False)
    assert {one.bucket_name: one.method for one in sizes.buckets} == {"old": "cloudwatch", "new": "listing"}
    assert account.listed == {"new"}


def test_many_buckets_that_are_together_large_are_not_all_counted(make_aws: MakeAws) -> None:
    account = Account({f"bucket-{number}": 9000 for number in range(20)})
    usage = get_s3_usage(make_aws(script=account))
    assert Counter(one.method for one in usage.buckets) == {"listing": 11, "cloudwatch": 9}


def test_hundreds_of_buckets_take_a_few_requests(make_aws: MakeAws) -> None:
    account = Account({f"bucket-{number}": 20_000 for number in range(700)})
    usage = get_s3_usage(make_aws(script=account))
    assert (usage.bucket_count, usage.total_objects) == (700, 14_000_000)
    assert account.calls["ListMetrics"] == 3
    assert account.queries == [MAX_QUERIES, MAX_QUERIES, 400]
    assert account.calls["ListObjectsV2"] == 0


def test_one_bucket_among_thousands_is_asked_for_by_its_name(make_aws: MakeAws) -> None:
    account = Account({f"bucket-{number}": 1 for number in range(2000)})
    client = make_aws(script=account).client("cloudwatch", "eu-west-1")
    found = daily_sizes(client, ["bucket-7"], now=datetime.now(UTC))
    assert (list(found), account.queries) == (["bucket-7"], [2])


@pytest.mark.parametrize(("exact", "gaps"), [(None, []), (False, ["daily_metrics_unavailable"])])
def test_where_cloudwatch_is_denied_buckets_are_counted(make_aws: MakeAws, exact: bool | None, gaps: list[str]) -> None:
    account = Account({"one": 7, "two": 900})

    def script(call: Any) -> dict[str, Any] | None:
        if call.operation == "ListMetrics":
            raise client_error("AccessDenied", "ListMetrics")
        return account(call)

    aws = make_aws(script=script)
    usage = get_s3_usage(aws, exact=exact)
    assert (usage.total_bytes, usage.method) == (9070, "listing")
    assert [gap.code for gap in aws.gaps] == gaps
