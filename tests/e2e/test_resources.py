"""Resources of any type over REST, through real processes, with the executor killed while AWS is at work."""

from __future__ import annotations

import os
import signal
import time
import uuid
from typing import Any

import httpx
import pytest

from tests.e2e.client import User
from tests.e2e.conftest import Running

pytestmark = pytest.mark.slow

QUEUE = "AWS::SQS::Queue"


@pytest.fixture(scope="module")
def user(stack: Running) -> User:
    return User(stack.facts)


def behave(user: User, **change: Any) -> None:
    httpx.post(f"{user.facts['aws_endpoint']}/_sandbox/cloud-control", json=change).raise_for_status()


def creating(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "operation": "create_aws_resource",
        "arguments": {"type_name": QUEUE, "properties": {"QueueName": name}, "region": "eu-west-1"},
    }


def requests_for(user: User, name: str) -> list[dict[str, Any]]:
    pages = user.aws("cloudcontrol", "eu-west-1").get_paginator("list_resource_requests").paginate()
    every = [one for page in pages for one in page["ResourceRequestStatusSummaries"]]
    return [one for one in every if name in str(one.get("Identifier"))]


def test_an_executor_killed_while_aws_makes_a_slow_resource_changes_nothing(user: User, stack: Running) -> None:
    name = f"killed-{uuid.uuid4().hex[:8]}"
    plan = user.propose(creating(name))
    behave(user, seconds={QUEUE: 6})
    try:
        assert user.send_approval(plan).status_code == 202
        waiting: set[str] = set()
        for _ in range(2):
            deadline = time.monotonic() + 60
            while not requests_for(user, name) and time.monotonic() < deadline:
                time.sleep(0.05)
            found = user.ok(user.http.get(f"/v1/plans/{plan['plan_id']}"))
            waiting.add(str(found["steps"][0].get("waiting")).partition(",")[0])
            for pid in stack.facts["processes"]["executor"]:
                os.kill(pid, signal.SIGKILL)
        ended = user.plan_end(plan, 180)
    finally:
        behave(user, seconds={QUEUE: 0})
    assert ended["status"] == "done", ended["steps"]
    assert len(requests_for(user, name)) == 1
    queues = user.aws("sqs", "eu-west-1").list_queues(QueueNamePrefix=name)["QueueUrls"]
    assert queues == [ended["steps"][0]["result"]["identifier"]]


def test_a_page_shows_the_update_as_a_diff_and_a_delete_first_says_what_is_lost(user: User) -> None:
    name = f"page-{uuid.uuid4().hex[:8]}"
    url = user.aws("sqs", "eu-west-1").create_queue(QueueName=name, Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    arguments = {"type_name": QUEUE, "identifier": url, "region": "eu-west-1"}
    change = {"VisibilityTimeout": 77}
    update = user.propose({"id": "u", "operation": "update_aws_resource", "arguments": arguments | {"changes": change}})
    assert "/VisibilityTimeout: 30 → 77" in update["summary"]
    changed = user.carry_out(update)
    assert changed["status"] == "done", changed["steps"]
    delete = user.propose({"id": "d", "operation": "delete_aws_resource", "arguments": arguments})
    first = delete["summary"].splitlines()[:5]
    assert any(line.startswith("▌ DATA IS LOST [d]: ") for line in first)
    assert [one["typed"] for one in delete["acknowledge"]] == [url]
    refused = user.http.post(
        f"/v1/plans/{delete['plan_id']}/approve", json={"digest": delete["digest"], "acknowledged": []}
    )
    assert refused.json()["code"] == "not_acknowledged"
    ended = user.carry_out(delete)
    assert ended["status"] == "done", ended
    undo = user.ok(user.http.post(f"/v1/plans/{delete['plan_id']}/undo"))
    assert user.carry_out(undo)["status"] == "done"


def test_a_plan_refers_to_what_a_step_before_made(user: User) -> None:
    name = f"net-{uuid.uuid4().hex[:6]}"
    network = {
        "id": "vpc",
        "operation": "create_aws_resource",
        "arguments": {
            "type_name": "AWS::EC2::VPC",
            "properties": {"CidrBlock": "10.99.0.0/16", "Tags": [{"Key": "Name", "Value": name}]},
            "region": "eu-west-1",
        },
    }
    subnet = {
        "id": "subnet",
        "operation": "create_aws_resource",
        "arguments": {
            "type_name": "AWS::EC2::Subnet",
            "properties": {"VpcId": {"$from": "vpc.properties.VpcId"}, "CidrBlock": "10.99.1.0/24"},
            "region": "eu-west-1",
        },
    }
    plan = user.propose(network, subnet)
    ended = user.carry_out(plan)
    assert ended["status"] == "done", [step["error"] for step in ended["steps"]]
    undo = user.ok(user.http.post(f"/v1/plans/{plan['plan_id']}/undo"))
    assert user.carry_out(undo)["status"] == "done"
