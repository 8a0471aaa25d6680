"""Plans over what is not hand-made: resources of Cloud Control, and calls of AWS with a token, a read, or neither."""

from __future__ import annotations

import random
from typing import Any

from tests.chaos.aws_proxy import REFUSED
from tests.chaos.cases import Build, Names, Step, step

REGION = "us-east-1"
QUEUE, TOPIC, GROUP = "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::Logs::LogGroup"
PARAMETER, TABLE, VOLUME = "AWS::SSM::Parameter", "AWS::DynamoDB::Table", "AWS::EC2::Volume"
# Of a volume AWS gives the name: two of one request would both be there. The others are slow to make and to end.
SLOW_TYPES = {TABLE: 4.0, f"{VOLUME}:CREATE": 3.0, f"{GROUP}:UPDATE": 2.0}
# A row per case, to which a transaction adds one: AWS's own count.
COUNTERS = "counters"
# What an update sets, and what was there before it.
BEFORE, AFTER = {QUEUE: 31, TOPIC: "before", GROUP: 3}, {QUEUE: 77, TOPIC: "after", GROUP: 14}
# What a call of logs:PutRetentionPolicy sets.
RETAINED = 7
_CHANGED = {QUEUE: "VisibilityTimeout", TOPIC: "DisplayName", GROUP: "RetentionInDays"}


def _properties(type_name: str, name: str) -> dict[str, Any]:
    made: dict[str, dict[str, Any]] = {
        QUEUE: {"QueueName": name},
        TOPIC: {"TopicName": name},
        GROUP: {"LogGroupName": name},
        PARAMETER: {"Name": name, "Type": "String", "Value": "v"},
        TABLE: {
            "TableName": name,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
        VOLUME: {"AvailabilityZone": f"{REGION}a", "Size": 1, "Tags": [{"Key": "Name", "Value": name}]},
    }
    return made[type_name] | ({_CHANGED[type_name]: BEFORE[type_name]} if type_name in BEFORE else {})


def create(names: Names, what: str, type_name: str, *needs: str) -> Step:
    properties = _properties(type_name, names.of(what))
    return step(what, "create_aws_resource", *needs, type_name=type_name, properties=properties, region=REGION)


def update(what: str, type_name: str, *needs: str) -> Step:
    changes = {_CHANGED[type_name]: AFTER[type_name]}
    identifier = {"$known": f"{what}.identifier"}
    return step(
        f"u{what}",
        "update_aws_resource",
        *needs,
        type_name=type_name,
        identifier=identifier,
        changes=changes,
        region=REGION,
    )


def delete(what: str, type_name: str, *needs: str) -> Step:
    identifier = {"$known": f"{what}.identifier"}
    return step(f"d{what}", "delete_aws_resource", *needs, type_name=type_name, identifier=identifier, region=REGION)


def call(name: str, service: str, operation: str, *needs: str, **parameters: Any) -> Step:
    arguments = {"service": service, "operation": operation, "parameters": parameters, "region": REGION}
    return step(name, "change_aws", *needs, **arguments)


def _host(names: Names, what: str = "h0", *needs: str) -> Step:
    tags = [{"ResourceType": "dedicated-host", "Tags": [{"Key": "Name", "Value": names.of(what)}]}]
    zone = {"AvailabilityZone": f"{REGION}a", "InstanceType": "m5.large", "Quantity": 1}
    return call(what, "ec2", "AllocateHosts", *needs, **zone, TagSpecifications=tags)


def _count(names: Names, what: str = "c0", *needs: str) -> Step:
    update = {
        "TableName": COUNTERS,
        "Key": {"id": {"S": names.of(what)}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    return call(what, "dynamodb", "TransactWriteItems", *needs, TransactItems=[{"Update": update}])


def _alarm(names: Names, what: str = "a0", *needs: str) -> Step:
    rule = {"Namespace": "chaos", "MetricName": "m", "Period": 60, "EvaluationPeriods": 1, "Statistic": "Sum"}
    compare = {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    return call(what, "cloudwatch", "PutMetricAlarm", *needs, AlarmName=names.of(what), **rule, **compare)


def _stop(what: str = "s0", *needs: str) -> Step:
    return call(what, "ec2", "StopInstances", *needs, InstanceIds=[{"$known": "instance"}])


def _retain(group: str, what: str = "l0") -> Step:
    parameters = {"logGroupName": {"$from": f"{group}.identifier"}, "retentionInDays": RETAINED}
    return call(what, "logs", "PutRetentionPolicy", **parameters)


def _message(queue: str, what: str = "m0") -> Step:
    return call(what, "sqs", "SendMessage", QueueUrl={"$from": f"{queue}.identifier"}, MessageBody="once")


def _metric(names: Names, what: str = "d0", *needs: str) -> Step:
    return call(
        what,
        "cloudwatch",
        "PutMetricData",
        *needs,
        Namespace=names.of(what),
        MetricData=[{"MetricName": "m", "Value": 1}],
    )


def _resource(names: Names, rng: random.Random) -> dict[str, Any]:
    return {"steps": [create(names, "q0", rng.choice((QUEUE, TOPIC, GROUP, PARAMETER)))]}


def _slow(names: Names, rng: random.Random) -> dict[str, Any]:
    return {"steps": [create(names, "t0", TABLE if rng.random() < 0.5 else VOLUME)]}


def _resources(names: Names, rng: random.Random) -> dict[str, Any]:
    return {"steps": [create(names, "q0", QUEUE), create(names, "v0", VOLUME), create(names, "p0", PARAMETER, "q0")]}


def _fails(names: Names, rng: random.Random) -> dict[str, Any]:
    """Resources and calls are taken back because the last step is refused."""
    made = [create(names, "q0", QUEUE), create(names, "v0", VOLUME, "q0"), _alarm(names, "a0", "v0")]
    made = made[: rng.randint(1, 3)]
    return {"steps": [*made, create(names, f"{REFUSED}-t1", TOPIC, made[-1]["id"])]}


def _updated(names: Names, rng: random.Random) -> dict[str, Any]:
    made = [create(names, "q0", QUEUE), create(names, "g0", GROUP), create(names, "t0", TOPIC)]
    follow_up = (update("q0", QUEUE), update("g0", GROUP), update("t0", TOPIC, "uq0"))
    return {"steps": made, "then": "follow", "follow_up": follow_up}


def _update_fails(names: Names, rng: random.Random) -> dict[str, Any]:
    """The updates of a second plan are changed back because its last step is refused."""
    made = [create(names, "q0", QUEUE), create(names, "g0", GROUP)]
    refused = create(names, f"{REFUSED}-t1", TOPIC, "uq0", "ug0")
    return {"steps": made, "then": "follow", "follow_up": (update("q0", QUEUE), update("g0", GROUP), refused)}


def _removed(names: Names, rng: random.Random) -> dict[str, Any]:
    made = [create(names, "q0", QUEUE), create(names, "v0", VOLUME), create(names, "g0", GROUP)]
    follow_up = (delete("q0", QUEUE), delete("v0", VOLUME), delete("g0", GROUP, "dq0"))
    return {"steps": made, "then": "follow", "follow_up": follow_up}


def _deletes_fail(names: Names, rng: random.Random) -> dict[str, Any]:
    """What a second plan deletes is made again because its last step is refused."""
    made = [create(names, "t0", TOPIC), create(names, "g0", GROUP)]
    refused = create(names, f"{REFUSED}-t1", TOPIC, "dt0", "dg0")
    return {"steps": made, "then": "follow", "follow_up": (delete("t0", TOPIC), delete("g0", GROUP), refused)}


def _resource_undone(names: Names, rng: random.Random) -> dict[str, Any]:
    return {"steps": [create(names, "q0", QUEUE), create(names, "t0", TABLE)], "then": "undo"}


def _resources_cancelled(names: Names, rng: random.Random) -> dict[str, Any]:
    chain = [create(names, "t0", TABLE), create(names, "v0", VOLUME, "t0"), create(names, "q0", QUEUE, "v0")]
    return {"steps": chain, "then": "cancel"}


def _tokens(names: Names, rng: random.Random) -> dict[str, Any]:
    return {"steps": rng.choice(([_host(names)], [_count(names)], [_host(names), _count(names, "c0", "h0")]))}


def _reads(names: Names, rng: random.Random) -> dict[str, Any]:
    group = [create(names, "g0", GROUP), _retain("g0")]
    return {"steps": rng.choice(([_alarm(names)], [_stop()], group))}


def _reads_undone(names: Names, rng: random.Random) -> dict[str, Any]:
    return {"steps": [_alarm(names), _stop("s0", "a0")], "then": "undo"}


def _neither(names: Names, rng: random.Random) -> dict[str, Any]:
    return {"steps": rng.choice(([create(names, "q0", QUEUE), _message("q0")], [_metric(names)]))}


SHAPES: dict[str, tuple[int, Build]] = {
    "resource": (9, _resource),
    "slow resource": (9, _slow),
    "resources": (6, _resources),
    "resources fail": (6, _fails),
    "resources updated": (5, _updated),
    "updates fail": (4, _update_fails),
    "resources deleted": (5, _removed),
    "deletes fail": (4, _deletes_fail),
    "resources undone": (4, _resource_undone),
    "resources cancelled": (3, _resources_cancelled),
    "calls with a token": (9, _tokens),
    "calls with a read": (9, _reads),
    "calls undone": (4, _reads_undone),
    "calls with neither": (7, _neither),
}
