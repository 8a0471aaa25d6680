"""What somebody did to what a plan left is told, with who did it, through real processes."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.client import User
from tests.e2e.conftest import Running

pytestmark = pytest.mark.slow

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
REGION = {"region": "eu-west-1"}


@pytest.fixture(scope="module")
def user(stack: Running) -> Iterator[User]:
    """A session whose role may change queues too, while the sandbox's history shows events at once."""
    user = User(stack.facts, regions=["eu-west-1", "us-east-1"])
    role = stack.facts["role_arn"].rpartition("/")[2]
    user.aws("iam").put_role_policy(RoleName=role, PolicyName="drift", PolicyDocument=json.dumps(EVERYTHING))
    delay(user, 0)
    yield user
    delay(user, 300)
    user.aws("iam").delete_role_policy(RoleName=role, PolicyName="drift")


def delay(user: User, seconds: float) -> None:
    address = f"{user.facts['aws_endpoint']}/_sandbox/event-history"
    httpx.post(address, json={"delay_seconds": seconds}, trust_env=False).raise_for_status()


def drift(user: User, plan: dict[str, Any]) -> dict[str, Any]:
    return user.ok(user.http.get(f"/v1/plans/{plan['plan_id']}/drift"))


def told(user: User, plan: dict[str, Any], *, seconds: float = 40) -> dict[str, Any]:
    """The drift once the history has who did it: the second in which it happened has to be over."""
    deadline = time.monotonic() + seconds
    while True:
        found = drift(user, plan)
        differs = [step["by_whom"] for step in found["steps"] if "by_whom" in step]
        if (differs and all(one["events"] for one in differs)) or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def step_of(found: dict[str, Any], id: str) -> dict[str, Any]:
    step: dict[str, Any] = next(one for one in found["steps"] if one["step"] == id)
    return step


def test_a_bucket_and_a_queue_that_somebody_else_changes_are_told_with_by_whom(user: User) -> None:
    name = f"drift-{uuid.uuid4().hex[:8]}"
    plan = user.propose(
        {"id": "bucket", "operation": "create_s3_bucket", "arguments": {"bucket_name": name, **REGION}},
        {
            "id": "queue",
            "operation": "create_aws_resource",
            "arguments": {"type_name": "AWS::SQS::Queue", "properties": {"QueueName": name}, **REGION},
        },
    )
    refused = user.http.get(f"/v1/plans/{plan['plan_id']}/drift")
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_not_ended")
    ended = user.carry_out(plan)
    assert ended["status"] == "done"

    found = drift(user, plan)
    assert (found["verdict"], found["complete"]) == ("as_left", True)
    assert found["counts"] == {"as_left": 2, "changed": 0, "gone": 0, "unknown": 0}

    s3, sqs = user.aws("s3", "eu-west-1"), user.aws("sqs", "eu-west-1")
    who = user.aws("sts").get_caller_identity()["Arn"]
    s3.delete_bucket(Bucket=name)
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "77"})

    found = told(user, plan)
    bucket, queue = step_of(found, "bucket"), step_of(found, "queue")
    assert (found["verdict"], bucket["state"], queue["state"]) == ("drifted", "gone", "changed")
    assert [(one["path"], one["now"]) for one in queue["values"]] == [("/VisibilityTimeout", 77)]
    deleted, changed = (step["by_whom"]["events"][0] for step in (bucket, queue))
    assert (deleted["event_name"], deleted["principal"]) == ("DeleteBucket", who)
    assert (changed["event_name"], changed["principal"]) == ("SetQueueAttributes", who)
    assert deleted["request_id"]
    page = user.http.get(f"/v1/plans/{plan['plan_id']}/drift", headers={"Accept": "text/plain"}).text
    assert f"By {who}: DeleteBucket at" in page

    looks = [entry["data"] for entry in user.log() if entry["kind"] == "plan.drift_read"]
    assert looks[-1]["plan_id"] == plan["plan_id"]
    assert looks[-1]["steps"] == {"bucket": "gone", "queue": "changed"}
    assert user.ok(user.http.get("/v1/audit/verify"))["valid"] is True
    assert user.ok(user.http.get(f"/v1/plans/{plan['plan_id']}"))["steps"] == ended["steps"]
    sqs.delete_queue(QueueUrl=url)


def test_what_a_later_plan_changes_is_told_as_that_plans(user: User) -> None:
    name = f"drift-{uuid.uuid4().hex[:8]}"
    create = {"id": "bucket", "operation": "create_s3_bucket", "arguments": {"bucket_name": name, **REGION}}
    plan = user.propose(create)
    assert user.carry_out(plan)["status"] == "done"
    tags = {"resource_arn": f"arn:aws:s3:::{name}", "tags": [{"key": "team", "value": "blue"}]}
    later = user.propose({"id": "tag", "operation": "tag_resource", "arguments": tags})
    assert user.carry_out(later)["status"] == "done"

    bucket = step_of(told(user, plan), "bucket")
    assert [(one["path"], one["left"], one["now"]) for one in bucket["values"]] == [("/Tags/team", None, "blue")]
    assert {one.get("plan_id") for one in bucket["by_whom"]["events"]} == {later["plan_id"]}
    assert drift(user, later)["verdict"] == "as_left"
    user.aws("s3", "eu-west-1").delete_bucket(Bucket=name)
