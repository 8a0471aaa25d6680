"""S3 buckets: create and delete."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Literal

from botocore.exceptions import ClientError

from services.executor.calls.observation import Happened, NotYet, Observation, Unclear
from services.executor.calls.request import Request
from services.executor.operations import tags as marks
from services.executor.registry.location import Location, check_region
from services.executor.registry.operation import OperationContext, StepContext, Undo, operation
from shared.aws import error_code
from shared.errors import Conflict, Forbidden, InvalidArguments
from shared.messages import Effect, Message

BUCKET = "arn:{partition}:s3:::{bucket_name}"
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


class CreatedBucket(Message):
    bucket_name: str
    arn: str
    region: str


class DeletedBucket(Message):
    """`region` is where it was, to make it again there."""

    bucket_name: str
    region: str
    deleted: Literal[True] = True


def check_bucket_name(bucket_name: str) -> None:
    """Raise InvalidArguments unless S3 takes the name for a general purpose bucket.

    Rules: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    problem = None
    if not 3 <= len(bucket_name) <= 63:
        problem = "has 3 to 63 characters"
    elif not re.fullmatch(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", bucket_name):
        problem = "has only lowercase letters, digits, dots and hyphens, and begins and ends with a letter or digit"
    elif ".." in bucket_name:
        problem = "has no two dots in a row"
    elif _is_ip_address(bucket_name):
        problem = "is not formatted as an IP address"
    elif bucket_name.startswith(_RESERVED_PREFIXES):
        problem = f"does not begin with {', '.join(_RESERVED_PREFIXES)}"
    elif bucket_name.endswith(_RESERVED_SUFFIXES):
        problem = f"does not end with {', '.join(_RESERVED_SUFFIXES)}"
    if problem:
        raise InvalidArguments(f"bucket_name: {bucket_name!r} is no bucket name; one {problem}")


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def _check_create(bucket_name: str, region: str, location: Location) -> None:
    check_bucket_name(bucket_name)
    check_region(region, location.partition)


def _create_request(bucket_name: str, region: str, tags: Mapping[str, str]) -> list[Request]:
    configuration: dict[str, Any] = {"Tags": marks.as_list(tags)}
    # us-east-1 is the one region that must not be named.
    if region != "us-east-1":
        configuration["LocationConstraint"] = region
    parameters = {"Bucket": bucket_name, "CreateBucketConfiguration": configuration}
    return [Request("s3", "CreateBucket", parameters, region)]


def _bucket_drift(context: StepContext, result: Mapping[str, Any]) -> str | None:
    name, region = str(result["bucket_name"]), str(result["region"])
    s3 = context.aws.client("s3", region)
    if not _exists(s3, name):
        return f"the bucket {name} is gone already"
    if not marks.has(_tags(s3, name), context.tags):
        return f"the bucket {name} has lost this plan's tags: it was made anew or its tags were changed"
    if s3.list_object_versions(Bucket=name, MaxKeys=1).keys() & {"Versions", "DeleteMarkers"}:
        return f"the bucket {name} is not empty any more"
    return None


@operation(
    effect=Effect.WRITE,
    title="Create the S3 bucket {bucket_name} in {region}",
    iam={
        "s3:CreateBucket": (BUCKET,),
        "s3:TagResource": (BUCKET,),
        "s3:ListBucket": (BUCKET,),
        "s3:GetBucketTagging": (BUCKET,),
        "s3:ListBucketVersions": (BUCKET,),
    },
    expects={"arn": BUCKET},
    check=_check_create,
    requests=_create_request,
    drift=_bucket_drift,
    reversible="yes",
    undo=Undo("delete_s3_bucket", {"bucket_name": "bucket_name"}, note="only while the bucket is empty"),
)
def create_s3_bucket(context: OperationContext, bucket_name: str, region: str) -> CreatedBucket:
    """Create an S3 bucket. Public access is blocked and objects are encrypted, as is S3's default.

    Args:
        bucket_name: Name of the bucket, unique in all of AWS: 3 to 63 lowercase letters, digits, dots, hyphens.
        region: Region the bucket is made in, e.g. eu-west-1.
    """
    s3 = context.aws.client("s3", region)

    def probe() -> Observation:
        if not _exists(s3, bucket_name):
            return NotYet()
        if marks.has(_tags(s3, bucket_name), context.tags):
            return Happened()
        return Unclear(f"there is a bucket {bucket_name}, without this plan's tags")

    [request] = _create_request(bucket_name, region, context.tags)
    context.calls.once(request, probe, before=lambda: _check_free(s3, bucket_name))
    partition = Location.of(context.aws.info).partition
    return CreatedBucket(bucket_name=bucket_name, arn=f"arn:{partition}:s3:::{bucket_name}", region=region)


def _check_free(s3: Any, bucket_name: str) -> None:
    """Refuse a bucket that exists: in us-east-1 CreateBucket answers 200 for one's own, and undo would delete it."""
    try:
        if not _exists(s3, bucket_name):
            return
    except ClientError as error:
        if error_code(error) in ("403", "AccessDenied"):
            raise Forbidden(
                f"the bucket name {bucket_name} is taken by another account, or you may not look (s3:ListBucket)",
                code="aws_access_denied",
            ) from error
        raise
    raise Conflict(
        f"the bucket {bucket_name} exists already in this account; this plan did not make it, choose another name",
        code="aws_bucket_already_owned_by_you",
    )


def _exists(s3: Any, bucket_name: str) -> bool:
    """Whether the bucket is there, in whatever region."""
    try:
        s3.head_bucket(Bucket=bucket_name)
    except ClientError as error:
        if error_code(error) in ("404", "NoSuchBucket", "NotFound"):
            return False
        if error_code(error) not in ("301", "PermanentRedirect"):
            raise
    return True


def _tags(s3: Any, bucket_name: str) -> dict[str, str]:
    try:
        return marks.as_map(s3.get_bucket_tagging(Bucket=bucket_name)["TagSet"])
    except ClientError as error:
        if error_code(error) not in ("NoSuchTagSet", "NoSuchBucket"):
            raise
        return {}


def _delete_request(bucket_name: str) -> list[Request]:
    return [Request("s3", "DeleteBucket", {"Bucket": bucket_name})]


def _deleted_drift(context: StepContext, result: Mapping[str, Any]) -> str | None:
    name, region = str(result["bucket_name"]), str(result["region"])
    taken = _exists(context.aws.client("s3", region), name)
    return f"there is a bucket {name} again" if taken else None


@operation(
    effect=Effect.WRITE,
    title="Delete the S3 bucket {bucket_name}",
    iam={
        "s3:DeleteBucket": (BUCKET,),
        "s3:GetBucketLocation": (BUCKET,),
        "s3:GetBucketTagging": (BUCKET,),
        "s3:ListBucket": (BUCKET,),
    },
    check=check_bucket_name,
    requests=_delete_request,
    drift=_deleted_drift,
    reversible="partly",
    undo=Undo(
        "create_s3_bucket",
        {"bucket_name": "bucket_name", "region": "region"},
        note="an empty bucket of that name, without its settings, and only while nobody else has taken the name",
    ),
)
def delete_s3_bucket(context: OperationContext, bucket_name: str) -> DeletedBucket:
    """Delete an S3 bucket, which must be empty. Its region is found.

    Args:
        bucket_name: Name of the bucket.
    """

    def bucket() -> dict[str, Any]:
        location = context.aws.client("s3").get_bucket_location(Bucket=bucket_name).get("LocationConstraint")
        # us-east-1 has no name here and eu-west-1 an old one:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
        region = {None: "us-east-1", "EU": "eu-west-1"}.get(location, location)
        return {"region": region, "tags": _tags(context.aws.client("s3", region), bucket_name)}

    prior = context.calls.remember("prior", bucket)
    s3 = context.aws.client("s3", prior["region"])

    def probe() -> Observation:
        # Another bucket of that name means that this one is gone.
        there = _exists(s3, bucket_name) and _tags(s3, bucket_name) == prior["tags"]
        return NotYet() if there else Happened()

    context.calls.once(Request("s3", "DeleteBucket", {"Bucket": bucket_name}, prior["region"]), probe)
    return DeletedBucket(bucket_name=bucket_name, region=prior["region"])
