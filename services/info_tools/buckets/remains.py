"""What a bucket stores besides its current objects: old versions, and parts of uploads that never ended.

Both are paid for and in no list of objects. Sources: "How S3 Versioning works" and "Uploading and copying objects using
multipart upload" in the S3 user guide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.clients import Aws, error_code, translate
from shared.errors import Unauthenticated

# Each upload's parts are listed with a request of its own.
MAX_UPLOADS = 200


@dataclass(frozen=True, slots=True)
class Versions:
    """All versions of a bucket's objects. Delete markers have no bytes and are not counted."""

    current_bytes: int = 0
    current_count: int = 0
    old_bytes: int = 0
    old_count: int = 0
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Uploads:
    """Incomplete multipart uploads, and the bytes of their parts."""

    size_bytes: int = 0
    count: int = 0


def is_versioned(aws: Aws, bucket_name: str, region: str) -> bool | None:
    """Whether the bucket has, or had, versioning; None where AWS does not tell, which becomes a gap."""
    try:
        status = aws.client("s3", region).get_bucket_versioning(Bucket=bucket_name).get("Status")
    except (ClientError, BotoCoreError) as error:
        aws.gap(
            "versions_not_counted",
            _because("old versions, if it has any, are not counted", error),
            region=region,
            resource=bucket_name,
        )
        return None
    return status in ("Enabled", "Suspended")


def list_versions(client: Any, bucket_name: str, prefix: str | None, until: Callable[[], bool], most: int) -> Versions:
    """Count the versions of all objects page by page, at most about `most`, until the time is up."""
    totals = {True: [0, 0], False: [0, 0]}
    arguments = {"Bucket": bucket_name} | ({"Prefix": prefix} if prefix else {})
    if until():
        return Versions(whole=False)
    whole = True
    for page in client.get_paginator("list_object_versions").paginate(**arguments):
        for version in page.get("Versions", ()):
            total = totals[bool(version["IsLatest"])]
            total[0] += version["Size"]
            total[1] += 1
        if page.get("IsTruncated") and (totals[True][1] + totals[False][1] >= most or until()):
            whole = False
            break
    (current, count), (old, old_count) = totals[True], totals[False]
    return Versions(current, count, old, old_count, whole)


def versions_or_none(
    aws: Aws, bucket_name: str, region: str, prefix: str | None, until: Callable[[], bool], most: int
) -> Versions | None:
    """The versions, or None where listing them is denied, which becomes a gap."""
    try:
        return list_versions(aws.client("s3", region), bucket_name, prefix, until, most)
    except ClientError as error:
        if not _is_denied(error):
            raise
        aws.gap(
            "versions_not_counted",
            _because("its old versions are not counted", error),
            region=region,
            resource=bucket_name,
        )
        return None


def incomplete_uploads(
    aws: Aws, bucket_name: str, region: str, prefix: str | None, until: Callable[[], bool]
) -> Uploads:
    """Count the parts of incomplete uploads; what could not be counted becomes a gap."""
    client = aws.client("s3", region)
    size = count = 0
    try:
        for upload in _uploads(client, bucket_name, prefix):
            if count >= MAX_UPLOADS or until():
                detail = f"of its incomplete uploads only the first {count} are counted"
                aws.gap("uploads_not_counted", detail, region=region, resource=bucket_name)
                aws.covered.cut_off()
                break
            size += _parts_bytes(client, bucket_name, upload)
            count += 1
    except (ClientError, BotoCoreError) as error:
        what = "its incomplete uploads, if it has any, are not counted" if not count else "not all uploads are counted"
        aws.gap("uploads_not_counted", _because(what, error), region=region, resource=bucket_name)
    return Uploads(size, count)


def _uploads(client: Any, bucket_name: str, prefix: str | None) -> Any:
    arguments = {"Bucket": bucket_name} | ({"Prefix": prefix} if prefix else {})
    pages = client.get_paginator("list_multipart_uploads").paginate(**arguments)
    return (upload for page in pages for upload in page.get("Uploads", ()))


def _parts_bytes(client: Any, bucket_name: str, upload: dict[str, Any]) -> int:
    named = {"Bucket": bucket_name, "Key": upload["Key"], "UploadId": upload["UploadId"]}
    try:
        pages = list(client.get_paginator("list_parts").paginate(**named))
    except ClientError as error:
        # It was completed or aborted since it was listed.
        if error_code(error) == "NoSuchUpload":
            return 0
        raise
    return sum(part["Size"] for page in pages for part in page.get("Parts", ()))


def _is_denied(error: ClientError) -> bool:
    return translate(error).code == "aws_access_denied"


def _because(what: str, error: ClientError | BotoCoreError) -> str:
    """What is not counted, and why. Raises what no answer can go on after: no bucket, no credentials."""
    if isinstance(error, ClientError) and error_code(error) == "NoSuchBucket":
        raise error
    reason = translate(error)
    if isinstance(reason, Unauthenticated):
        raise reason from error
    return f"{what}: {reason.detail}"
