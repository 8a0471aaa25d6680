"""S3's API operations and the IAM actions they need; the two vocabularies differ more than anywhere else.

Source: "Required permissions for Amazon S3 API operations" in the S3 user guide.
"""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import unquote

from sandbox.aws.moto.bucket_tags import tags_of_new_bucket
from sandbox.aws.protocol.calls import Call

_ACTIONS: dict[str, str] = {
    "ListBuckets": "ListAllMyBuckets",
    "ListDirectoryBuckets": "ListAllMyDirectoryBuckets",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "CopyObject": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    **{
        f"{verb}Bucket{kind}Configuration{plural}": f"{action}{kind}Configuration"
        for kind in ("Analytics", "Inventory", "Metrics", "IntelligentTiering")
        for verb, action, plural in (
            ("Get", "Get", ""),
            ("List", "Get", "s"),
            ("Put", "Put", ""),
            ("Delete", "Put", ""),
        )
    },
}

_VERSIONED = {"GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl", "GetObjectTagging", "PutObjectTagging"}

_CONTEXT_FROM_QUERY = {
    "prefix": "s3:prefix",
    "delimiter": "s3:delimiter",
    "max-keys": "s3:max-keys",
    "versionId": "s3:versionid",
}
_CONTEXT_FROM_HEADERS = {
    "x-amz-acl": "s3:x-amz-acl",
    "x-amz-server-side-encryption": "s3:x-amz-server-side-encryption",
    "x-amz-storage-class": "s3:x-amz-storage-class",
}


def s3_permissions(call: Call) -> list[tuple[str, str]]:
    """The (action, resource ARN) pairs that an S3 call needs."""
    bucket, key = call.params.get("Bucket"), call.params.get("Key")
    action = _ACTIONS.get(call.operation, call.operation)
    if key and "versionId" in call.query and action in _VERSIONED:
        action = action.replace("Object", "ObjectVersion", 1)
    if not bucket:
        return [(f"{'s3express' if call.operation == 'ListDirectoryBuckets' else 's3'}:{action}", "*")]
    arn = f"arn:aws:s3:::{bucket}"
    if call.operation == "DeleteObjects":
        keys = re.findall(r"<Key>(.*?)</Key>", call.body.decode("utf-8", "replace"))
        return [(f"s3:{action}", f"{arn}/{unescape(name)}") for name in keys] or [(f"s3:{action}", f"{arn}/*")]
    needed = [(f"s3:{action}", f"{arn}/{key}" if key else arn)]
    if tags_of_new_bucket(call):
        needed.append(("s3:TagResource", arn))
    source = call.headers.get("x-amz-copy-source")
    if source and call.operation in ("CopyObject", "UploadPartCopy"):
        needed.append(("s3:GetObject", f"arn:aws:s3:::{unquote(source).lstrip('/').split('?')[0]}"))
    return needed


def s3_context(call: Call) -> Mapping[str, tuple[str, ...]]:
    """The s3: condition keys of a call."""
    context: dict[str, tuple[str, ...]] = {}
    context |= {key: (call.query[name],) for name, key in _CONTEXT_FROM_QUERY.items() if name in call.query}
    context |= {key: (call.headers[name],) for name, key in _CONTEXT_FROM_HEADERS.items() if name in call.headers}
    if call.operation == "CreateBucket":
        location = re.search(rb"<LocationConstraint>(.*?)</LocationConstraint>", call.body)
        if location:
            context["s3:locationconstraint"] = (location.group(1).decode(),)
        if tags := tags_of_new_bucket(call):
            context["aws:tagkeys"] = tuple(tags)
            context |= {f"aws:requesttag/{name}".lower(): (value,) for name, value in tags.items()}
    return context
