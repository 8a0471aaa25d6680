"""A resource of any type is made, changed, deleted and each of it undone, as steps of plans."""

from __future__ import annotations

import json

import pytest

from shared.errors import AssistantError
from tests.integration.resources.conftest import REGION, Cloud, step
from tests.unit.sandbox.cloud_control.samples import TRUST

QUEUE, FUNCTION = "AWS::SQS::Queue", "AWS::Lambda::Function"


def test_a_queue_is_made_with_the_plans_tags_and_undone(cloud: Cloud) -> None:
    properties = {"QueueName": "life-one", "VisibilityTimeout": 30}
    plan = cloud.prepare(step("create_aws_resource", "queue", type_name=QUEUE, properties=properties, region=REGION))
    made = plan.steps[0]
    assert made.title == f"Create the {QUEUE} in {REGION}"
    assert (made.effect, made.reversible) == ("write", "yes")
    done = cloud.run(plan)
    assert done.status == "done", done.steps[0].error
    identifier = done.steps[0].result["identifier"]
    found = cloud.get(QUEUE, identifier)
    assert found["VisibilityTimeout"] == 30
    assert {"Key": "assistant:plan", "Value": plan.plan_id} in found["Tags"]
    undo = cloud.undo(done)
    assert cloud.run(undo).status == "done"
    assert cloud.stored(done).status == "undone"
    with pytest.raises(cloud.admin("cloudcontrol").exceptions.ResourceNotFoundException):
        cloud.get(QUEUE, identifier)


def test_an_update_shows_what_it_changes_and_changes_it_back(cloud: Cloud) -> None:
    sqs = cloud.admin("sqs")
    url = sqs.create_queue(QueueName="life-two", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    changes = {"VisibilityTimeout": 60, "DelaySeconds": 5}
    plan = cloud.prepare(
        step("update_aws_resource", "slow", type_name=QUEUE, identifier=url, changes=changes, region=REGION)
    )
    shown = {one.path: (one.before, one.after) for one in plan.steps[0].changes}
    assert shown["/VisibilityTimeout"] == (30, 60)
    done = cloud.run(plan)
    assert done.status == "done", done.steps[0].error
    assert cloud.get(QUEUE, url)["VisibilityTimeout"] == 60
    assert cloud.run(cloud.undo(done)).status == "done"
    assert cloud.get(QUEUE, url)["VisibilityTimeout"] == 30


def test_a_delete_shows_what_goes_and_has_to_be_typed(cloud: Cloud) -> None:
    sqs = cloud.admin("sqs")
    url = sqs.create_queue(QueueName="life-three", Attributes={"VisibilityTimeout": "45"})["QueueUrl"]
    plan = cloud.prepare(step("delete_aws_resource", "gone", type_name=QUEUE, identifier=url, region=REGION))
    assert ("/VisibilityTimeout", 45, None) in [(one.path, one.before, one.after) for one in plan.steps[0].changes]
    assert [one.typed for one in plan.acknowledge] == [url]
    done = cloud.run(plan)
    assert done.status == "done", done.steps[0].error
    undone = cloud.run(cloud.undo(done))
    assert undone.status == "done", undone.steps[0].error
    assert cloud.get(QUEUE, undone.steps[0].result["identifier"])["VisibilityTimeout"] == 45


def test_what_aws_refuses_is_the_steps_error(cloud: Cloud) -> None:
    with pytest.raises(AssistantError) as refused:
        cloud.prepare(step("create_aws_resource", "q", type_name=QUEUE, properties={"Arn": "x", "Colour": "red"}))
    assert refused.value.code == "invalid_properties"
    assert "Colour" in refused.value.detail
    assert "Arn" in refused.value.detail


def test_what_needs_a_session_of_its_own_is_undone_with_the_power_of_its_own_plan(cloud: Cloud) -> None:
    table = {
        "TableName": "life-four",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    cloud.admin("dynamodb").create_table(**table)
    gone = {"type_name": "AWS::DynamoDB::Table", "identifier": "life-four", "region": REGION}
    done = cloud.run(cloud.prepare(step("delete_aws_resource", "gone", **gone)))
    assert done.status == "done", done.steps[0].error
    undone = cloud.run(cloud.undo(done))
    assert undone.status == "done", undone.steps[0].error
    assert cloud.admin("dynamodb").describe_table(TableName="life-four")["Table"]["TableName"] == "life-four"


def test_a_role_made_with_policies_attached_is_undone_as_it_was_made(cloud: Cloud) -> None:
    role = {
        "RoleName": "life-five",
        "AssumeRolePolicyDocument": TRUST,
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    }
    made = step("create_aws_resource", "role", type_name="AWS::IAM::Role", properties=role, region=REGION)
    done = cloud.run(cloud.prepare(made))
    assert done.status == "done", done.steps[0].error
    undone = cloud.run(cloud.undo(done))
    assert undone.status == "done", undone.steps[0].error
    assert undone.steps[0].also == ("delete_iam_role",)
    with pytest.raises(cloud.admin("iam").exceptions.NoSuchEntityException):
        cloud.admin("iam").get_role(RoleName="life-five")


def test_a_variable_is_taken_away_though_nobody_is_shown_whether_it_is_there(cloud: Cloud) -> None:
    made = {
        "FunctionName": "life-six",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": function_role(cloud, "life-six"),
        "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"},
        "Environment": {"Variables": {"TABLE": "orders", "LEVEL": "info"}},
    }
    cloud.admin("cloudcontrol").create_resource(TypeName=FUNCTION, DesiredState=json.dumps(made))
    changes = {"Environment": {"Variables": {"TABLE": None, "NEVER": None}}}
    arguments = {"type_name": FUNCTION, "identifier": "life-six", "changes": changes, "region": REGION}
    plan = cloud.prepare(step("update_aws_resource", "variables", **arguments))
    shown = {one.path: (one.kind, one.hidden) for one in plan.steps[0].changes}
    assert shown["/Environment/Variables/TABLE"] == ("set", True)
    assert plan.steps[0].reversible == "no"
    done = cloud.run(plan)
    assert done.status == "done", done.steps[0].error
    found = cloud.admin("lambda").get_function_configuration(FunctionName="life-six")
    assert found["Environment"]["Variables"] == {"LEVEL": "info"}


def function_role(cloud: Cloud, name: str) -> str:
    made = cloud.admin("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    return str(made["Role"]["Arn"])
