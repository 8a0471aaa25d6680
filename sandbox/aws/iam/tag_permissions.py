"""What tags of a new resource need besides: the service's own action that sets tags, on what the call makes.

Sources: the tables "API operations" of the service authorization reference, which give CreateQueue sqs:CreateQueue and
sqs:TagQueue; botocore's models, whose words say so of the tags of many calls; for EC2 "Grant permission to tag Amazon
EC2 resources during creation". Where a service has no action on tags (CodeBuild), the call's own action is enough.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.aws.protocol.calls import Call

# IAM prefix -> the action that sets tags.
_SETS: Mapping[str, str] = {
    "acm": "AddTagsToCertificate",
    "autoscaling": "CreateOrUpdateTags",
    "cloudtrail": "AddTags",
    "cloudwatch": "TagResource",
    "cognito-idp": "TagResource",
    "dynamodb": "TagResource",
    "ecr": "TagResource",
    "ecs": "TagResource",
    "eks": "TagResource",
    "elasticache": "AddTagsToResource",
    "elasticfilesystem": "TagResource",
    "elasticloadbalancing": "AddTags",
    "events": "TagResource",
    "kinesis": "AddTagsToStream",
    "kms": "TagResource",
    "lambda": "TagResource",
    "logs": "TagResource",
    "organizations": "TagResource",
    "rds": "AddTagsToResource",
    "redshift": "CreateTags",
    "sagemaker": "AddTags",
    "secretsmanager": "TagResource",
    "sns": "TagResource",
    "sqs": "TagQueue",
    "ssm": "AddTagsToResource",
    "states": "TagResource",
}
# Calls with another action: IAM has one per kind of resource.
_OF_CALL: Mapping[str, str] = {
    "iam:CreateRole": "TagRole",
    "iam:CreateUser": "TagUser",
    "iam:CreatePolicy": "TagPolicy",
    "iam:CreateInstanceProfile": "TagInstanceProfile",
    "iam:CreateVirtualMFADevice": "TagMFADevice",
    "iam:CreateOpenIDConnectProvider": "TagOpenIDConnectProvider",
    "iam:CreateSAMLProvider": "TagSAMLProvider",
    "iam:UploadServerCertificate": "TagServerCertificate",
    "kinesis:RegisterStreamConsumer": "TagResource",
}
# Calls that make something; those that set tags of what is there need no more than they are.
_MAKES = re.compile(
    r"(Create(?!Tags|OrUpdateTags)|Put(Parameter|Rule|MetricAlarm|CompositeAlarm|InsightRule)|Run|Register|Request|Restore"
    r"|Copy|Import|Upload)"
)
_MEMBERS = ("Tags", "tags", "TagsList", "TagList", "UserPoolTags")
# What is made, where the call is about something else or nothing: the rest of its ARN, with the call's parameters.
_MADE: Mapping[str, str] = {
    "acm:RequestCertificate": "certificate/*",
    "acm:ImportCertificate": "certificate/*",
    "cognito-idp:CreateUserPool": "userpool/*",
    "ecs:CreateService": "service/{cluster}/{serviceName}",
    "ecs:RegisterTaskDefinition": "task-definition/{family}:*",
    "ecs:RunTask": "task/{cluster}/*",
    "elasticfilesystem:CreateAccessPoint": "access-point/*",
    "elasticfilesystem:CreateFileSystem": "file-system/*",
    "kms:CreateKey": "key/*",
    "lambda:CreateEventSourceMapping": "event-source-mapping:*",
    "rds:CopyDBSnapshot": "snapshot:{TargetDBSnapshotIdentifier}",
    "rds:RestoreDBInstanceFromDBSnapshot": "db:{DBInstanceIdentifier}",
    "rds:RestoreDBInstanceToPointInTime": "db:{TargetDBInstanceIdentifier}",
}
# Below what the call is about, whose ARN they begin with.
_BELOW = {
    "elasticloadbalancing:CreateListener": (":loadbalancer/", ":listener/"),
    "elasticloadbalancing:CreateRule": (":listener/", ":listener-rule/"),
}


def tag_permissions(call: Call, own: Sequence[str], account: str) -> Iterator[tuple[str, str]]:
    """The (action, ARN) pairs that a call's tags need; `own` are the ARNs that the call is about."""
    if call.prefix == "ec2":
        yield from _of_ec2(call, account)
        return
    name = f"{call.prefix}:{call.operation}"
    action = _OF_CALL.get(name) or _SETS.get(call.prefix)
    if action is not None and _MAKES.match(call.operation) and any(call.params.get(member) for member in _MEMBERS):
        yield from ((f"{call.prefix}:{action}", arn) for arn in _made(call, name, own, account))


def _made(call: Call, name: str, own: Sequence[str], account: str) -> list[str]:
    if name in _MADE:
        given = {"cluster": "default"} | {key: str(value).rpartition("/")[2] for key, value in call.params.items()}
        rest = _MADE[name].format_map(defaultdict(lambda: "*", given))
        return [f"arn:aws:{call.prefix}:{call.region}:{account}:{rest}"]
    if name in _BELOW:
        return [f"{arn.replace(*_BELOW[name])}/*" for arn in own]
    # A log group is tagged without its streams.
    return [arn.removesuffix(":*") for arn in own] if call.prefix == "logs" else list(own)


def _of_ec2(call: Call, account: str) -> Iterator[tuple[str, str]]:
    given: Any = call.params.get("TagSpecifications")
    for one in given if isinstance(given, list) else ():
        if isinstance(one, dict) and one.get("Tags"):
            kind = str(one.get("ResourceType"))
            # Snapshots and images are of no account in their ARNs.
            owner = "" if kind in ("snapshot", "image") else account
            yield "ec2:CreateTags", f"arn:aws:ec2:{call.region}:{owner}:{kind}/*"
