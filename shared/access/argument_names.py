"""How AWS's operations name what the variables of its ARN forms name otherwise; maintained by hand.

Sources: Service Authorization Reference (forms, dependent actions), botocore's models (arguments).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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

Form = Callable[[str, str], tuple[str, ...]]
# The whole of a secret's ARN, as AWS wrote it: it ends with six characters that nobody chooses.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html
_WHOLE_SECRET = re.compile(r":secret:.+-[A-Za-z0-9]{6}$")


def _of_secret(arn: str, operation: str) -> tuple[str, ...]:
    """What a secret's name leaves open of its ARN stands for any six characters."""
    return (arn,) if arn.endswith("*") else (f"{arn}-??????",)


def _of_given_secret(arn: str, operation: str) -> tuple[str, ...]:
    return (arn,) if _WHOLE_SECRET.search(arn) else (f"{arn}-??????",)


def _of_parameter(arn: str, operation: str) -> tuple[str, ...]:
    """A parameter's name may begin with a slash, its ARN has one; what is below a path is read with it."""
    arn = re.sub(r":parameter/+", ":parameter/", arn)
    if operation != "GetParametersByPath" or arn.endswith("*"):
        return (arn,)
    path = arn.rstrip("/")
    return (f"{path}/*",) if path.endswith(":parameter") else (path, f"{path}/*")


def _of_log_group(arn: str, operation: str) -> tuple[str, ...]:
    """AWS checks a log group with and without `:*`, which means its streams."""
    return (arn, f"{arn}:*") if ":log-stream:" not in arn and not arn.endswith("*") else (arn,)


def _of_function(arn: str, operation: str) -> tuple[str, ...]:
    """A version or alias of a function is a resource of its own."""
    return (arn, f"{arn}:*") if re.search(r":function:[^:*]+$", arn) else (arn,)


FORMS: Mapping[str, Form] = MappingProxyType(
    {"lambda": _of_function, "logs": _of_log_group, "secretsmanager": _of_secret, "ssm": _of_parameter}
)
"""Prefix → the resources that an ARN made from a name stands for in a policy, for an operation."""
FORMS_OF_GIVEN: Mapping[str, Form] = MappingProxyType({**FORMS, "secretsmanager": _of_given_secret})
"""The same for an ARN that was given as it is."""

NEVER = re.compile(r"(?!)")
NO_NAME: Mapping[str, re.Pattern[str]] = MappingProxyType({"kms": re.compile(r"alias/")})
"""Prefix → what stands in a name's place and is none: which key an alias means, only AWS knows."""
