"""change_aws: any changing operation as a step, once, undone by its inverse."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.proposal import undo
from shared.messages import Effect, Plan, ProposedStep
from tests.unit.executor.conftest import Executor

REGION = "us-east-1"


def call(service: str, operation: str, id: str = "one", region: str | None = REGION, **parameters: Any) -> ProposedStep:
    given = {"service": service, "operation": operation, "parameters": parameters}
    return ProposedStep(id=id, operation="change_aws", arguments=given | ({"region": region} if region else {}))


@pytest.fixture
def instance(executor: Executor) -> str:
    ec2 = executor.client("ec2", REGION)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    return str(ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"])


def state_of(executor: Executor, instance: str) -> str:
    found = executor.client("ec2", REGION).describe_instances(InstanceIds=[instance])
    return str(found["Reservations"][0]["Instances"][0]["State"]["Name"])


def undone(executor: Executor, plan: Plan) -> Plan:
    proposed = undo.propose(executor.context("propose_undo"), plan.plan_id)
    return executor.run(proposed)


def test_an_instance_is_stopped_and_started_again_by_undoing(executor: Executor, instance: str) -> None:
    plan = executor.prepare(call("ec2", "stop_instances", instance_ids=[instance]))
    [made] = plan.steps
    assert (made.title, made.effect) == (f"Call ec2:StopInstances in {REGION} for {instance}", Effect.WRITE)
    assert made.resources == (f"arn:aws:ec2:{REGION}:123456789012:instance/{instance}",)
    ended = executor.run(plan)
    assert ended.status == "done", ended.steps[0].error
    assert state_of(executor, instance) == "stopped"
    assert undone(executor, ended).status == "done"
    assert state_of(executor, instance) == "running"
