"""A plan's calls beside AWS's own event history, through real processes; and a thief with the plan's name."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest

from tests.e2e.client import User
from tests.e2e.conftest import Running

pytestmark = pytest.mark.slow

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(scope="module")
def user(stack: Running) -> Iterator[User]:
    """A session whose role may change queues too, while the sandbox's history shows events at once."""
    user = User(stack.facts, regions=["eu-west-1", "us-east-1"])
    role = stack.facts["role_arn"].rpartition("/")[2]
    user.aws("iam").put_role_policy(RoleName=role, PolicyName="evidence", PolicyDocument=json.dumps(EVERYTHING))
    delay(user, 0)
    yield user
    delay(user, 300)
    user.aws("iam").delete_role_policy(RoleName=role, PolicyName="evidence")


def delay(user: User, seconds: float) -> None:
    address = f"{user.facts['aws_endpoint']}/_sandbox/event-history"
    httpx.post(address, json={"delay_seconds": seconds}, trust_env=False).raise_for_status()


def evidence(user: User, plan: dict[str, Any]) -> dict[str, Any]:
    return user.ok(user.http.get(f"/v1/plans/{plan['plan_id']}/evidence"))


def shown(user: User, plan: dict[str, Any], seconds: float = 30) -> dict[str, Any]:
    """The evidence once the history shows every call: the second it happened in has to be over."""
    deadline = time.monotonic() + seconds
    while True:
        found = evidence(user, plan)
        if "not_delivered_yet" not in {call["state"] for call in found["calls"]} or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def test_every_call_of_a_plan_is_in_awss_history_and_a_thief_is_found(user: User) -> None:
    name = f"evidence-{uuid.uuid4().hex[:8]}"
    region = {"region": "eu-west-1"}
    plan = user.propose(
        {"id": "b", "operation": "create_s3_bucket", "arguments": {"bucket_name": name, **region}},
        {"id": "r", "operation": "create_iam_role", "arguments": {"name": name, "policy_document": json.dumps(TRUST)}},
        {
            "id": "q",
            "operation": "create_aws_resource",
            "arguments": {"type_name": "AWS::SQS::Queue", "properties": {"QueueName": name}, **region},
        },
    )
    refused = user.http.get(f"/v1/plans/{plan['plan_id']}/evidence")
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_not_ended")
    assert user.carry_out(plan)["status"] == "done"

    found = shown(user, plan)
    assert {(call["step"], call["operation"], call["state"]) for call in found["calls"]} == {
        ("b", "CreateBucket", "seen_by_both"),
        ("r", "CreateRole", "seen_by_both"),
        ("q", "CreateResource", "seen_by_both"),
    }
    made = {one["event_name"] for one in found["events"] if one["kind"] == "made_by_cloud_control"}
    assert "CreateQueue" in made
    assert {one["kind"] for one in found["events"]} <= {"made_by_cloud_control", "unknown_read"}
    assert (found["verdict"], found["gaps"]) == ("waiting", [])
    assert next(call["request_token"] for call in found["calls"] if call["step"] == "q")

    steal(user, plan, name)
    robbed = evidence(user, plan)
    for _ in range(20):
        if robbed["verdict"] == "alarm":
            break
        time.sleep(0.5)
        robbed = evidence(user, plan)
    assert robbed["verdict"] == "alarm"
    (alarm,) = [one for one in robbed["events"] if one["kind"] == "only_by_aws"]
    assert (alarm["event_name"], alarm["event_source"], alarm["region"]) == (
        "CreateKeyPair",
        "ec2.amazonaws.com",
        "us-east-1",
    )
    assert {call["state"] for call in robbed["calls"]} == {"seen_by_both"}
    evidence(user, plan)
    recorded = [entry["data"] for entry in user.log() if entry["kind"] == "plan.foreign_call"]
    assert [one["event_id"] for one in recorded if one["plan_id"] == plan["plan_id"]] == [alarm["event_id"]]
    assert user.ok(user.http.get("/v1/audit/verify"))["valid"] is True


def steal(user: User, plan: dict[str, Any], name: str) -> None:
    """Change something in a role session of the plan's name, as whoever has its credentials would."""
    facts = user.facts
    common: dict[str, Any] = {"endpoint_url": facts["aws_endpoint"], "region_name": "us-east-1"}
    sts = boto3.client(
        "sts",
        aws_access_key_id=facts["access_key_id"],
        aws_secret_access_key=facts["secret_access_key"],
        **common,
    )
    stolen = sts.assume_role(
        RoleArn=facts["role_arn"], RoleSessionName=f"assistant-executor-{plan['plan_id']}"
    )["Credentials"]  # fmt: skip
    ec2 = boto3.client(
        "ec2",
        aws_access_key_id=stolen["AccessKeyId"],
        aws_secret_access_key=stolen["SecretAccessKey"],
        aws_session_token=stolen["SessionToken"],
        **common,
    )
    ec2.create_key_pair(KeyName=f"thief-{name}")
