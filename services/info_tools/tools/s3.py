"""Informational tools about S3: which buckets there are, where, and how large."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field

from services.info_tools import bucket_sizes
from services.info_tools.aws import Place, list_all, read_each, translated
from services.info_tools.toolbox import toolbox
from services.info_tools.units import human_bytes
from shared.aws import Aws, error_code, translate
from shared.errors import AssistantError, NotFound, Unauthenticated
from shared.messages import Effect, Message

# Reading also works on buckets from before 2018, whose names may hold capitals and underscores.
BucketName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$")]

_SIZE_ACTIONS = (
    "s3:ListAllMyBuckets",
    "s3:ListBucket",
    "s3:GetBucketLocation",
    "cloudwatch:ListMetrics",
    "cloudwatch:GetMetricData",
)


class Bucket(Message):
    bucket_name: str
    region: str | None = Field(description="Null where it could not be told; a gap says why.")
    created_at: datetime | None


class BucketList(Message):
    buckets: tuple[Bucket, ...]
    bucket_count: int


class BucketSize(Message):
    bucket_name: str
    region: str
    size_bytes: int
    size_human: str
    object_count: int
    method: Literal["listing", "cloudwatch"] = Field(
        description="listing: current objects, counted now; cloudwatch: daily metrics with old versions"
    )


class BucketSizes(Message):
    buckets: tuple[BucketSize, ...] = Field(description="Largest first; a bucket that could not be read is a gap.")
    bucket_count: int = Field(description="Buckets that exist, also those that could not be read.")
    total_bytes: int
    total_human: str
    method: Literal["listing", "cloudwatch", "mixed"]
    as_of: datetime


class S3Usage(BucketSizes):
    total_objects: int


class ObjectCount(Message):
    bucket_name: str
    region: str
    prefix: str | None
    object_count: int
    size_bytes: int
    size_human: str
    method: Literal["listing", "cloudwatch"]
    as_of: datetime


@toolbox.tool(effect=Effect.LIST, iam_actions=("s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetBucketLocation"))
def list_s3_buckets(aws: Aws) -> BucketList:
    """List all S3 buckets of the account with their regions and creation times, whatever the session's regions.

    Use it for which buckets there are and where; for sizes use get_s3_bucket_sizes.
    """
    listed = _listed(aws)
    regions = _regions(aws, listed)
    for name, region in regions.items():
        if isinstance(region, AssistantError):
            aws.gap(region.code, f"its region could not be told: {region.detail}", resource=name)
    buckets = tuple(
        Bucket(
            bucket_name=name,
            region=None if isinstance(region, AssistantError) else region,
            created_at=listed[name].get("CreationDate"),
        )
        for name, region in sorted(regions.items())
    )
    return BucketList(buckets=buckets, bucket_count=len(buckets))


@toolbox.tool(effect=Effect.READ, iam_actions=_SIZE_ACTIONS, timeout=120)
def get_s3_usage(aws: Aws) -> S3Usage:
    """Get the account's total S3 usage: bytes and objects over all buckets, and of each bucket, largest first.

    Covers all buckets of the account, whatever the session's regions. Use it for "how much do I store in S3".
    """
    sizes = _sizes(aws, None)
    total = sum(bucket.object_count for bucket in sizes.buckets)
    return S3Usage(**{name: getattr(sizes, name) for name in BucketSizes.model_fields}, total_objects=total)


@toolbox.tool(effect=Effect.READ, iam_actions=_SIZE_ACTIONS, timeout=120)
def get_s3_bucket_sizes(aws: Aws, bucket_names: list[BucketName] | None = None) -> BucketSizes:
    """Get size in bytes, object count and region of each S3 bucket, largest first, whatever its region.

    Use it to compare buckets; for one bucket or a prefix in it use count_s3_objects.

    Args:
        bucket_names: Names of the buckets to measure; all buckets of the account when left out.
    """
    return _sizes(aws, bucket_names)


@toolbox.tool(
    effect=Effect.READ,
    iam_actions=("s3:ListBucket", "s3:GetBucketLocation", "cloudwatch:ListMetrics", "cloudwatch:GetMetricData"),
    timeout=120,
)
def count_s3_objects(aws: Aws, bucket_name: BucketName, prefix: str | None = None) -> ObjectCount:
    """Count the objects of one S3 bucket, or of a prefix in it, and their bytes.

    Args:
        bucket_name: The bucket's name, without "s3://" and without a path.
        prefix: Count only objects whose key starts with this, such as "logs/2026/"; all when left out.
    """
    with translated():
        region = bucket_sizes.bucket_region(aws.client("s3"), bucket_name)
        if region is None:
            raise bucket_sizes.not_found(bucket_name)
        until = bucket_sizes.reserve_of(aws)
        size = bucket_sizes.measure(aws, bucket_name, region, until=until, prefix=prefix)
    return ObjectCount(
        bucket_name=bucket_name,
        region=region,
        prefix=prefix,
        object_count=size.object_count,
        size_bytes=size.size_bytes,
        size_human=human_bytes(size.size_bytes),
        method=size.method,
        as_of=datetime.now(UTC),
    )


def _listed(aws: Aws) -> dict[str, dict[str, Any]]:
    """ListBuckets' answer by name. With a page size AWS adds each bucket's region."""
    with translated():
        listed = list_all(aws, aws.client("s3"), "list_buckets", "Buckets", place=Place(), page_size=1000)
    return {str(bucket["Name"]): bucket for bucket in listed}


def _regions(aws: Aws, buckets: Mapping[str, Mapping[str, Any]]) -> dict[str, str | AssistantError]:
    """The region of each bucket, or why it is unknown. A bucket that no longer exists is left out.

    Buckets whose `BucketRegion` the list did not give are asked one by one.
    """
    client = aws.client("s3")

    def locate(name: str) -> str | AssistantError | None:
        try:
            return bucket_sizes.bucket_region(client, name)
        except (ClientError, BotoCoreError) as error:
            reason = translate(error)
            if isinstance(reason, Unauthenticated):
                raise reason from error
            return reason

    regions: dict[str, str | AssistantError] = {
        name: str(bucket["BucketRegion"]) for name, bucket in buckets.items() if bucket.get("BucketRegion")
    }
    unplaced = [name for name in buckets if name not in regions]
    for name, region in read_each(aws, unplaced, locate, place=_in_bucket):
        if region is not None:
            regions[name] = region
    return regions


def _in_bucket(name: str) -> Place:
    return Place(resource=name)


def _sizes(aws: Aws, names: list[str] | None) -> BucketSizes:
    """Measure all buckets, or those named, in parallel, each through its own region."""
    until = bucket_sizes.reserve_of(aws)
    regions = _regions(aws, {name: {} for name in names} if names else _listed(aws))
    for name in dict.fromkeys(names or ()):
        if name not in regions:
            regions[name] = bucket_sizes.not_found(name)
    unplaced = {name: error for name, error in regions.items() if isinstance(error, AssistantError)}
    placed = [(name, region) for name, region in regions.items() if isinstance(region, str)]
    if unplaced and not placed:
        raise next(iter(unplaced.values()))
    for name, error in unplaced.items():
        aws.gap(error.code, error.detail, resource=name)
    found = read_each(
        aws,
        placed,
        lambda bucket: _measure(aws, *bucket, until),
        place=lambda bucket: Place(region=bucket[1], resource=bucket[0]),
    )
    gone = sum(size is None for _, size in found) + sum(isinstance(error, NotFound) for error in unplaced.values())
    return _summed([_bucket_size(*bucket, size) for bucket, size in found if size], len(regions) - gone)


def _measure(aws: Aws, name: str, region: str, until: Callable[[], bool]) -> bucket_sizes.Size | None:
    """The bucket's size; None where it was deleted since it was listed."""
    try:
        return bucket_sizes.measure(aws, name, region, until=until)
    except ClientError as error:
        if error_code(error) == "NoSuchBucket":
            return None
        raise


def _bucket_size(name: str, region: str, size: bucket_sizes.Size) -> BucketSize:
    return BucketSize(
        bucket_name=name,
        region=region,
        size_bytes=size.size_bytes,
        size_human=human_bytes(size.size_bytes),
        object_count=size.object_count,
        method=size.method,
    )


def _summed(buckets: list[BucketSize], bucket_count: int) -> BucketSizes:
    total = sum(bucket.size_bytes for bucket in buckets)
    return BucketSizes(
        buckets=tuple(sorted(buckets, key=lambda bucket: (-bucket.size_bytes, bucket.bucket_name))),
        bucket_count=bucket_count,
        total_bytes=total,
        total_human=human_bytes(total),
        method=bucket_sizes.total_method({bucket.method for bucket in buckets}),
        as_of=datetime.now(UTC),
    )
