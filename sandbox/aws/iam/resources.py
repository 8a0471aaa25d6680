"""The ARNs that calls are about, outside IAM and S3: what IAM matches the Resource of a policy with.

Source: "Actions, resources, and condition keys for AWS services" in the service authorization reference. A call that
names no resource, or whose action knows none, is about "*".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sandbox.aws.iam.ec2_resources import ec2_resources
from sandbox.aws.protocol.calls import Call

# service -> parameter -> the rest of the ARN after `arn:aws:SERVICE:REGION:ACCOUNT:`, or the whole of it. The first
# parameter that is present names the resource; of a list each item does. {value} as it is given, {bare} without the
# slash that it begins with, {last} after its last slash, {head} before its first colon, {parent} before its last one.
_TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "lambda": {"UUID": "event-source-mapping:{value}", "FunctionName": "function:{value}", "Resource": "{value}"},
    "dynamodb": {"TableName": "table/{value}"},
    "sqs": {"QueueName": "{value}", "QueueUrl": "{last}"},
    "sns": {"TopicArn": "{value}", "SubscriptionArn": "{parent}", "Name": "{value}"},
    "logs": {"logGroupName": "log-group:{value}:*", "logGroupIdentifier": "log-group:{value}:*"},
    "secretsmanager": {"SecretId": "secret:{value}", "Name": "secret:{value}"},
    "ssm": {"Name": "parameter/{bare}", "Names": "parameter/{bare}"},
    "kms": {"KeyId": "key/{value}"},
    "cloudwatch": {
        "AlarmName": "alarm:{value}",
        "AlarmNames": "alarm:{value}",
        "DashboardName": "arn:aws:cloudwatch::{account}:dashboard/{value}",
        "DashboardNames": "arn:aws:cloudwatch::{account}:dashboard/{value}",
    },
    # AWS's own id of a group stands in its ARN.
    "autoscaling": {"AutoScalingGroupName": "autoScalingGroup:0:autoScalingGroupName/{value}"},
    "application-autoscaling": {"ResourceId": "scalable-target/0"},
    "codebuild": {"projectName": "project/{value}", "id": "project/{head}"},
    "cognito-idp": {"UserPoolId": "userpool/{value}"},
    "eks": {"clusterName": "cluster/{value}", "name": "cluster/{value}"},
    "elasticache": {
        "ReplicationGroupId": "replicationgroup:{value}",
        "SnapshotName": "snapshot:{value}",
        "CacheClusterId": "cluster:{value}",
    },
    "redshift": {"ClusterIdentifier": "cluster:{value}"},
    "sagemaker": {"NotebookInstanceName": "notebook-instance/{value}"},
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
    "rds": {
        "DBSnapshotIdentifier": "snapshot:{value}",
        "DBClusterSnapshotIdentifier": "cluster-snapshot:{value}",
        "DBInstanceIdentifier": "db:{value}",
        "DBClusterIdentifier": "cluster:{value}",
        "DBSubnetGroupName": "subgrp:{value}",
        "ResourceName": "{value}",
    },
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
_KINDS = {"ManagedInstance": "managed-instance", "Automation": "automation-execution"}
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
    if call.prefix == "ssm" and (found := list(_of_systems_manager(call, here))):
        return found
    if call.prefix == "ecs" and (services := call.params.get("services") or call.params.get("service")):
        cluster = str(call.params.get("cluster") or "default").rpartition("/")[2]
        named = services if isinstance(services, list) else [services]
        return [f"{here}service/{cluster}/{str(one).rpartition('/')[2]}" for one in named]
    if call.prefix == "logs" and (stream := call.params.get("logStreamName")):
        return [f"{here}log-group:{call.params.get('logGroupName')}:log-stream:{stream}"]
    if call.prefix == "kms" and call.operation in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
        return list(_alias(call, here))
    if (open_ := _OPEN.get(action)) and not any(call.params.get(name) for name in _TEMPLATES[call.prefix]):
        return [here + open_.format(Name=call.params.get("Name", "*"))]
    return (
        list(_from_templates(call, here, account))
        or [str(call.params[name]) for name in _BY_ARN if isinstance(call.params.get(name), str)]
        or ["*"]
    )


def _from_templates(call: Call, here: str, account: str) -> Iterator[str]:
    for name, template in _TEMPLATES.get(call.prefix, {}).items():
        value = call.params.get(name)
        values = value if isinstance(value, list) else [value]
        named = [one for one in values if isinstance(one, str) and one]
        if named:
            yield from (_filled(template, one, here, call.region, account) for one in named)
            return


def _filled(template: str, value: str, here: str, region: str, account: str) -> str:
    if value.startswith("arn:") and template != "{parent}":
        return value
    text = template.format(
        value=value,
        bare=value.lstrip("/"),
        last=value.rsplit("/", 1)[-1],
        head=value.partition(":")[0],
        parent=value.rpartition(":")[0],
        region=region,
        account=account,
    )
    return text if text.startswith("arn:") else here + text


def _of_systems_manager(call: Call, here: str) -> Iterator[str]:
    """Documents and the instances they run on, and what tags are of, by its `ResourceType`."""
    if kind := call.params.get("ResourceType"):
        yield f"{here}{_KINDS.get(str(kind), str(kind).lower())}/{str(call.params.get('ResourceId')).lstrip('/')}"
    elif document := call.params.get("DocumentName"):
        yield _document(here, str(document))
        yield from (f"{here.replace(':ssm:', ':ec2:')}instance/{one}" for one in call.params.get("InstanceIds") or ())
    elif "Document" in call.operation and (name := call.params.get("Name")):
        yield _document(here, str(name))


def _document(here: str, name: str) -> str:
    """AWS's own documents are of no account: see "How AWS Systems Manager works with IAM" in its user guide."""
    place = re.sub(r":\d{12}:$", "::", here) if name.startswith(("AWS", "Amazon")) else here
    return f"{place}document/{name}"


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
