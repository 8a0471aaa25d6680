"""Calls of AWS as steps, through the running stack: ordered in words, approved, carried out, undone, and killed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.e2e.client import User
from tests.e2e.conftest import Running

pytestmark = pytest.mark.slow

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def role(user: User) -> Iterator[None]:
    """The role may change instances and alarms, as the policies change-1 and change-2 of docs/iam allow it."""
    name = user.facts["role_arn"].rpartition("/")[2]
    statement = '{"Effect": "Allow", "Action": ["ec2:*Instances", "ec2:CreateTags"], "Resource": "*"}'
    document = f'{{"Version": "2012-10-17", "Statement": [{statement}]}}'
    user.aws("iam").put_role_policy(RoleName=name, PolicyName="change-instances", PolicyDocument=document)
    yield
    user.aws("iam").delete_role_policy(RoleName=name, PolicyName="change-instances")


def launched(user: User) -> str:
    [made] = user.aws("ec2", REGION).run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"]
    return str(made["InstanceId"])


def state_of(user: User, instance: str) -> str:
    [found] = user.aws("ec2", REGION).describe_instances(InstanceIds=[instance])["Reservations"]
    return str(found["Instances"][0]["State"]["Name"])


def stop(instance: str) -> dict[str, Any]:
    parameters = {"InstanceIds": [instance]}
    arguments = {"service": "ec2", "operation": "StopInstances", "parameters": parameters, "region": REGION}
    return {"operation": "change_aws", "arguments": arguments}


def test_an_order_in_words_becomes_a_plan_that_is_carried_out_and_undone(user: User, role: None) -> None:
    instance = launched(user)
    turn = user.ask(f"Stop the instance {instance} in {REGION}")
    [step] = turn["plan"]["steps"]
    assert (step["operation"], step["permission"], step["reversible"]) == ("change_aws", "allowed", "partly")
    ended = user.approve(turn)
    assert ended["status"] == "completed"
    assert "ec2:StopInstances" in ended["answer"]
    assert state_of(user, instance) == "stopped"
    undo = user.ok(user.http.post(f"/v1/plans/{turn['plan']['plan_id']}/undo"))
    assert user.carry_out(undo)["status"] == "done"
    assert state_of(user, instance) == "running"


def test_every_call_happens_once_though_the_executor_is_killed(user: User, stack: Running, role: None) -> None:
    instances = [launched(user) for _ in range(6)]
    plans = [user.propose(stop(instance)) for instance in instances]
    before = confirmed(stack)
    for plan in plans:
        assert user.send_approval(plan).status_code == 202
    kill_executor(stack)
    ended = [user.plan_end(plan) for plan in plans]
    assert [plan["status"] for plan in ended] == ["done"] * 6, [plan["steps"][0]["error"] for plan in ended]
    assert {state_of(user, instance) for instance in instances} == {"stopped"}
    assert confirmed(stack) - before == len(instances)


def confirmed(stack: Running) -> int:
    """How many stops AWS has carried out."""
    lines = (stack.file.parent / "log" / "aws-requests.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines if "StopInstances" in line]
    return sum(one.get("action") == "ec2:StopInstances" and one["status"] < 300 for one in found)


def kill_executor(stack: Running) -> None:
    """As a machine that goes away; the stack starts another one."""
    pids = [pid for name, found in stack.facts["processes"].items() if name.startswith("executor") for pid in found]
    assert pids
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
