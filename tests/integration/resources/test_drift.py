"""A resource of any type that a plan made, changed or deleted is compared with AWS, value by value."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.tools import compare_plan
from shared.plans.drift import StepDrift
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.integration.resources.conftest import REGION, Cloud, step
from tests.unit.sandbox.conftest import policy

QUEUE = "AWS::SQS::Queue"


def done(cloud: Cloud, *steps: ProposedStep) -> Plan:
    ended = cloud.run(cloud.prepare(*steps))
    assert ended.status == "done", [one.error for one in ended.steps]
    return ended


def compared(cloud: Cloud, plan: Plan) -> dict[str, StepDrift]:
    return {one.step: one for one in compare_plan(cloud.context("compare_plan"), plan.plan_id).steps}


def values(found: StepDrift) -> dict[str, tuple[Any, Any]]:
    return {one.path: (one.left, one.now) for one in found.values}


def create(name: str, **properties: Any) -> ProposedStep:
    made = {"QueueName": name, "VisibilityTimeout": 30, **properties}
    return step("create_aws_resource", "made", type_name=QUEUE, properties=made, region=REGION)


def change(identifier: Any, seconds: int, *needs: str) -> ProposedStep:
    changes = {"VisibilityTimeout": seconds}
    return step("update_aws_resource", "changed", needs, type_name=QUEUE, identifier=identifier, changes=changes)


def url_of(plan: Plan) -> str:
    result: Any = plan.steps[0].result
    return str(result["identifier"])


def taken_back(cloud: Cloud, plan: Plan) -> Plan:
    ended = cloud.run(cloud.undo(plan))
    assert ended.status == "done", [one.error for one in ended.steps]
    return cloud.stored(plan)


def test_a_made_queue_is_as_left_then_changed_then_gone(cloud: Cloud) -> None:
    plan = done(cloud, create("drift-made", Tags=[{"Key": "team", "Value": "blue"}]))
    url, sqs = url_of(plan), cloud.admin("sqs")
    found = compared(cloud, plan)["made"]
    assert (found.state, found.region, found.values) == ("as_left", REGION, ())
    assert set(found.names) == {url, f"arn:aws:sqs:{REGION}:{cloud.info.account}:drift-made"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "9", "DelaySeconds": "3"})
    sqs.tag_queue(QueueUrl=url, Tags={"team": "red", "owner": "ann"})
    found = compared(cloud, plan)["made"]
    assert found.state == "changed"
    assert values(found) == {
        "/DelaySeconds": (0, 3),
        "/Tags/owner": (None, "ann"),
        "/Tags/team": ("blue", "red"),
        "/VisibilityTimeout": (30, 9),
    }
    sqs.delete_queue(QueueUrl=url)
    assert compared(cloud, plan)["made"].state == "gone"


def test_a_plan_that_makes_and_changes_the_same_queue_left_it_as_the_last_step_did(cloud: Cloud) -> None:
    plan = done(cloud, create("drift-twice"), change({"$from": "made.identifier"}, 60, "made"))
    assert {one.state for one in compared(cloud, plan).values()} == {"as_left"}
    cloud.admin("sqs").set_queue_attributes(QueueUrl=url_of(plan), Attributes={"VisibilityTimeout": "30"})
    found = compared(cloud, plan)
    assert {one.state for one in found.values()} == {"changed"}
    assert values(found["made"]) == values(found["changed"]) == {"/VisibilityTimeout": (60, 30)}


def test_a_plan_that_makes_and_changes_the_same_queue_can_be_undone(cloud: Cloud) -> None:
    plan = done(cloud, create("drift-undone"), change({"$from": "made.identifier"}, 60, "made"))
    ended = taken_back(cloud, plan)
    assert ended.status == "undone"
    assert compared(cloud, ended)["made"].state == "as_left"
    cloud.admin("sqs").create_queue(QueueName="drift-undone")
    assert values(compared(cloud, ended)["made"]) == {"": ("not there", "there")}


def test_of_an_undone_change_what_was_before_is_compared(cloud: Cloud) -> None:
    url = cloud.admin("sqs").create_queue(QueueName="drift-back", Attributes={"VisibilityTimeout": "31"})["QueueUrl"]
    plan = taken_back(cloud, done(cloud, change(url, 60)))
    assert compared(cloud, plan)["changed"].state == "as_left"
    cloud.admin("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    assert values(compared(cloud, plan)["changed"]) == {"/VisibilityTimeout": (31, 60)}


def test_a_deleted_queue_that_somebody_makes_anew_is_told(cloud: Cloud) -> None:
    sqs = cloud.admin("sqs")
    url = sqs.create_queue(QueueName="drift-deleted")["QueueUrl"]
    delete = step("delete_aws_resource", "gone", type_name=QUEUE, identifier=url, region=REGION)
    plan = done(cloud, delete)
    assert compared(cloud, plan)["gone"].state == "as_left"
    sqs.create_queue(QueueName="drift-deleted")
    found = compared(cloud, plan)["gone"]
    assert (found.state, found.names) == ("changed", (f"arn:aws:sqs:{REGION}:{cloud.info.account}:drift-deleted", url))


def test_a_secret_is_on_neither_side(cloud: Cloud) -> None:
    topic = step(
        "create_aws_resource", "made", type_name="AWS::SecretsManager::Secret", properties={"Name": "drift-secret"}
    )
    plan = done(cloud, topic)
    secrets = cloud.admin("secretsmanager")
    secrets.update_secret(SecretId="drift-secret", SecretString="hunter2-hunter2", Description="changed")
    found = compared(cloud, plan)["made"]
    assert values(found) == {"/Description": (None, "changed")}
    assert "hunter2" not in found.model_dump_json()


@pytest.mark.parametrize("action", ["cloudformation:GetResource", "sqs:GetQueueAttributes"])
def test_what_the_role_may_not_read_is_not_known(cloud: Cloud, action: str) -> None:
    plan = done(cloud, create(f"drift-denied-{action.partition(':')[0]}"))
    role = cloud.double.role_arn.rpartition("/")[2]
    iam = cloud.admin("iam")
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    iam.put_role_policy(RoleName=role, PolicyName="no-look", PolicyDocument=policy(statement))
    try:
        found = compared(cloud, plan)["made"]
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="no-look")
    assert (found.state, found.code) == ("unknown", "aws_access_denied")
    assert found.why
