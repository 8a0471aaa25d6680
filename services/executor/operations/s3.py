"""S3 buckets: create and delete."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Literal

from botocore.exceptions import ClientError

from services.executor.operations.registry import OperationContext, Undo, operation
from services.executor.place import Place, check_region
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
    bucket_name: str
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


def _check_create(bucket_name: str, region: str, place: Place) -> None:
    check_bucket_name(bucket_name)
    check_region(region, place.partition)


@operation(
    effect=Effect.WRITE,
    title="Create the S3 bucket {bucket_name} in {region}",
    iam={
        "s3:CreateBucket": (BUCKET,),
        "s3:ListBucket": (BUCKET,),
        "s3:PutBucketTagging": (BUCKET,),
    },
    expects={"arn": BUCKET},
    check=_check_create,
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
    _check_free(s3, bucket_name)
    # us-east-1 is the one region that must not be named.
    where: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket_name, **({} if region == "us-east-1" else where))
    try:
        s3.put_bucket_tagging(Bucket=bucket_name, Tagging={"TagSet": context.tag_list})
    except ClientError:
        s3.delete_bucket(Bucket=bucket_name)
        raise
    partition = Place.of(context.aws.info).partition
    return CreatedBucket(bucket_name=bucket_name, arn=f"arn:{partition}:s3:::{bucket_name}", region=region)


def _check_free(s3: Any, bucket_name: str) -> None:
    """Refuse a bucket that exists: in us-east-1 CreateBucket answers 200 for one's own, and undo would delete it."""
    try:
        s3.head_bucket(Bucket=bucket_name)
    except ClientError as error:
        code = error_code(error)
        if code in ("404", "NoSuchBucket", "NotFound"):
            return
        if code in ("403", "AccessDenied"):
            raise Forbidden(
                f"the bucket name {bucket_name} is taken by another account, or you may not look (s3:ListBucket)",
                code="aws_access_denied",
            ) from error
        if code not in ("301", "PermanentRedirect"):
            raise
    raise Conflict(
        f"the bucket {bucket_name} exists already in this account; this plan did not make it, choose another name",
        code="aws_bucket_already_owned_by_you",
    )


@operation(
    effect=Effect.WRITE,
    title="Delete the S3 bucket {bucket_name}",
    iam={"s3:DeleteBucket": (BUCKET,), "s3:GetBucketLocation": (BUCKET,)},
    check=check_bucket_name,
    reversible="no",
)
def delete_s3_bucket(context: OperationContext, bucket_name: str) -> DeletedBucket:
    """Delete an S3 bucket, which must be empty. Its region is found.

    Args:
        bucket_name: Name of the bucket.
    """
    location = context.aws.client("s3").get_bucket_location(Bucket=bucket_name).get("LocationConstraint")
    # us-east-1 has no name here and eu-west-1 an old one:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    region = {None: "us-east-1", "EU": "eu-west-1"}.get(location, location)
    context.aws.client("s3", region).delete_bucket(Bucket=bucket_name)
    return DeletedBucket(bucket_name=bucket_name)
