"""What tags of a new resource need besides: the service's own action that sets tags, on what the call makes.

Sources: XX
the sqs:CreateQueue and sqs:TagQueue permissions"); for EC2 "Grant permission to tag Amazon EC2 resources during creation".
Services that document no such need are not here: CodeBuild has no action on tags, and Amazon Kinesis says nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.aws.protocol.calls import Call

# IAM prefix -> the action that sets tags.
_SETS: Mapping[str, str] = {
    "acm": "AddTagsToCertificate",
    "cloudtrail": "AddTags",
    "cloudwatch": "TagResource",
    "dynamodb": "TagResource",
    "ecr": "TagResource",
    "ecs": "TagResource",
    "eks": "TagResource",
    "elasticache": "AddTagsToResource",
    "elasticfilesystem": "TagResource",
    "elasticloadbalancing": "AddTags",
    "events": "TagResource",
    "kms": "TagResource",
    "lambda": "TagResource",
    "logs": "TagResource",
    "rds": "AddTagsToResource",
    "redshift": "CreateTags",
    "sagemaker": "AddTags",
    "secretsmanager": "TagResource",
    "sns": "TagResource",
    "sqs": "TagQueue",
    "ssm": "AddTagsToResource",
    "states": "TagResource",
}
# IAM has an action per kind of resource.
_OF_IAM = {
    "CreateRole": "TagRole",
    "CreateUser": "TagUser",
    "CreatePolicy": "TagPolicy",
    "CreateInstanceProfile": "TagInstanceProfile",
    "CreateVirtualMFADevice": "TagMFADevice",
    "CreateOpenIDConnectProvider": "TagOpenIDConnectProvider",
    "CreateSAMLProvider": "TagSAMLProvider",
    "UploadServerCertificate": "TagServerCertificate",
}
# Calls that make something; those that set tags of what is there need no more than they are.
_MAKES = re.compile(
    r"(Create(?!Tags|OrUpdateTags)|Put(Parameter|Rule|MetricAlarm)|Run|Register|Request|Restore|Copy|Import)"
)
_MEMBERS = ("Tags", "tags", "TagsList", "TagList")
# What IAM's resource is where the call itself is on none yet; a log group is tagged without its streams.
_MADE = {"kms": "key/*", "acm": "certificate/*", "elasticfilesystem": "file-system/*"}


def tag_permissions(call: Call, own: list[str], account: str) -> Iterator[tuple[str, str]]:
    """The (action, ARN) pairs that a call's tags need; `own` are the ARNs that the call is about."""
    if call.prefix == "ec2":
        yield from _of_ec2(call, account)
        return
    action = _OF_IAM.get(call.operation) if call.prefix == "iam" else _SETS.get(call.prefix)
    if action is None or not _MAKES.match(call.operation) or not any(call.params.get(name) for name in _MEMBERS):
        return
    if call.prefix in _MADE and own == ["*"]:
        own = [f"arn:aws:{call.prefix}:{call.region}:{account}:{_MADE[call.prefix]}"]
    for arn in own:
        yield f"{call.prefix}:{action}", arn.removesuffix(":*") if call.prefix == "logs" else arn


def _of_ec2(call: Call, account: str) -> Iterator[tuple[str, str]]:
    given: Any = call.params.get("TagSpecifications")
    for one in given if isinstance(given, list) else ():
        if isinstance(one, dict) and one.get("Tags"):
            kind = str(one.get("ResourceType"))
            # Snapshots and images are of no account in their ARNs.
            owner = "" if kind in ("snapshot", "image") else account
            yield "ec2:CreateTags", f"arn:aws:ec2:{call.region}:{owner}:{kind}/*"
