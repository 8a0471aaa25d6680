"""Which S3 buckets an account has, and the region of each: ListBuckets names it, or else the bucket is asked."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from services.info_tools.aws import Place, list_all, read_each
from services.info_tools.buckets.directory_buckets import is_directory_bucket, list_directory_buckets, region_of
from services.info_tools.parallel import translated
from shared.aws.clients import Aws, error_code, translate
from shared.errors import AssistantError, NotFound, Unauthenticated

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-alias.html
_ALIAS = "-s3alias"


def list_buckets(aws: Aws) -> dict[str, dict[str, Any]]:
    """ListBuckets' answer by name. With a page size AWS adds each bucket's region."""
    with translated():
        listed = list_all(aws, aws.client("s3"), "list_buckets", "Buckets", place=Place(), page_size=1000)
    return {str(bucket["Name"]): bucket for bucket in listed}


def regions_of(aws: Aws, buckets: Mapping[str, Mapping[str, Any]]) -> dict[str, str | AssistantError]:
    """The region of each bucket, or why it is unknown. A bucket that no longer exists is left out.

    Buckets whose `BucketRegion` the list did not give are asked one by one.
    """
    client = aws.client("s3")

    def locate(name: str) -> str | AssistantError | None:
        try:
            return bucket_region(client, name)
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


def wanted_regions(aws: Aws, names: list[str] | None) -> dict[str, str | AssistantError]:
    """The region of every bucket, or of those named, or why it is unknown."""
    if not names:
        return {**regions_of(aws, list_buckets(aws)), **list_directory_buckets(aws)}
    if not aws.names_account:
        return _regions_of_named(aws, names)
    own = {**list_buckets(aws), **dict.fromkeys(list_directory_buckets(aws))}
    foreign = [name for name in dict.fromkeys(names) if not is_own(name, own)]
    left = [name for name in names if name not in foreign]
    return {**_regions_of_named(aws, left), **{name: not_found(name) for name in foreign}}


def is_own(name: str, own: Container[str]) -> bool:
    """Whether a bucket is the account's own: another one's may let it in too, and would be counted twice.

    An access point's alias is in no list; whoever owns it is told by who may use it.
    """
    return name in own or name.endswith(_ALIAS)


def _regions_of_named(aws: Aws, names: list[str]) -> dict[str, str | AssistantError]:
    directories = {name: region_of(aws, name) for name in names if is_directory_bucket(name)}
    regions = {**regions_of(aws, {name: {} for name in names if name not in directories}), **directories}
    return {name: regions.get(name, not_found(name)) for name in dict.fromkeys(names)}


def bucket_region(client: Any, bucket_name: str) -> str | None:
    """The bucket's region, or None where it does not exist. Raises AWS's error where AWS does not tell.

    HeadBucket names the region even when it denies the rest. It has no body, so that a 400 without a region (a token
    that has ended or is not valid in this region) says its reason only to GetBucketLocation, whose null
    means us-east-1, and its "EU" eu-west-1: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    """
    try:
        headers = client.head_bucket(Bucket=bucket_name)["ResponseMetadata"]["HTTPHeaders"]
    except ClientError as error:
        if error_code(error) in ("404", "NoSuchBucket"):
            return None
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        if "x-amz-bucket-region" not in headers and error_code(error) not in ("400", "403", "AccessDenied"):
            raise
    if region := headers.get("x-amz-bucket-region"):
        return str(region)
    location = client.get_bucket_location(Bucket=bucket_name).get("LocationConstraint")
    return "eu-west-1" if location == "EU" else str(location or "us-east-1")


def not_found(bucket_name: str) -> NotFound:
    """The error for a bucket that does not exist or that these credentials cannot see."""
    return NotFound(f"there is no bucket {bucket_name!r}", code="bucket_not_found")
