"""The sandbox's model proposes a call of AWS where a message orders what no operation of ours does."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply

PLAN_SCHEMA: Any = {
    "type": "object",
    "properties": {"goal": {"type": "string"}, "steps": {"type": "array", "items": {"type": "object"}}},
}
OFFER = Offer({"propose_plan": PLAN_SCHEMA, "list_ec2_instances": {}})
SYSTEM = {"role": "system", "content": "Account: 123456789012\nRegion: us-east-1"}
INSTANCE = "i-0123456789abcdef0"


def calls(said: str) -> list[Any]:
    return list(next_reply([SYSTEM, {"role": "user", "content": said}], OFFER).calls)


@pytest.mark.parametrize(
    ("said", "service", "operation", "parameters"),
    [
        (f"Stop the instance {INSTANCE} in eu-west-1", "ec2", "StopInstances", {"InstanceIds": [INSTANCE]}),
        (f"please start {INSTANCE} in eu-west-1", "ec2", "StartInstances", {"InstanceIds": [INSTANCE]}),
        (f"Reboot the EC2 instance {INSTANCE} in eu-west-1.", "ec2", "RebootInstances", {"InstanceIds": [INSTANCE]}),
        ("Stop the database orders in eu-west-1", "rds", "StopDBInstance", {"DBInstanceIdentifier": "orders"}),
        ("Disable the rule nightly-report in eu-west-1", "events", "DisableRule", {"Name": "nightly-report"}),
    ],
)
def test_an_order_becomes_a_plan_of_one_call(
    said: str, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    [call] = calls(said)
    assert call.name == "propose_plan"
    [step] = call.arguments["steps"]
    assert step["operation"] == "change_aws"
    assert step["arguments"] == {
        "service": service,
        "operation": operation,
        "parameters": parameters,
        "region": "eu-west-1",
    }


@pytest.mark.parametrize(
    ("said", "type_name", "properties"),
    [
        ("Create a queue named demo-jobs in eu-west-1", "AWS::SQS::Queue", {"QueueName": "demo-jobs"}),
        ("please make an SNS topic called alerts in eu-west-1.", "AWS::SNS::Topic", {"TopicName": "alerts"}),
        ("Create the log group /app/web in eu-west-1", "AWS::Logs::LogGroup", {"LogGroupName": "/app/web"}),
        (
            "Add a new security group web in eu-west-1",
            "AWS::EC2::SecurityGroup",
            {"GroupName": "web", "GroupDescription": "web"},
        ),
    ],
)
def test_a_resource_that_no_operation_makes_is_made_by_its_type(
    said: str, type_name: str, properties: dict[str, Any]
) -> None:
    [call] = calls(said)
    [step] = call.arguments["steps"]
    assert step["operation"] == "create_aws_resource"
    assert step["arguments"] == {"type_name": type_name, "properties": properties, "region": "eu-west-1"}


@pytest.mark.parametrize(
    "said",
    [
        "Create a queue named jobs in eu-west-1 with encryption",
        "Create a queue named jobs and a topic named news",
        "Which queues do I have?",
        "How do I create a queue?",
    ],
)
def test_a_resource_is_not_made_with_less_than_was_asked_for(said: str) -> None:
    assert "create_aws_resource" not in str([call.arguments for call in calls(said)])


def test_where_an_instance_is_gets_looked_up_first() -> None:
    [call] = calls(f"Stop the instance {INSTANCE}")
    assert call.name == "list_ec2_instances"


@pytest.mark.parametrize(
    "said", ["Which instances are stopped?", f"Why did {INSTANCE} stop?", "Do I have any rules that are disabled?"]
)
def test_a_question_orders_nothing(said: str) -> None:
    assert "propose_plan" not in [call.name for call in calls(said)]
