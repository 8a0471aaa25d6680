"""How a name stands in an ARN, and which resources a policy has to name for an ARN; what no form says, with sources."""

from __future__ import annotations

import re

# AWS stores these names in lower case, whatever is given.
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html, DBInstanceIdentifier
_IN_LOWER_CASE = frozenset({"rds", "elasticache", "memorydb", "redshift", "dms"})
# IAM's names are unique without their path, which no call but the one that makes them says.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_WITH_PATH = frozenset({"role", "user", "group", "policy", "instance-profile", "server-certificate", "mfa"})
# The whole of a secret's ARN, as AWS wrote it: it ends with six characters that nobody chooses.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html
_WHOLE_SECRET = re.compile(r":secret:.+-[A-Za-z0-9]{6}$")
_SUBSCRIPTION = re.compile(r":[^:]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
# Documents of these names are AWS's, in whose ARNs no account stands.
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html, Name
_AWSS_OWN = re.compile(r"(aws|amazon|amzn)", re.IGNORECASE)
# https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html, FunctionName
_FUNCTION = re.compile(r"^(?:\d{12}:)?(?:function:)?")


def written(prefix: str, kind: str, value: str) -> str | None:
    """A value as the ARN of a kind of resource has it; None where it is an alias of what only AWS knows.

    A queue's URL is its name, "alias/x" is "x", a parameter's "/a/b" is "a/b", "Z1" stands for "/hostedzone/Z1".
    """
    if prefix == "sqs":
        return value.rstrip("/").rpartition("/")[2] or None
    if prefix == "kms":
        if kind == "alias":
            return value.removeprefix("alias/")
        return None if value.startswith("alias/") else value
    if prefix == "route53":
        return value.rpartition("/")[2]
    if prefix == "ssm" and kind == "parameter":
        return value.lstrip("/")
    if (prefix, kind) == ("codebuild", "project"):
        # A build's id is its project and a number of AWS's.
        return value.partition(":")[0]
    if prefix == "lambda" and kind == "function":
        # A name, "123456789012:NAME" or "123456789012:function:NAME", each also with a version.
        return _FUNCTION.sub("", value).partition(":")[0]
    return value


def qualifier_of(function: str) -> str:
    """The version or alias behind a function's name; empty where there is none."""
    return _FUNCTION.sub("", function).partition(":")[2]


def policy_arns(prefix: str, kind: str, arn: str, *, given: bool) -> tuple[str, ...]:
    """What a policy has to name for an ARN: AWS compares some resources in more than one way, or under a longer name.

    `given`: somebody gave the ARN as it is; else it is made from a name, and may have `*` for what is not known.
    """
    if prefix == "logs" and kind == "log-group":
        # Actions on tags ask for the group itself, the others for the group with its streams.
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
        return (arn,) if arn.endswith("*") else (arn, f"{arn}:*")
    if prefix == "secretsmanager" and kind == "secret":
        return (arn,) if arn.endswith("*") or (given and _WHOLE_SECRET.search(arn)) else (f"{arn}-??????",)
    if prefix == "ssm" and kind == "parameter":
        return (re.sub(r":parameter/+", ":parameter/", arn),)
    if (prefix, kind) == ("sns", "topic") and _SUBSCRIPTION.search(arn):
        # What AWS documents is the topic; what its denials name is the subscription.
        return (arn, arn.rpartition(":")[0])
    if given:
        return (arn,)
    if prefix == "ssm" and kind in ("document", "automation-definition") and _AWSS_OWN.match(arn.partition("/")[2]):
        # https://docs.aws.amazon.com/systems-manager/latest/userguide/security_iam_service-with-iam.html
        partition, service, region, _, name = arn.split(":", 5)[1:]
        return (arn, f"arn:{partition}:{service}:{region}::{name}")
    if prefix == "iam" and kind in _WITH_PATH:
        head, name = arn.split("/", 1)
        return (arn,) if "/" in name or name == "*" else (arn, f"{head}/*/{name}")
    if (prefix, kind) == ("ec2", "key-pair") and not arn.partition("/")[2].startswith(("key-", "*")):
        # AWS documents the name, and knows the pair by its id, which nobody but AWS chooses.
        return (arn, f"{arn.partition('/')[0]}/key-*")
    if prefix in _IN_LOWER_CASE:
        *place, resource = arn.split(":", 5)
        return tuple(dict.fromkeys((arn, ":".join((*place, resource.lower())))))
    return (arn,)
