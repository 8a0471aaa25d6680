"""Counts what is in the account, each as the effect that makes one, by reading AWS with an administrator's keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.chaos.effects import Aliases, Effect
from tests.chaos.general_cases import AFTER, COUNTERS, GROUP, PARAMETER, QUEUE, RETAINED, TABLE, TOPIC, VOLUME
from tests.chaos.world import AccountState


def resources_of(world: AccountState, tag: str, aliases: Aliases) -> Counter[Effect]:
    """What is there now; only what the run's names claim."""
    found: Counter[Effect] = Counter()
    for look in (_roles, _buckets, _functions, _queues, _topics, _groups, _parameters, _tables, _volumes):
        found.update(look(world))
    for look in (_alarms, _hosts, _counters):
        found.update(look(world))
    for name, state in _instances(world, aliases):
        found[("ec2:StopInstances", name, "")] += state == "stopped"
    return Counter({effect: count for effect, count in found.items() if count and effect[1].startswith(tag)})


def _pages(world: AccountState, service: str, operation: str, member: str, **asked: Any) -> Iterator[Any]:
    for page in world.admin_aws(service).get_paginator(operation).paginate(**asked):
        yield from page.get(member, ())


def _made(name: str, type_name: str) -> Effect:
    return ("cloudcontrol:CreateResource", name, type_name)


def _updated(name: str, type_name: str) -> Effect:
    return ("cloudcontrol:UpdateResource", name, f"{type_name} {AFTER[type_name]}")


def _roles(world: AccountState) -> Iterator[Effect]:
    for role in _pages(world, "iam", "get_account_authorization_details", "RoleDetailList", Filter=["Role"]):
        yield ("iam:CreateRole", role["RoleName"], "")
        for policy in role["AttachedManagedPolicies"]:
            yield ("iam:AttachRolePolicy", role["RoleName"], policy["PolicyArn"])


def _buckets(world: AccountState) -> Iterator[Effect]:
    for bucket in world.admin_aws("s3").list_buckets()["Buckets"]:
        yield ("s3:CreateBucket", bucket["Name"], "")


def _functions(world: AccountState) -> Iterator[Effect]:
    for function in _pages(world, "lambda", "list_functions", "Functions"):
        yield ("lambda:CreateFunction", function["FunctionName"], "")


def _queues(world: AccountState) -> Iterator[Effect]:
    for url in _pages(world, "sqs", "list_queues", "QueueUrls"):
        name = url.rpartition("/")[2]
        asked = ["ApproximateNumberOfMessages", "VisibilityTimeout"]
        attributes = world.admin_aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]
        yield _made(name, QUEUE)
        if int(attributes["VisibilityTimeout"]) == AFTER[QUEUE]:
            yield _updated(name, QUEUE)
        for _ in range(int(attributes["ApproximateNumberOfMessages"])):
            yield ("sqs:SendMessage", name, "")


def _topics(world: AccountState) -> Iterator[Effect]:
    for topic in _pages(world, "sns", "list_topics", "Topics"):
        name = topic["TopicArn"].rpartition(":")[2]
        attributes = world.admin_aws("sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
        yield _made(name, TOPIC)
        if attributes.get("DisplayName") == AFTER[TOPIC]:
            yield _updated(name, TOPIC)


def _groups(world: AccountState) -> Iterator[Effect]:
    for group in _pages(world, "logs", "describe_log_groups", "logGroups"):
        yield _made(group["logGroupName"], GROUP)
        if group.get("retentionInDays") == RETAINED:
            yield ("logs:PutRetentionPolicy", group["logGroupName"], "")
        if group.get("retentionInDays") == AFTER[GROUP]:
            yield _updated(group["logGroupName"], GROUP)


def _parameters(world: AccountState) -> Iterator[Effect]:
    for parameter in _pages(world, "ssm", "describe_parameters", "Parameters"):
        yield _made(parameter["Name"], PARAMETER)


def _tables(world: AccountState) -> Iterator[Effect]:
    for name in _pages(world, "dynamodb", "list_tables", "TableNames"):
        yield _made(name, TABLE)


def _volumes(world: AccountState) -> Iterator[Effect]:
    for volume in _pages(world, "ec2", "describe_volumes", "Volumes"):
        yield _made(_name_of(volume), VOLUME)


def _hosts(world: AccountState) -> Iterator[Effect]:
    for host in _pages(world, "ec2", "describe_hosts", "Hosts"):
        yield ("ec2:AllocateHosts", _name_of(host), "")


def _alarms(world: AccountState) -> Iterator[Effect]:
    for alarm in _pages(world, "cloudwatch", "describe_alarms", "MetricAlarms"):
        yield ("cloudwatch:PutMetricAlarm", alarm["AlarmName"], "")


def _counters(world: AccountState) -> Iterator[Effect]:
    for row in _pages(world, "dynamodb", "scan", "Items", TableName=COUNTERS):
        for _ in range(int(row["n"]["N"])):
            yield ("dynamodb:TransactWriteItems", row["id"]["S"], "")


def _instances(world: AccountState, aliases: Aliases) -> Iterator[tuple[str, str]]:
    for reservation in _pages(world, "ec2", "describe_instances", "Reservations"):
        for instance in reservation["Instances"]:
            yield aliases.get(instance["InstanceId"], ""), instance["State"]["Name"]


def _name_of(resource: dict[str, Any]) -> str:
    return str(next((tag["Value"] for tag in resource.get("Tags", ()) if tag["Key"] == "Name"), ""))
