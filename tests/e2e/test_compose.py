"""The compose file, started for real: built images, three info workers, one of them killed."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.client import PLAN_ENDS, User, result_of
from tests.e2e.composed import DOCKER, READY_SECONDS, Compose

pytestmark = DOCKER


@pytest.fixture(scope="module")
def user(compose: Compose) -> User:
    return User(compose.facts())


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


def test_the_command_line_among_the_containers_prints_a_link_that_a_browser_here_can_open(
    compose: Compose, user: User
) -> None:
    token = user.http.headers["Authorization"].removeprefix("Bearer ")
    gateways = compose.containers("orchestrator")
    run = ("run", "--rm", "-T", "-e", f"ASSISTANT_TOKEN={token}", "assistant")
    link = compose.run(*run, "open", "--print").strip()
    assert compose.containers("orchestrator") == gateways
    assert link.startswith(f"http://127.0.0.1:{compose.gateway}/open?link=")
    assert httpx.get(link, timeout=30).status_code == 200


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
    assert user.send_approval(plan).status_code == 202
    killed = [compose.containers(service)[0] for service in ("executor", "redis")]
    subprocess.run(["docker", "kill", *killed], check=True, capture_output=True)
    subprocess.run(["docker", "start", *reversed(killed)], check=True, capture_output=True)
    compose.wait_until_ready()
    assert user.wait(f"/v1/plans/{plan['plan_id']}", PLAN_ENDS, 90)["status"] == "done"
    assert {found["plan_id"] for found in user.ok(user.http.get("/v1/plans"))["items"]} == before
    assert user.ok(user.http.get("/v1/audit/verify"))["valid"] is True
    assert name in [found["Name"] for found in user.aws("s3").list_buckets()["Buckets"]]


def test_no_container_runs_as_root_or_holds_a_key_in_its_environment(compose: Compose, user: User) -> None:
    for service in ("orchestrator", "info_tools", "executor", "bedrock_advisor", "sandbox-aws", "proxy", "tls"):
        container = compose.containers(service)[0]
        inspected = json.loads(subprocess.check_output(["docker", "inspect", container], text=True))[0]["Config"]
        assert inspected["User"] == ("10001" if service == "tls" else "app")
        named = [entry for entry in inspected["Env"] if "SECRET=" in entry or "SIGNING_KEY=" in entry]
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
        ({"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_PROFILE": "p"}, ""),
        ({"OPENAI_API_KEY": "sk"}, ""),
        ({"OPENAI_API_KEY": "sk", "AWS_ACCESS_KEY_ID": "AKIA"}, ""),
        ({"USE_REAL_AWS": "no", "OPENAI_API_KEY": "sk", "AWS_ACCESS_KEY_ID": "AKIA"}, "no"),
        ({"USE_REAL_AWS": "yes"}, "yes"),
    ],
)
def test_only_the_flag_reaches_the_real_aws_and_no_aws_variable_reaches_a_container(
    given: dict[str, str], real: str
) -> None:
    compose = Compose()
    compose.environment |= {"USE_REAL_AWS": ""} | given
    services = json.loads(compose.run("config", "--format", "json"))["services"]
    for name in ("orchestrator", "info_tools", "executor", "bedrock_advisor"):
        environment = services[name]["environment"]
        assert environment["USE_REAL_AWS"] == real
        assert [variable for variable in environment if variable.startswith("AWS_")] == []
