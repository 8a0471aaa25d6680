"""What S3 says of a bucket now: for the calls that make or delete one, and for what a plan must know beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from botocore.exceptions import ClientError

from services.executor.operations import tags
from services.executor.registry.facts import IfAllowed, fact
from shared.aws.clients import Aws, error_code

# HEAD answers without a body, so that all S3 tells is the HTTP status.
ABSENT = ("404", "NotFound", "NoSuchBucket")
DENIED = ("403", "AccessDenied")
# The bucket is there, in another region.
_ELSEWHERE = ("301", "PermanentRedirect")


@fact("the bucket name {0}", iam=("s3:ListBucket",), absent=ABSENT)
def bucket_owner(aws: Aws, bucket_name: str) -> Literal["mine", "theirs"] | IfAllowed:
    """Whose bucket it is; none where the name is free."""
    try:
        aws.client("s3").head_bucket(Bucket=bucket_name, ExpectedBucketOwner=aws.info.account)
    except ClientError as error:
        if error_code(error) in DENIED:
            # AWS says 403 both for another's bucket and to who may not look.
            why = "the name is taken by another account, or you may not look (s3:ListBucket)"
            return IfAllowed("theirs", action="s3:ListBucket", otherwise=why)
        if error_code(error) not in _ELSEWHERE:
            raise
    return "mine"


@fact("whether the bucket {0} is empty", iam=("s3:ListBucketVersions",), absent=ABSENT)
def bucket_in_use(aws: Aws, bucket_name: str) -> bool:
    """Whether the bucket holds anything."""
    return holds_anything(aws.client("s3"), bucket_name)


@fact("the region of the bucket {0}", iam=("s3:GetBucketLocation",), absent=ABSENT)
def bucket_region(aws: Aws, bucket_name: str) -> str:
    """Where the bucket is."""
    return region_of(aws.client("s3"), bucket_name)


@fact("the tags of the bucket {0}", iam=("s3:GetBucketTagging",), absent=ABSENT)
def bucket_tags(aws: Aws, bucket_name: str) -> Mapping[str, str]:
    """The bucket's tags."""
    return tags_of(aws.client("s3"), bucket_name)


def region_of(s3: Any, bucket_name: str) -> str:
    """Where the bucket is; asked of any region.

    us-east-1 has no name here and eu-west-1 an old one:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    """
    location = s3.get_bucket_location(Bucket=bucket_name).get("LocationConstraint")
    return {None: "us-east-1", "EU": "eu-west-1"}.get(location, str(location))


def exists(s3: Any, bucket_name: str) -> bool:
    """Whether the bucket is there, in whatever region."""
    try:
        s3.head_bucket(Bucket=bucket_name)
    except ClientError as error:
        if error_code(error) in ABSENT:
            return False
        if error_code(error) not in _ELSEWHERE:
            raise
    return True


def creation_date(s3: Any, bucket_name: str) -> str | None:
    """When the bucket of this name was made, ISO 8601, None where none of the account's is listed under it.

    A bucket has no id; a successor of the same name has another date. But AWS may also change the date when a bucket is
    changed: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Bucket.html
    """
    pages = s3.get_paginator("list_buckets").paginate(Prefix=bucket_name, PaginationConfig={"PageSize": 1000})
    dates = (found["CreationDate"] for page in pages for found in page["Buckets"] if found["Name"] == bucket_name)
    return next((date.isoformat() for date in dates), None)


def holds_anything(s3: Any, bucket_name: str) -> bool:
    """Whether the bucket holds anything that keeps it from being deleted: versions and delete markers count too."""
    found = s3.list_object_versions(Bucket=bucket_name, MaxKeys=1)
    return bool(found.get("Versions") or found.get("DeleteMarkers"))


def tags_of(s3: Any, bucket_name: str) -> dict[str, str]:
    """The bucket's tags; none where there is no such bucket."""
    try:
        return tags.as_map(s3.get_bucket_tagging(Bucket=bucket_name)["TagSet"])
    except ClientError as error:
        if error_code(error) not in ("NoSuchTagSet", "NoSuchBucket"):
            raise
        return {}
