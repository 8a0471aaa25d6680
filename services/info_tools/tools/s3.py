"""Informational tools about S3: which buckets there are, where, and how large."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from botocore.exceptions import ClientError
from pydantic import Field

from services.info_tools.aws import Place, read_each
from services.info_tools.buckets import directory_buckets
from services.info_tools.buckets import regions as bucket_regions
from services.info_tools.buckets import sizes as bucket_sizes
from services.info_tools.buckets.directory_buckets import list_directory_buckets
from services.info_tools.buckets.metrics import daily_figures
from services.info_tools.combined import EARLIEST, Combined, Row, human, largest_first, same_or
from services.info_tools.parallel import translated
from services.info_tools.sharing.kinds import part
from services.info_tools.toolbox import toolbox
from shared.aws.clients import Aws, error_code, translate
from shared.errors import AssistantError, Forbidden, InvalidArguments, NotFound
from shared.messages import Effect
from shared.text.sizes import human_bytes

# Reading also works on buckets from before 2018, whose names may hold capitals and underscores.
BucketName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$")]

_COUNT_ACTIONS = (
    "s3:ListBucket",
    "s3:GetBucketLocation",
    "s3:GetBucketVersioning",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "cloudwatch:ListMetrics",
    "cloudwatch:GetMetricData",
)
_LIST_ACTIONS = ("s3:ListAllMyBuckets", "s3express:ListAllMyDirectoryBuckets")
SIZE_ACTIONS = (*_LIST_ACTIONS, *_COUNT_ACTIONS)


class Bucket(Row):
    bucket_name: str
    kind: Literal["general purpose", "directory"] = "general purpose"
    region: str | None = Field(description="Null where it could not be told; a gap says why.")
    created_at: datetime | None


class BucketList(Combined):
    buckets: tuple[Bucket, ...]
    bucket_count: int


class Stored(Row):
    """What a bucket, or a prefix in it, stores."""

    size_bytes: int = Field(description="All that is stored: objects, old versions, parts of incomplete uploads.")
    size_human: str
    object_count: int = Field(description="listing: current objects; cloudwatch: old versions and uploads too.")
    old_version_bytes: int = Field(default=0, description="Of size_bytes; 0 where CloudWatch does not tell it apart.")
    old_version_count: int = 0
    incomplete_upload_bytes: int = Field(default=0, description="Of size_bytes; 0 where CloudWatch does not tell it.")
    incomplete_upload_count: int = 0
    method: Literal["listing", "cloudwatch"] = Field(
        description="listing: counted now; cloudwatch: daily metrics, which count the same"
    )
    measured_at: datetime | None = Field(
        default=None, description="The time of CloudWatch's figure, UTC; null where it was counted now."
    )


class BucketSize(Stored):
    bucket_name: str
    region: str


class BucketSizes(Combined):
    buckets: Annotated[tuple[BucketSize, ...], largest_first("size_bytes")] = Field(
        description="Largest first; a bucket that could not be read is a gap."
    )
    bucket_count: int = Field(description="Buckets that exist, also those that could not be read.")
    total_bytes: int
    total_human: Annotated[str, human("total_bytes")]
    method: Annotated[Literal["listing", "cloudwatch", "mixed"], same_or("mixed")]
    as_of: Annotated[datetime, EARLIEST]


class S3Usage(BucketSizes):
    total_objects: int


class ObjectCount(Stored):
    bucket_name: str
    region: str
    prefix: str | None
    as_of: datetime


@toolbox.tool(effect=Effect.LIST, iam_actions=(*_LIST_ACTIONS, "s3:ListBucket", "s3:GetBucketLocation"))
def list_s3_buckets(aws: Aws) -> BucketList:
    """List all S3 buckets with their regions and creation times.

    Whatever the session's regions. Directory buckets (S3 Express One Zone) are among them; table and vector buckets,
    services of their own, are not. Use it for which buckets there are and where; for sizes use get_s3_bucket_sizes.
    """
    listed = bucket_regions.list_buckets(aws)
    regions = bucket_regions.regions_of(aws, listed)
    for name, region in regions.items():
        if isinstance(region, AssistantError):
            aws.gap(region.code, f"its region could not be told: {region.detail}", resource=name)
    buckets = tuple(
        Bucket(
            bucket_name=name,
            region=None if isinstance(region, AssistantError) else region,
            created_at=listed[name].get("CreationDate"),
        )
        for name, region in regions.items()
    )
    directories = tuple(
        Bucket(bucket_name=name, region=region, kind="directory", created_at=None)
        for name, region in list_directory_buckets(aws).items()
    )
    buckets = tuple(sorted((*buckets, *directories), key=lambda bucket: bucket.bucket_name))
    return BucketList(buckets=buckets, bucket_count=len(buckets))


@toolbox.tool(effect=Effect.READ, iam_actions=SIZE_ACTIONS, timeout=120)
def get_s3_usage(aws: Aws, exact: bool | None = None) -> S3Usage:
    """Get the total S3 usage: bytes and objects of all buckets together, and of each.

    Largest first. Covers all buckets of the account, whatever the session's regions, directory buckets among them, and
    all storage classes. Bytes are all that is stored: current objects, old versions, parts of incomplete uploads. Not
    included: table and vector buckets, S3 on Outposts. Use it for "how much do I store in S3". `method` and
    `measured_at` say how and when each figure was taken.

    Args:
        exact: true lists every object; false takes CloudWatch's daily figures, a day or two old, where there are any.
            Left out: buckets with up to 10,000 objects are counted, larger ones taken from CloudWatch.
    """
    sizes = _sizes(aws, None, exact=exact)
    total = sum(bucket.object_count for bucket in sizes.buckets)
    return S3Usage(**{name: getattr(sizes, name) for name in BucketSizes.model_fields}, total_objects=total)


@toolbox.tool(effect=Effect.READ, iam_actions=SIZE_ACTIONS, timeout=120)
def get_s3_bucket_sizes(
    aws: Aws, bucket_names: list[BucketName] | None = None, exact: bool | None = None
) -> BucketSizes:
    """Get bytes, object count and region of each S3 bucket, largest first.

    Whatever its region. Bytes are all that is stored, in all storage classes: current objects, old versions, parts of
    incomplete uploads. For one bucket or a prefix in it use count_s3_objects.

    Args:
        bucket_names: Buckets to measure; all of the account when left out.
        exact: true lists every object; false takes CloudWatch's daily figures, a day or two old, where there are any.
            Left out: buckets with up to 10,000 objects are counted, larger ones taken from CloudWatch.
    """
    return _sizes(aws, bucket_names, exact=exact)


@toolbox.tool(
    effect=Effect.READ,
    iam_actions=_COUNT_ACTIONS,
    timeout=120,
)
def count_s3_objects(aws: Aws, bucket_name: BucketName, prefix: str | None = None) -> ObjectCount:
    """Count the objects of one S3 bucket, or under a prefix in it, and the bytes stored there.

    Only current objects are counted; bytes are those of current objects, old versions and parts of incomplete uploads,
    in all storage classes. Works on general purpose buckets, access point aliases, and directory buckets as a whole
    (CloudWatch's daily figures).

    Args:
        bucket_name: Its name; without "s3://" and without a path.
        prefix: Only keys that start with this, such as "logs/2026/"; all when left out.
    """
    with translated():
        region, size = _counted(aws, bucket_name, prefix)
    aws.covered.answered(region=region)
    aws.covered.method = size.method
    return ObjectCount(bucket_name=bucket_name, region=region, prefix=prefix, as_of=datetime.now(UTC), **_stored(size))


def _counted(aws: Aws, bucket_name: str, prefix: str | None) -> tuple[str, bucket_sizes.Size]:
    if directory_buckets.is_directory_bucket(bucket_name):
        if prefix:
            raise InvalidArguments("prefix: a directory bucket is measured as a whole, by CloudWatch; leave it out")
        region = directory_buckets.region_of(aws, bucket_name)
        return region, directory_buckets.measure(aws, bucket_name, region)
    found = bucket_regions.bucket_region(aws.client("s3"), bucket_name)
    if found is None or (
        aws.names_account and not bucket_regions.is_own(bucket_name, bucket_regions.list_buckets(aws))
    ):
        raise bucket_regions.not_found(bucket_name)
    try:
        until = bucket_sizes.is_time_up(aws, bucket_sizes.reserve_of(aws))
        return found, bucket_sizes.measure(aws, bucket_name, found, until=until, prefix=prefix)
    except ClientError as error:
        reason = translate(error)
        if isinstance(reason, Forbidden):
            hint = "another account's bucket may be Requester Pays, and these tools never ask as the payer"
            raise Forbidden(f"{reason.detail} ({hint})", code=reason.code) from error
        raise


def _stored(size: bucket_sizes.Size) -> dict[str, Any]:
    """The fields of `Stored`."""
    return {
        "size_bytes": size.size_bytes,
        "size_human": human_bytes(size.size_bytes),
        "object_count": size.object_count,
        "old_version_bytes": size.old_bytes,
        "old_version_count": size.old_count,
        "incomplete_upload_bytes": size.upload_bytes,
        "incomplete_upload_count": size.upload_count,
        "method": size.method,
        "measured_at": size.day,
    }


def _sizes(aws: Aws, names: list[str] | None, *, exact: bool | None) -> BucketSizes:
    """Measure all buckets, or those named, in parallel, each through its own region."""
    reserve = bucket_sizes.reserve_of(aws)
    regions = bucket_regions.wanted_regions(aws, names)
    unplaced = {name: error for name, error in regions.items() if isinstance(error, AssistantError)}
    placed = {name: region for name, region in regions.items() if isinstance(region, str)}
    if unplaced and not placed:
        raise next(iter(unplaced.values()))
    for name, error in unplaced.items():
        aws.gap(error.code, error.detail, resource=name)
    known = {} if exact else _not_counted(aws, placed, all_of_them=exact is False)
    for name in known:
        aws.covered.answered(region=placed[name])
    found = read_each(
        aws,
        [bucket for bucket in placed.items() if bucket[0] not in known],
        sizes_of(aws, reserve),
        place=lambda bucket: Place(region=bucket[1], resource=bucket[0]),
        others_read=bool(known),
    )
    gone = sum(size is None for _, size in found) + sum(isinstance(error, NotFound) for error in unplaced.values())
    measured = {name: size for (name, _), size in found if size} | known
    sizes = [BucketSize(bucket_name=name, region=placed[name], **_stored(size)) for name, size in measured.items()]
    summed = _summed(sizes, len(regions) - gone)
    aws.covered.method = summed.method
    return summed


def _not_counted(aws: Aws, placed: Mapping[str, str], *, all_of_them: bool) -> dict[str, bucket_sizes.Size]:
    """What CloudWatch tells of the buckets that need not be counted: of all that it knows, or of large ones alone."""
    asked = {name: region for name, region in placed.items() if not directory_buckets.is_directory_bucket(name)}
    daily, failed = daily_figures(aws, asked)
    if not all_of_them:
        return bucket_sizes.not_counted(
            daily, most_each=bucket_sizes.MAX_COUNTED_OBJECTS, most_in_all=bucket_sizes.MAX_COUNTED_IN_ALL
        )
    for region, why in failed.items():
        detail = f"its buckets were counted instead, as CloudWatch told nothing: {why}"
        aws.gap("daily_metrics_unavailable", detail, region=region)
    return bucket_sizes.not_counted(daily, most_each=-1, most_in_all=0)


@part
def sizes_of(aws: Aws, reserve: float) -> Callable[[tuple[str, str]], bucket_sizes.Size | None]:
    """What measures a bucket, given its name and region; None where it was deleted since it was listed."""
    until = bucket_sizes.is_time_up(aws, reserve)

    def measure(bucket: tuple[str, str]) -> bucket_sizes.Size | None:
        name, region = bucket
        if directory_buckets.is_directory_bucket(name):
            return directory_buckets.measure(aws, name, region)
        try:
            return bucket_sizes.measure(aws, name, region, until=until)
        except ClientError as error:
            if error_code(error) == "NoSuchBucket":
                return None
            raise

    return measure


def _summed(buckets: list[BucketSize], bucket_count: int) -> BucketSizes:
    total = sum(bucket.size_bytes for bucket in buckets)
    return BucketSizes(
        buckets=tuple(sorted(buckets, key=lambda bucket: (-bucket.size_bytes, bucket.bucket_name))),
        bucket_count=bucket_count,
        total_bytes=total,
        total_human=human_bytes(total),
        method=bucket_sizes.total_method({bucket.method for bucket in buckets}),
        # A total is as old as its oldest figure.
        as_of=min((bucket.measured_at for bucket in buckets if bucket.measured_at), default=datetime.now(UTC)),
    )
