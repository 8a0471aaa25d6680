"""How AWS's operations name what the variables of its ARN forms name otherwise; maintained by hand.

Sources: Service Authorization Reference (forms, dependent actions), botocore's models (arguments).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "athena:WorkGroupName": ("WorkGroup",),
        "codebuild:ProjectName": ("names",),
        "dynamodb:TableName": ("TableName", "RequestItems"),
        "elasticbeanstalk:EnvironmentName": ("EnvironmentName",),
        "logs:LogGroupName": ("logGroupName", "logGroupIdentifier"),
        "rds:DbInstanceName": ("DBInstanceIdentifier",),
        "s3:BucketName": ("Bucket",),
        "s3:ObjectName": ("Key",),
        "secretsmanager:SecretId": ("SecretId", "SecretIdList"),
        "ssm:ParameterNameWithoutLeadingSlash": ("Name", "Names", "Path"),
    }
)
"""Variable of a service's ARN forms ("prefix:Variable") → the arguments that may name it."""

# Actions that an operation needs besides, where it is given an argument ("": always).
ALSO: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
        "secretsmanager:BatchGetSecretValue": {
            "": ("secretsmanager:GetSecretValue",),
            "Filters": ("secretsmanager:ListSecrets",),
        },
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        "s3:GetObject": {"VersionId": ("s3:GetObjectVersion",)},
        "s3:HeadObject": {"VersionId": ("s3:GetObjectVersion",)},
        "s3:GetObjectAttributes": {"VersionId": ("s3:GetObjectVersionAttributes", "s3:GetObjectVersion")},
        "s3:GetObjectAcl": {"VersionId": ("s3:GetObjectVersionAcl",)},
        "s3:GetObjectTagging": {"VersionId": ("s3:GetObjectVersionTagging",)},
    }
)


def with_parts(arn: str, operation: str) -> tuple[str, ...]:
    """The ARN, with those of its parts that the operation reads too.

    A version or alias of a function is a resource of its own; what is below a path of parameters is read with it.
    """
    if re.search(r":lambda:[^:]*:[^:]*:function:[^:*]+$", arn):
        return (arn, f"{arn}:*")
    if operation == "GetParametersByPath" and not arn.endswith("*"):
        path = arn.rstrip("/")
        return (f"{path}/*",) if path.endswith(":parameter") else (path, f"{path}/*")
    return (arn,)
