"""The compose file, started for real: built images, three info workers, one of them killed."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.ports import free_port
from tests.e2e.client import PLAN_ENDS, User, result_of

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 180


def docker_answers() -> bool:
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers here"),
]


class Compose:
    """The project's compose file under a name and ports of its own."""

    def __init__(self) -> None:
        self.project = f"assistant-test-{uuid.uuid4().hex[:6]}"
        self.gateway, self.aws = free_port(), free_port()
        # What a developer's own .env would set must not turn the test real.
        ports = {"GATEWAY_PORT": str(self.gateway), "SANDBOX_AWS_PORT": str(self.aws)}
        unset = dict.fromkeys(
            ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "AWS_ACCESS_KEY_ID", "USE_REAL_AWS"), ""
        )
        self.environment = os.environ | unset | ports

    def run(self, *arguments: str) -> str:
        command = ["docker", "compose", "-p", self.project, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr[-4000:]}"
        return done.stdout

    def containers(self, service: str) -> list[str]:
        return self.run("ps", "-q", service).split()

    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.run("exec", "-T", "sandbox-aws", "cat", "/var/lib/sandbox/aws.json"))
        return facts | {
            "gateway": f"http://127.0.0.1:{self.gateway}",
            "aws_endpoint": f"http://127.0.0.1:{self.aws}",
        }


@pytest.fixture(scope="module")
def compose() -> Iterator[Compose]:
    compose = Compose()
    try:
        compose.run("up", "--build", "--detach", "--scale", "info_tools=3")
        wait_until_ready(compose)
        yield compose
    finally:
        compose.run("down", "--volumes", "--timeout", "5")


def wait_until_ready(compose: Compose) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            if httpx.get(f"http://127.0.0.1:{compose.gateway}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, compose.run("logs", "--tail", "40")
        time.sleep(0.5)


@pytest.fixture(scope="module")
def user(compose: Compose) -> User:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            return User(compose.facts())
        except AssertionError:  # the sandbox's AWS is still being seeded
            assert time.monotonic() < deadline, compose.run("logs", "--tail", "40", "orchestrator", "sandbox-aws")
            time.sleep(1)


def test_a_question_and_the_exact_figure(user: User) -> None:
    turn = user.ask("How much am I storing in S3?")
    s3 = user.aws("s3")
    total = 0
    for bucket in s3.list_buckets()["Buckets"]:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            total += sum(found["Size"] for found in page.get("Contents", []))
    assert result_of(turn, "get_s3_usage")["total_bytes"] == total > 0


def test_a_role_and_a_function_are_really_there(user: User) -> None:
    ended = user.change("Create a role with S3 full access and attach it to a Lambda function")
    assert ended["plan"]["status"] == "done", ended["plan"]
    made = {step["operation"]: step["result"] for step in ended["plan"]["steps"]}
    function = user.aws("lambda").get_function(FunctionName=made["create_lambda_function"]["function_name"])
    assert function["Configuration"]["Role"] == made["create_iam_role"]["arn"]


def test_one_of_three_killed_info_workers_fails_no_request(compose: Compose, user: User) -> None:
    workers = compose.containers("info_tools")
    assert len(workers) == 3
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(user.ask, "How big is each bucket?") for _ in range(8)]
        time.sleep(0.3)
        subprocess.run(["docker", "kill", workers[0]], check=True, capture_output=True)
        turns = [future.result() for future in asked]
    assert {turn["status"] for turn in turns} == {"completed"}
    assert {step["status"] for turn in turns for step in turn["steps"]} == {"ok"}


def test_redis_and_the_executor_are_killed_in_a_plan_and_nothing_is_lost(compose: Compose, user: User) -> None:
    name = f"compose-{uuid.uuid4().hex[:8]}"
    arguments = {"bucket_name": name, "region": "eu-west-1"}
    steps = [{"operation": "create_s3_bucket", "arguments": arguments}]
    plan = user.ok(user.http.post("/v1/plans", json={"goal": "A test", "steps": steps}))
    before = {found["plan_id"] for found in user.ok(user.http.get("/v1/plans"))["items"]}
    answer = user.http.post(
        f"/v1/plans/{plan['plan_id']}/approve", json={"digest": plan["digest"], "acknowledged": plan["acknowledge"]}
    )
    assert answer.status_code == 202
    killed = [compose.containers(service)[0] for service in ("executor", "redis")]
    subprocess.run(["docker", "kill", *killed], check=True, capture_output=True)
    subprocess.run(["docker", "start", *reversed(killed)], check=True, capture_output=True)
    wait_until_ready(compose)
    assert user.wait(f"/v1/plans/{plan['plan_id']}", PLAN_ENDS, 90)["status"] == "done"
    assert {found["plan_id"] for found in user.ok(user.http.get("/v1/plans"))["items"]} == before
    assert user.ok(user.http.get("/v1/audit/verify"))["valid"] is True
    assert name in [found["Name"] for found in user.aws("s3").list_buckets()["Buckets"]]


def test_no_container_runs_as_root_or_holds_a_key_in_its_environment(compose: Compose, user: User) -> None:
    for service in ("orchestrator", "info_tools", "executor", "bedrock_advisor", "sandbox-aws"):
        container = compose.containers(service)[0]
        inspected = json.loads(subprocess.check_output(["docker", "inspect", container], text=True))[0]["Config"]
        assert inspected["User"] == "app"
        named = [entry for entry in inspected["Env"] if "SECRET" in entry or "SIGNING_KEY=" in entry]
        assert named == []
        secrets = (user.facts["secret_access_key"], user.session["token"])
        assert [secret[:4] for secret in secrets if secret in json.dumps(inspected)] == []


def test_every_container_becomes_healthy(compose: Compose) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        listed = [json.loads(line) for line in compose.run("ps", "--format", "json").splitlines()]
        unhealthy = [(found["Service"], found["Health"]) for found in listed if found["Health"] not in ("", "healthy")]
        if not unhealthy:
            return
        assert time.monotonic() < deadline, unhealthy
        time.sleep(2)


@pytest.mark.parametrize(
    ("given", "real"),
    [
        ({}, ""),
        ({"AWS_ACCESS_KEY_ID": "AKIA"}, ""),
        ({"OPENAI_API_KEY": "sk"}, ""),
        ({"OPENAI_API_KEY": "sk", "AWS_ACCESS_KEY_ID": "AKIA"}, "yes"),
        ({"USE_REAL_AWS": "yes"}, "yes"),
    ],
)
def test_only_keys_given_on_purpose_reach_the_real_aws(given: dict[str, str], real: str) -> None:
    compose = Compose()
    compose.environment |= {"USE_REAL_AWS": ""} | given
    services = json.loads(compose.run("config", "--format", "json"))["services"]
    assert services["info_tools"]["environment"]["USE_REAL_AWS"] == real
    assert all("AKIA" not in json.dumps(service.get("environment", {})) for service in services.values())
