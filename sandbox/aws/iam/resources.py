"""The ARNs that calls are about, outside IAM and S3: what IAM matches the Resource of a policy with.

Source: "Actions, resources, and condition keys for AWS services" in the service authorization reference. A call that
names no resource, or whose action knows none, is about "*".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sandbox.aws.iam.ec2_resources import ec2_resources
from sandbox.aws.protocol.calls import Call

# service -> parameter -> the rest of the ARN after `arn:aws:SERVICE:REGION:ACCOUNT:`, or the whole of it. The first
# parameter that is present names the resource; of a list each item does. {value} as it is given, {bare} without the
# slash that it begins with, {last} after its last slash, {name} after its last colon, {parent} before it.
_TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "lambda": {"UUID": "event-source-mapping:{value}", "FunctionName": "function:{value}", "Resource": "{value}"},
    "dynamodb": {"TableName": "table/{value}"},
    "sqs": {"QueueName": "{value}", "QueueUrl": "{last}"},
    "sns": {"TopicArn": "{value}", "SubscriptionArn": "{parent}", "Name": "{value}"},
    "logs": {"logGroupName": "log-group:{value}:*"},
    "secretsmanager": {"SecretId": "secret:{value}", "Name": "secret:{value}"},
    "ssm": {"Name": "parameter/{bare}", "Names": "parameter/{bare}", "ResourceId": "parameter/{bare}"},
    "kms": {"KeyId": "key/{value}"},
    "cloudwatch": {"AlarmName": "alarm:{value}", "AlarmNames": "alarm:{value}"},
    "bedrock": {"modelId": "arn:aws:bedrock:{region}::foundation-model/{value}"},
    "kinesis": {"StreamName": "stream/{value}", "StreamARN": "{value}"},
    "ecr": {"repositoryName": "repository/{value}", "repositoryNames": "repository/{value}"},
    "ecs": {"clusterName": "cluster/{value}", "cluster": "cluster/{value}", "clusters": "cluster/{value}"},
    "states": {"stateMachineArn": "{value}", "name": "stateMachine:{value}"},
    "elasticfilesystem": {"FileSystemId": "file-system/{value}", "ResourceId": "file-system/{value}"},
    "elasticloadbalancing": {
        "ListenerArn": "{value}",
        "LoadBalancerArn": "{value}",
        "TargetGroupArn": "{value}",
        "ResourceArns": "{value}",
    },
    "route53": {
        "HostedZoneId": "arn:aws:route53:::hostedzone/{last}",
        "Id": "arn:aws:route53:::hostedzone/{last}",
        "ResourceId": "arn:aws:route53:::hostedzone/{last}",
    },
    "cloudtrail": {"Name": "trail/{value}", "TrailName": "trail/{value}", "ResourceIdList": "{value}"},
    "rds": {"DBInstanceIdentifier": "db:{value}", "DBSubnetGroupName": "subgrp:{value}", "ResourceName": "{value}"},
}
# Actions that know no resources of their own although a parameter names one.
_ANYWHERE = frozenset(
    {
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetHealth",
        "route53:CreateHostedZone",
        "route53:GetChange",
        "kms:ListAliases",
        "cloudtrail:LookupEvents",
    }
)
# New resources whose id is not known yet, and kinds of which a call means any where it names none.
_OPEN: Mapping[str, str] = {
    "elasticloadbalancing:CreateLoadBalancer": "loadbalancer/app/{Name}/*",
    "elasticloadbalancing:CreateTargetGroup": "targetgroup/{Name}/*",
    "rds:DescribeDBInstances": "db:*",
    "rds:DescribeDBSubnetGroups": "subgrp:*",
    "cloudwatch:DescribeAlarms": "alarm:*",
    "ecr:DescribeRepositories": "repository/*",
    "elasticfilesystem:DescribeFileSystems": "file-system/*",
}
_BY_ARN = ("ResourceArn", "ResourceARN", "resourceArn")


def resources(call: Call, account: str) -> list[str]:
    """The ARNs of what a call is about, each of which must be allowed."""
    action = f"{call.prefix}:{call.operation}"
    here = f"arn:aws:{call.prefix}:{call.region}:{account}:"
    if call.prefix == "ec2":
        return ec2_resources(call, here)
    if call.service == "cloudcontrol":
        return [here + "resource/*"]
    if call.prefix == "apigateway":
        return [f"arn:aws:apigateway:{call.region}::{call.path}"]
    if action in _ANYWHERE:
        return ["*"]
    if call.prefix == "events" and (rule := call.params.get("Rule") or call.params.get("Name")):
        return [_rule(call, here, str(rule))]
    if call.prefix == "kms" and call.operation in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
        return list(_alias(call, here))
    if (open_ := _OPEN.get(action)) and not any(call.params.get(name) for name in _TEMPLATES[call.prefix]):
        return [here + open_.format(Name=call.params.get("Name", "*"))]
    return (
        list(_from_templates(call, here))
        or [str(call.params[name]) for name in _BY_ARN if isinstance(call.params.get(name), str)]
        or ["*"]
    )


def _from_templates(call: Call, here: str) -> Iterator[str]:
    for name, template in _TEMPLATES.get(call.prefix, {}).items():
        value = call.params.get(name)
        values = value if isinstance(value, list) else [value]
        named = [one for one in values if isinstance(one, str) and one]
        if named:
            yield from (_filled(template, one, here, call.region) for one in named)
            return


def _filled(template: str, value: str, here: str, region: str) -> str:
    if value.startswith("arn:") and template != "{parent}":
        return value
    text = template.format(
        value=value,
        bare=value.lstrip("/"),
        last=value.rsplit("/", 1)[-1],
        parent=value.rpartition(":")[0],
        region=region,
    )
    return text if text.startswith("arn:") else here + text


def _rule(call: Call, here: str, rule: str) -> str:
    bus = str(call.params.get("EventBusName") or "default").rpartition("/")[2]
    if call.operation.endswith("EventBus"):
        return f"{here}event-bus/{rule}"
    return f"{here}rule/{rule}" if bus == "default" else f"{here}rule/{bus}/{rule}"


def _alias(call: Call, here: str) -> Iterator[str]:
    yield here + str(call.params.get("AliasName", "alias/*"))
    key = call.params.get("TargetKeyId")
    if key:
        yield str(key) if str(key).startswith("arn:") else f"{here}key/{key}"
