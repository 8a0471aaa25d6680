"""The IAM actions that a call needs besides the one of its operation, always or with an argument; maintained by hand.

The Service Authorization Reference calls them dependent actions, and names few of them; each entry has its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.access.levels import actions_of

# service:operation (botocore's names) → an argument that is given ("": always) → the actions.
_BESIDES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
        "secretsmanager:BatchGetSecretValue": {
            "": ("secretsmanager:GetSecretValue",),
            "Filters": ("secretsmanager:ListSecrets",),
        },
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
        **{
            f"s3:{name}": {
                "ACL": ("s3:PutObjectAcl",),
                "GrantFullControl": ("s3:PutObjectAcl",),
                "GrantRead": ("s3:PutObjectAcl",),
                "GrantReadACP": ("s3:PutObjectAcl",),
                "GrantWriteACP": ("s3:PutObjectAcl",),
                "Tagging": ("s3:PutObjectTagging",),
                "ObjectLockLegalHoldStatus": ("s3:PutObjectLegalHold",),
                "ObjectLockMode": ("s3:PutObjectRetention",),
            }
            for name in ("PutObject", "CopyObject", "CreateMultipartUpload")
        },
        "s3:CreateBucket": {
            "ACL": ("s3:PutBucketAcl",),
            "GrantFullControl": ("s3:PutBucketAcl",),
            "GrantRead": ("s3:PutBucketAcl",),
            "GrantReadACP": ("s3:PutBucketAcl",),
            "GrantWrite": ("s3:PutBucketAcl",),
            "GrantWriteACP": ("s3:PutBucketAcl",),
            "ObjectLockEnabledForBucket": ("s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"),
            "ObjectOwnership": ("s3:PutBucketOwnershipControls",),
        },
        "s3:DeleteObject": {
            "VersionId": ("s3:DeleteObjectVersion",),
            "BypassGovernanceRetention": ("s3:BypassGovernanceRetention",),
        },
        "s3:DeleteObjectTagging": {"VersionId": ("s3:DeleteObjectVersionTagging",)},
        "s3:GetObject": {"VersionId": ("s3:GetObjectVersion",)},
        "s3:GetObjectAcl": {"VersionId": ("s3:GetObjectVersionAcl",)},
        "s3:GetObjectAttributes": {"VersionId": ("s3:GetObjectVersionAttributes", "s3:GetObjectVersion")},
        "s3:GetObjectTagging": {"VersionId": ("s3:GetObjectVersionTagging",)},
        "s3:HeadObject": {"VersionId": ("s3:GetObjectVersion",)},
        "s3:PutObjectAcl": {"VersionId": ("s3:PutObjectVersionAcl",)},
        "s3:PutObjectRetention": {"BypassGovernanceRetention": ("s3:BypassGovernanceRetention",)},
        "s3:PutObjectTagging": {"VersionId": ("s3:PutObjectVersionTagging",)},
    }
)


def actions_of_call(service: str, operation: str, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The IAM actions that a call with these arguments needs: those of its operation, and what arguments add."""
    known = _BESIDES.get(f"{service}:{operation}", {})
    found = (more for given, more in known.items() if not given or arguments.get(given))
    besides = dict.fromkeys(action for more in found for action in more)
    return (*actions_of(service, operation), *besides)
