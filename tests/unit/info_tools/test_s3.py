"""S3: every bucket of the account, every object, and a word on how it was measured."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from services.info_tools.buckets import metrics as bucket_metrics
from services.info_tools.buckets import regions as bucket_regions
from services.info_tools.buckets import sizes as bucket_sizes
from services.info_tools.tools import toolbox
from services.info_tools.tools.s3 import count_s3_objects, get_s3_bucket_sizes, get_s3_usage, list_s3_buckets
from shared.aws.clients import Aws
from shared.errors import AssistantError, Forbidden, InvalidArguments, NotFound
from tests.unit.info_tools.conftest import client_error

MakeAws = Callable[..., Aws]
Failing = Callable[..., Any]


@pytest.fixture
def account(moto_aws: None) -> None:
    """ "big" and "small" in regions of the session, "far" in another one, "empty" without objects."""
    for name, region, objects, size in [
        ("big-bucket", "eu-west-1", 5, 1000),
        ("small-bucket", "us-east-1", 3, 100),
        ("far-bucket", "ap-south-1", 1, 700),
        ("empty-bucket", "us-east-1", 0, 0),
    ]:
        client = boto3.client("s3", region, aws_access_key_id="a", aws_secret_access_key="b")
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        client.create_bucket(Bucket=name, **where)
        for index in range(objects):
            client.put_object(Bucket=name, Key=f"logs/{index}" if index % 2 else f"data/{index}", Body=b"x" * size)


def listed(*names: str, region: str = "us-east-1") -> dict[str, Any]:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    return {"Buckets": [{"Name": name, "CreationDate": created, "BucketRegion": region} for name in names]}


def test_buckets_come_with_their_regions(make_aws: MakeAws, account: None) -> None:
    aws = make_aws()
    found = list_s3_buckets(aws)
    assert {bucket.bucket_name: bucket.region for bucket in found.buckets} == {
        "big-bucket": "eu-west-1",
        "empty-bucket": "us-east-1",
        "far-bucket": "ap-south-1",
        "small-bucket": "us-east-1",
    }
    assert found.bucket_count == 4
    assert not aws.gaps


def test_the_total_covers_all_pages_of_all_buckets_in_all_regions(make_aws: MakeAws, account: None) -> None:
    aws = make_aws(page_size=2)
    usage = get_s3_usage(aws)
    assert (usage.total_bytes, usage.total_objects, usage.bucket_count) == (6000, 9, 4)
    assert usage.total_human == "5.9 KiB"
    assert usage.method == "listing"
    assert [(bucket.bucket_name, bucket.size_bytes, bucket.object_count) for bucket in usage.buckets] == [
        ("big-bucket", 5000, 5),
        ("far-bucket", 700, 1),
        ("small-bucket", 300, 3),
        ("empty-bucket", 0, 0),
    ]
    assert not aws.gaps


def test_an_account_without_buckets_uses_nothing(make_aws: MakeAws) -> None:
    usage = get_s3_usage(make_aws())
    assert (usage.total_bytes, usage.total_human, usage.bucket_count, usage.buckets) == (0, "0 B", 0, ())


def test_a_bucket_is_read_through_its_own_region(make_aws: MakeAws, account: None) -> None:
    aws = make_aws()
    get_s3_usage(aws)
    calls = aws.cache.calls  # type: ignore[attr-defined]  # the test's own cache records them
    regions = {call.path: call.region for call in calls if call.operation == "ListObjectsV2"}
    assert regions["/far-bucket"] == "ap-south-1"
    assert regions["/big-bucket"] == "eu-west-1"


def test_a_region_that_the_list_gives_is_not_asked_for_again(make_aws: MakeAws, account: None) -> None:
    def script(call: Any) -> dict[str, Any] | None:
        assert call.operation != "HeadBucket"
        return listed("far-bucket", region="ap-south-1") if call.operation == "ListBuckets" else None

    assert get_s3_usage(make_aws(script=script)).total_bytes == 700


@pytest.mark.parametrize(
    ("location", "region"), [(None, "us-east-1"), ("EU", "eu-west-1"), ("eu-north-1", "eu-north-1")]
)
def test_the_location_of_a_bucket_is_asked_where_its_head_names_none(
    make_aws: MakeAws, location: str | None, region: str
) -> None:
    def script(call: Any) -> dict[str, Any] | None:
        if call.operation == "HeadBucket":
            return {"ResponseMetadata": {"HTTPHeaders": {}}}
        return {"LocationConstraint": location}

    assert bucket_regions.bucket_region(make_aws(script=script).client("s3"), "old-bucket") == region


def test_a_denied_bucket_is_a_gap_and_still_counted_as_a_bucket(
    make_aws: MakeAws, account: None, failing: Failing
) -> None:
    aws = make_aws(script=failing("AccessDenied", "ListObjectsV2", path="big-bucket"))
    usage = get_s3_usage(aws)
    assert (usage.total_bytes, usage.bucket_count, len(usage.buckets)) == (1000, 4, 3)
    assert [(gap.code, gap.region, gap.resource) for gap in aws.gaps] == [
        ("aws_access_denied", "eu-west-1", "big-bucket")
    ]


def test_a_bucket_whose_region_is_unknown_is_listed_with_a_gap(
    make_aws: MakeAws, account: None, failing: Failing
) -> None:
    aws = make_aws(script=failing("InternalError", "HeadBucket", path="big-bucket"))
    found = list_s3_buckets(aws)
    assert found.bucket_count == 4
    assert next(bucket.region for bucket in found.buckets if bucket.bucket_name == "big-bucket") is None
    assert [gap.resource for gap in aws.gaps] == ["big-bucket"]


def test_all_buckets_denied_is_an_error(make_aws: MakeAws, account: None, failing: Failing) -> None:
    with pytest.raises(Forbidden):
        get_s3_usage(make_aws(script=failing("AccessDenied", "ListObjectsV2")))


def test_a_bucket_deleted_since_it_was_listed_is_left_out(make_aws: MakeAws, account: None) -> None:
    aws = make_aws(
        script=lambda call: listed("small-bucket", "gone-bucket") if call.operation == "ListBuckets" else None
    )
    usage = get_s3_usage(aws)
    assert (usage.total_bytes, usage.bucket_count) == (300, 1)
    assert not aws.gaps


def test_named_buckets_are_measured_and_an_unknown_one_is_a_gap(make_aws: MakeAws, account: None) -> None:
    aws = make_aws()
    sizes = get_s3_bucket_sizes(aws, ["far-bucket", "no-such-bucket", "small-bucket", "far-bucket"])
    assert [bucket.bucket_name for bucket in sizes.buckets] == ["far-bucket", "small-bucket"]
    assert (sizes.bucket_count, sizes.total_bytes) == (2, 1000)
    assert [(gap.code, gap.resource) for gap in aws.gaps] == [("bucket_not_found", "no-such-bucket")]


def test_measuring_only_unknown_buckets_is_an_error(make_aws: MakeAws) -> None:
    with pytest.raises(NotFound) as raised:
        get_s3_bucket_sizes(make_aws(), ["no-such-bucket"])
    assert raised.value.code == "bucket_not_found"


def test_a_prefix_is_counted_alone(make_aws: MakeAws, account: None) -> None:
    counted = count_s3_objects(make_aws(page_size=1), "big-bucket", prefix="logs/")
    assert (counted.object_count, counted.size_bytes, counted.region) == (2, 2000, "eu-west-1")
    assert (counted.prefix, counted.size_human, counted.method) == ("logs/", "2.0 KiB", "listing")


def test_counting_an_unknown_bucket_says_which(make_aws: MakeAws) -> None:
    with pytest.raises(NotFound, match="'no-such-bucket'") as raised:
        count_s3_objects(make_aws(), "no-such-bucket")
    assert raised.value.code == "bucket_not_found"


@pytest.mark.parametrize("name", ["", "ab", "s3://bucket", "bucket/key", "with space", "../etc", "arn:aws:s3:::x"])
def test_what_is_no_bucket_name_is_refused(make_aws: MakeAws, name: str) -> None:
    with pytest.raises(InvalidArguments, match="bucket_name"):
        toolbox["count_s3_objects"].call(make_aws(), {"bucket_name": name})


def test_a_bucket_too_large_to_list_is_taken_from_cloudwatch(
    make_aws: MakeAws, account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_sizes, "MAX_LISTED_OBJECTS", 4)
    aws = make_aws(page_size=2)
    usage = get_s3_usage(aws)
    methods = {bucket.bucket_name: bucket.method for bucket in usage.buckets}
    assert methods == {
        "big-bucket": "cloudwatch",
        "small-bucket": "listing",
        "far-bucket": "listing",
        "empty-bucket": "listing",
    }
    assert usage.method == "mixed"
    assert usage.total_objects == 9
    assert [(gap.code, gap.resource) for gap in aws.gaps] == [("daily_metrics", "big-bucket")]


def test_a_prefix_too_large_to_list_is_a_lower_bound(
    make_aws: MakeAws, account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_sizes, "MAX_LISTED_OBJECTS", 1)
    aws = make_aws(page_size=1)
    counted = count_s3_objects(aws, "big-bucket", prefix="logs/")
    assert counted.object_count == 1
    assert [gap.code for gap in aws.gaps] == ["listing_truncated"]


def test_cloudwatch_bytes_are_summed_over_storage_types_of_the_newest_day(make_aws: MakeAws) -> None:
    today, yesterday, before = (datetime(2026, 3, day, tzinfo=UTC) for day in (10, 9, 8))
    types = ["StandardStorage", "StandardIAStorage", "GlacierStorage"]
    metrics = [_metric("BucketSizeBytes", kind) for kind in types] + [_metric("NumberOfObjects", "AllStorageTypes")]
    series = [
        {"Id": "m0", "Timestamps": [before, yesterday], "Values": [1.0, 1000.0]},
        {"Id": "m1", "Timestamps": [yesterday], "Values": [200.0]},
        # Emptied: its last value is of an older day.
        {"Id": "m2", "Timestamps": [before], "Values": [9999.0]},
        {"Id": "m3", "Timestamps": [yesterday, before], "Values": [12.0, 99.0]},
    ]

    def script(call: Any) -> dict[str, Any]:
        return {"Metrics": metrics} if call.operation == "ListMetrics" else {"MetricDataResults": series}

    daily = bucket_metrics.daily_size(make_aws(script=script).client("cloudwatch"), "big-bucket", now=today)
    assert daily == bucket_metrics.Daily(size_bytes=1200, object_count=12, day=yesterday)


def _metric(name: str, storage: str) -> dict[str, Any]:
    dimensions = [{"Name": "StorageType", "Value": storage}, {"Name": "BucketName", "Value": "big-bucket"}]
    return {"Namespace": "AWS/S3", "MetricName": name, "Dimensions": dimensions}


def test_a_bare_400_of_head_is_asked_about_in_another_way_and_is_no_region_that_is_not_enabled(
    make_aws: Callable[..., Aws], failing: Callable[..., Any]
) -> None:
    def script(call: Any) -> None:
        if call.operation == "HeadBucket":
            raise client_error("400", "HeadBucket", 400)
        if call.operation == "GetBucketLocation":
            raise client_error("InvalidToken", "GetBucketLocation", 400)

    with pytest.raises(AssistantError) as caught:
        get_s3_bucket_sizes(make_aws(script=script), bucket_names=["a-bucket"])
    assert caught.value.code == "aws_invalid_token"
    assert "not valid in this region" in caught.value.detail
