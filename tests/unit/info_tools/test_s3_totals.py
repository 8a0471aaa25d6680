"""S3's figures are of all that is stored: old versions, incomplete uploads, directory buckets; the rest is a gap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from services.info_tools.buckets import remains as bucket_remains
from services.info_tools.tools.s3 import count_s3_objects, get_s3_bucket_sizes, get_s3_usage, list_s3_buckets
from shared.aws.clients import Aws
from shared.errors import AwsError, Forbidden, InvalidArguments
from tests.unit.info_tools.conftest import client_error

MakeAws = Callable[..., Aws]
Failing = Callable[..., Any]
DIRECTORY = "photos--use1-az4--x-s3"


@pytest.fixture
def bucket(moto_aws: None) -> Any:
    """A versioned bucket: 100 bytes current, 5,070 in old versions, 300 in an upload that never ended."""
    client = boto3.client("s3", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    client.create_bucket(Bucket="history")
    client.put_bucket_versioning(Bucket="history", VersioningConfiguration={"Status": "Enabled"})
    for size in (4000, 1000, 100):
        client.put_object(Bucket="history", Key="logs/report", Body=b"x" * size)
    client.put_object(Bucket="history", Key="data/gone", Body=b"x" * 70)
    client.delete_object(Bucket="history", Key="data/gone")
    upload = client.create_multipart_upload(Bucket="history", Key="logs/movie")["UploadId"]
    for number, size in enumerate((100, 200), 1):
        client.upload_part(Bucket="history", Key="logs/movie", UploadId=upload, PartNumber=number, Body=b"y" * size)
    return client


def test_old_versions_and_incomplete_uploads_are_counted(make_aws: MakeAws, bucket: Any) -> None:
    aws = make_aws(page_size=1)
    usage = get_s3_usage(aws)
    (found,) = usage.buckets
    assert (usage.total_bytes, usage.total_objects) == (5470, 1)
    assert (found.object_count, found.size_bytes) == (1, 5470)
    assert (found.old_version_count, found.old_version_bytes) == (3, 5070)
    assert (found.incomplete_upload_count, found.incomplete_upload_bytes) == (1, 300)
    assert not aws.gaps


def test_versions_of_a_bucket_whose_versioning_is_suspended_count_too(make_aws: MakeAws, bucket: Any) -> None:
    bucket.put_bucket_versioning(Bucket="history", VersioningConfiguration={"Status": "Suspended"})
    assert get_s3_bucket_sizes(make_aws()).total_bytes == 5470


def test_a_prefix_has_its_own_versions_and_uploads(make_aws: MakeAws, bucket: Any) -> None:
    counted = count_s3_objects(make_aws(), "history", prefix="data/")
    assert (counted.object_count, counted.size_bytes, counted.old_version_bytes) == (0, 70, 70)
    assert counted.incomplete_upload_count == 0


@pytest.mark.parametrize(
    ("operation", "code", "size"),
    [
        ("GetBucketVersioning", "versions_not_counted", 400),
        ("ListObjectVersions", "versions_not_counted", 400),
        ("ListMultipartUploads", "uploads_not_counted", 5170),
        ("ListParts", "uploads_not_counted", 5170),
    ],
)
def test_what_is_denied_is_a_gap_and_the_rest_is_counted(
    make_aws: MakeAws, bucket: Any, failing: Failing, operation: str, code: str, size: int
) -> None:
    aws = make_aws(script=failing("AccessDenied", operation))
    assert get_s3_usage(aws).total_bytes == size
    assert [(gap.code, gap.resource) for gap in aws.gaps] == [(code, "history")]


def test_very_many_uploads_are_a_gap(make_aws: MakeAws, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_remains, "MAX_UPLOADS", 0)
    aws = make_aws()
    get_s3_usage(aws)
    assert [gap.code for gap in aws.gaps] == ["uploads_not_counted"]


def test_a_bucket_that_never_had_versions_is_listed_once(make_aws: MakeAws) -> None:
    client = boto3.client("s3", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    client.create_bucket(Bucket="plain")
    aws = make_aws()
    get_s3_usage(aws)
    operations = [call.operation for call in aws.cache.calls]  # type: ignore[attr-defined]  # the test's own cache
    assert "ListObjectVersions" not in operations
    assert operations.count("ListObjectsV2") == 1


def directories(call: Any) -> dict[str, Any] | None:
    """An account with one directory bucket, and CloudWatch's figures of it."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    if call.operation == "ListDirectoryBuckets":
        return {"Buckets": [{"Name": DIRECTORY}] if call.region == "us-east-1" else []}
    if call.operation == "ListMetrics":
        return {
            "Metrics": [
                {"Namespace": "AWS/S3", "MetricName": name, "Dimensions": [{"Name": "BucketName", "Value": DIRECTORY}]}
                for name in ("BucketSizeBytes", "NumberOfObjects")
            ]
        }
    if call.operation == "GetMetricData":
        figures = {"m0": 7_000_000.0, "m1": 12.0}
        return {"MetricDataResults": [{"Id": id, "Timestamps": [day], "Values": [one]} for id, one in figures.items()]}
    return None


def test_directory_buckets_are_listed_and_measured(make_aws: MakeAws) -> None:
    aws = make_aws(script=directories)
    (listed,) = list_s3_buckets(aws).buckets
    assert (listed.bucket_name, listed.kind, listed.region) == (DIRECTORY, "directory", "us-east-1")
    usage = get_s3_usage(aws)
    assert (usage.bucket_count, usage.total_bytes, usage.total_objects) == (1, 7_000_000, 12)
    assert usage.buckets[0].measured_at == usage.as_of
    assert usage.as_of < datetime.now(UTC) - timedelta(hours=23)
    assert {gap.code for gap in aws.gaps} == {"daily_metrics"}


def test_a_directory_bucket_is_counted_without_a_session_that_could_read_its_objects(make_aws: MakeAws) -> None:
    aws = make_aws(script=directories)
    counted = count_s3_objects(aws, DIRECTORY)
    assert (counted.object_count, counted.size_bytes, counted.method) == (12, 7_000_000, "cloudwatch")
    assert get_s3_bucket_sizes(aws, [DIRECTORY]).total_bytes == 7_000_000
    assert "CreateSession" not in [call.operation for call in aws.cache.calls]  # type: ignore[attr-defined]  # as above
    with pytest.raises(InvalidArguments, match="as a whole"):
        count_s3_objects(aws, DIRECTORY, prefix="2026/")


def test_a_directory_bucket_without_figures_is_an_error_and_a_gap_of_the_total(make_aws: MakeAws) -> None:
    def script(call: Any) -> dict[str, Any] | None:
        return {"Metrics": []} if call.operation == "ListMetrics" else directories(call)

    with pytest.raises(AwsError) as caught:
        count_s3_objects(make_aws(script=script), DIRECTORY)
    assert caught.value.code == "directory_bucket_not_measured"
    boto3.client("s3", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b").create_bucket(Bucket="plain")
    aws = make_aws(script=script)
    assert get_s3_usage(aws).bucket_count == 2
    assert [(gap.code, gap.resource) for gap in aws.gaps] == [("directory_bucket_not_measured", DIRECTORY)]


def test_directory_buckets_that_may_not_be_listed_are_one_gap(make_aws: MakeAws, failing: Failing) -> None:
    aws = make_aws(script=failing("AccessDenied", "ListDirectoryBuckets"))
    assert list_s3_buckets(aws).bucket_count == 0
    (gap,) = aws.gaps
    assert gap.code == "directory_buckets_not_listed"
    assert "us-east-1" in gap.detail


def denied_listing(call: Any) -> None:
    if call.operation in ("ListObjectVersions", "ListObjectsV2"):
        raise client_error("AccessDenied", call.operation)


def test_a_bucket_that_refuses_may_ask_for_a_payer(make_aws: MakeAws, bucket: Any) -> None:
    with pytest.raises(Forbidden, match="Requester Pays"):
        count_s3_objects(make_aws(script=denied_listing), "history")


def test_where_exactness_is_not_asked_for_cloudwatch_is_and_its_day_is_said(make_aws: MakeAws, bucket: Any) -> None:
    aws = make_aws()
    usage = get_s3_usage(aws, exact=False)
    (found,) = usage.buckets
    assert (usage.method, found.method) == ("cloudwatch", "cloudwatch")
    assert found.measured_at is not None
    assert usage.as_of == found.measured_at
    assert not any(call.operation.startswith("ListObject") for call in aws.cache.calls)  # type: ignore[attr-defined]
    assert not aws.gaps


def test_a_bucket_without_daily_figures_is_listed_nevertheless(make_aws: MakeAws, bucket: Any) -> None:
    aws = make_aws(script=lambda call: {"Metrics": []} if call.operation == "ListMetrics" else None)
    usage = get_s3_usage(aws, exact=False)
    assert (usage.method, usage.total_bytes, usage.buckets[0].measured_at) == ("listing", 5470, None)
