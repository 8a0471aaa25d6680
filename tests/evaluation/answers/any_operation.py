"""Questions that no tool of its own answers: an operation is searched for and read, and a long list computed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.aws.account import holdings
from sandbox.aws.account.contents import INSTANCES
from sandbox.aws.account.log_lines import LOG_GROUPS
from tests.evaluation.answers.question import Call, Question

_VOLUMES = holdings.VOLUMES
_UNENCRYPTED = [one for one in _VOLUMES if not one.encrypted]
_IN_OREGON = [one for one in _VOLUMES if one.region == "us-west-2"]
_BATCH = [one for one in _VOLUMES if one.name.startswith("batch-")]
_LARGEST = sorted(_VOLUMES, key=lambda volume: -volume.size_gib)[:3]
_PUBLIC = next(one for one in holdings.DATABASES if one.public)
_DATABASES = {one.name: one for one in holdings.DATABASES}
_FIRING = next(one for one in holdings.ALARMS if one.state == "ALARM")
_EXPIRING = next(one for one in holdings.CERTIFICATES if one.days_left < 30)
_OTHERS = tuple(one.domain for one in holdings.CERTIFICATES if one is not _EXPIRING)


def _all(by_region: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for names in by_region.values() for name in names)


def _read(service: str, operation: str, **arguments: Any) -> Call:
    return Call("read_aws", {"service": service, "operation": operation, **arguments})


def _of_volumes(**query: Any) -> tuple[Call, ...]:
    """What is computed over all volumes that are attached to nothing."""
    unattached = {"column": "State", "op": "=", "value": "available"}
    where = [unattached, *query.pop("where", ())]
    return (_read("ec2", "DescribeVolumes"), Call("query_result", {"ref": "$", "where": where, **query}))


def _sum(*where: dict[str, Any]) -> tuple[Call, ...]:
    return _of_volumes(where=where, aggregates=[{"op": "sum", "column": "Size"}, {"op": "count"}])


_RDS = (_read("rds", "DescribeDBInstances"),)

QUESTIONS = (
    Question("How many RDS databases do I have, and what are they called?", (2, "orders", "reporting"), _RDS),
    Question("Which database is publicly accessible?", (_PUBLIC.name,), _RDS),
    Question("Which database is not encrypted?", (next(d.name for d in holdings.DATABASES if not d.encrypted),), _RDS),
    Question(
        "How many GiB of storage do my databases have together?",
        (sum(one.storage_gib for one in holdings.DATABASES),),
        (_read("rds", "DescribeDBInstances", filter="{total: sum(DBInstances[].AllocatedStorage)}"),),
    ),
    Question(
        "Which engine and which instance class has the database orders?",
        (_DATABASES["orders"].engine, _DATABASES["orders"].instance_class),
        _RDS,
    ),
    Question("How many EBS volumes are attached to nothing?", (len(_VOLUMES),), _sum()),
    Question(
        "Which unattached volume is the largest, and how many GiB has it?",
        (_LARGEST[0].name, _LARGEST[0].size_gib),
        _of_volumes(sort=[{"column": "Size", "descending": True}], limit=1),
    ),
    Question(
        "Name the three largest unattached volumes with their sizes.",
        tuple(said for one in _LARGEST for said in (one.name, one.size_gib)),
        _of_volumes(sort=[{"column": "Size", "descending": True}], limit=3),
    ),
    Question("How many GiB do all unattached volumes have together?", (sum(v.size_gib for v in _VOLUMES),), _sum()),
    Question(
        "How many of my unattached volumes are not encrypted?",
        (len(_UNENCRYPTED),),
        _sum({"column": "Encrypted", "op": "=", "value": False}),
    ),
    Question(
        "How many GiB have the unattached volumes in us-west-2 together?",
        (sum(one.size_gib for one in _IN_OREGON),),
        _sum({"column": "_region", "op": "=", "value": "us-west-2"}),
    ),
    Question(
        "How many GiB have the volumes together whose name begins with batch-?",
        (sum(one.size_gib for one in _BATCH),),
        _sum({"column": "Tags.Name", "op": "starts_with", "value": "batch-"}),
    ),
    Question(
        "How many unattached volumes are larger than 90 GiB?",
        (sum(one.size_gib > 90 for one in _VOLUMES),),
        _sum({"column": "Size", "op": ">", "value": 90}),
    ),
    Question(
        "How many Elastic IP addresses do I have, and how many of them are used?",
        (sum(holdings.ADDRESSES.values()), (0, "none", "not used", "unused")),
        (
            _read(
                "ec2",
                "DescribeAddresses",
                filter="{addresses: length(Addresses), used: length(Addresses[?AssociationId])}",
            ),
        ),
    ),
    Question("Which DynamoDB tables do I have?", _all(holdings.TABLES), (_read("dynamodb", "ListTables"),)),
    Question("Which SQS queues do I have?", _all(holdings.QUEUES), (_read("sqs", "ListQueues"),)),
    Question("Which SNS topics do I have?", _all(holdings.TOPICS), (_read("sns", "ListTopics"),)),
    Question(
        "Which CloudWatch alarms are firing? Name only those.",
        (_FIRING.name,),
        (_read("cloudwatch", "DescribeAlarms", parameters={"StateValue": "ALARM"}),),
        without=tuple(one.name for one in holdings.ALARMS if one is not _FIRING),
    ),
    Question("Which ACM certificates do I have?", (_EXPIRING.domain, *_OTHERS), (_read("acm", "ListCertificates"),)),
    Question(
        "What are the names of my secrets in Secrets Manager?",
        _all(holdings.SECRETS),
        (_read("secretsmanager", "ListSecrets"),),
    ),
    Question("Which ECR repositories do I have?", _all(holdings.REPOSITORIES), (_read("ecr", "DescribeRepositories"),)),
    Question(
        "Which load balancers do I have?",
        _all(holdings.LOAD_BALANCERS),
        (_read("elbv2", "DescribeLoadBalancers"),),
    ),
    Question(
        "Which CloudTrail trail do I have, and to which bucket does it write?",
        (holdings.TRAIL[0], holdings.TRAIL[2]),
        (_read("cloudtrail", "DescribeTrails"),),
    ),
    Question(
        "Which log groups do I have?",
        tuple(one.name for one in LOG_GROUPS),
        (_read("logs", "DescribeLogGroups"),),
    ),
    Question(
        "How many volumes do I have in total, attached or not?",
        (len(_VOLUMES) + sum(one.state != "terminated" for one in INSTANCES),),
        (_read("ec2", "DescribeVolumes"), Call("query_result", {"ref": "$", "aggregates": [{"op": "count"}]})),
    ),
)
