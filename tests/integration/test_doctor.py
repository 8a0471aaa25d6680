"""The doctor against real servers that are set up wrongly: Redis, an AWS that enforces IAM, Bedrock."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from cli.doctor.checks import redis, session
from cli.doctor.situation import Situation
from sandbox import redis_server
from sandbox.ports import claim_port
from services.bedrock_advisor.settings import AdvisorSettings
from shared.broker.library import load
from shared.keys.deployment import make_keys
from tests.unit.cli.doctor.conftest import Serve, serve, worst
from tests.unit.sandbox.conftest import Double, start_double, stop_double

Start = Callable[..., Situation]


def refusal(code: str, status: int, message: str) -> tuple[int, dict[str, str], str]:
    return status, {"x-amzn-ErrorType": code, "Content-Type": "application/json"}, json.dumps({"message": message})


_SAID = {
    "output": {"message": {"role": "assistant", "content": [{"text": "yes"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    "metrics": {"latencyMs": 1},
}
BEDROCK = {
    "yes": (200, {"Content-Type": "application/json", "x-amzn-RequestId": "1f2e"}, json.dumps(_SAID)),
    "AccessDeniedException": refusal("AccessDeniedException", 403, "You don't have access to the model."),
    "ValidationException": refusal("ValidationException", 400, "The provided model identifier is invalid."),
    "ResourceNotFoundException": refusal("ResourceNotFoundException", 404, "Could not resolve the model."),
}


__all__ = ["serve"]  # a fixture


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a Redis as the local stack does, with options that come last and so count."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*options: str, users: bool = True) -> Situation:
        port, keys = claim_port(), tmp_path / "keys"
        make_keys(keys, f"127.0.0.1:{port}")
        access = ("--aclfile", str(keys / "redis" / "users.acl")) if users else ()
        command = redis_server.command(port, tmp_path / f"data{port}", *access, *options)
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        own = Situation({"REDIS_URL": f"redis://127.0.0.1:{port}/0"})
        situation = Situation({}, keys=keys) if users else own
        deadline = time.monotonic() + 20
        while True:
            try:
                load(Redis.from_url(str(situation.redis_url), decode_responses=True))
                return situation
            except RedisError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    yield run
    for process in started:
        process.terminate()
        process.wait(10)


def test_a_redis_as_it_should_be_is_ok(start: Start) -> None:
    assert worst(redis.check(start()))[0] == "ok"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--appendfsync", "everysec"), "start it with --appendfsync always"),
        (("--appendonly", "no"), "start it with --appendonly yes"),
        (("--maxmemory-policy", "allkeys-lru"), "start it with --maxmemory-policy noeviction"),
    ],
)
def test_a_redis_that_may_lose_or_evict_something_is_a_problem(
    start: Start, options: tuple[str, ...], said: str
) -> None:
    status, text = worst(redis.check(start(*options)))
    assert status == "problem"
    assert said in text


def test_a_redis_that_is_full_is_a_problem(start: Start) -> None:
    situation = start()
    Redis.from_url(str(situation.redis_url)).config_set("maxmemory", "1mb")
    assert "raise REDIS_MAXMEMORY" in worst(redis.check(situation))[1]


def test_a_redis_without_a_limit_or_users_is_a_warning(start: Start) -> None:
    status, said = worst(redis.check(start("--maxmemory", "0", users=False)))
    assert status == "warning"
    assert "no maxmemory" in said
    assert "every service reaches every key" in said


def test_rights_that_are_not_the_services_are_a_problem(start: Start) -> None:
    situation = start()
    Redis.from_url(str(situation.redis_url)).execute_command("ACL", "SETUSER", "info", "(~* +get)")
    status, said = worst(redis.check(situation))
    assert status == "problem"
    assert "info: may GET vault:executor:x" in said
    assert "restart Redis" in said


def test_a_password_that_redis_does_not_know_is_a_problem(start: Start) -> None:
    situation = start()
    assert situation.keys is not None
    (situation.keys / "executor" / "redis_password").unlink()
    make_keys(situation.keys, f"127.0.0.1:{redis.shown(str(situation.redis_url)).split(':')[1]}")
    status, said = worst(redis.check(situation))
    assert status == "problem"
    assert "executor cannot log in" in said
    assert "restart Redis" in said


def test_a_service_that_sees_only_its_own_user_says_what_it_cannot_see(start: Start) -> None:
    situation = start()
    assert situation.keys is not None
    own = Situation({"REDIS_URL_FILE": str(situation.keys / "gateway" / "redis_url")})
    status, said = worst(redis.check(own))
    assert status == "skipped"
    assert "admin/" in said


def test_a_redis_without_the_functions_is_a_problem(start: Start) -> None:
    situation = start()
    Redis.from_url(str(situation.redis_url)).function_flush()
    status, said = worst(redis.check(situation))
    assert status == "problem"
    assert "lacks this version's functions" in said


def test_a_redis_that_does_not_answer_is_a_problem_and_its_password_is_not_shown() -> None:
    status, said = worst(redis.check(Situation({"REDIS_URL": "redis://me:very-secret@127.0.0.1:1/0"})))
    assert status == "problem"
    assert "very-secret" not in said


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    double = start_double(tmp_path_factory.mktemp("aws"))
    yield double
    stop_double(double)


@pytest.fixture
def bedrock(serve: Serve) -> str:
    """A Bedrock that refuses: how the doctor sees each kind is tested at the end."""
    return serve({"*": BEDROCK["AccessDeniedException"]})


def with_session(aws: Double, bedrock: str, **given: Any) -> Situation:
    body = {name: aws.state[name] for name in ("access_key_id", "secret_access_key", "role_arn", "region")} | given
    return Situation({"AWS_ENDPOINT_URL": aws.endpoint, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock}, session=body)


def of_role(situation: Situation) -> tuple[str, str]:
    return worst(one for one in session.check(situation) if one.check == "role")


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("yes", "ok", "Claude answers"),
        ("AccessDeniedException", "problem", "enable access to the model"),
        ("ValidationException", "problem", "set BEDROCK_MODEL_ID"),
        ("ResourceNotFoundException", "problem", "set BEDROCK_MODEL_ID"),
    ],
)
def test_a_session_is_rehearsed_up_to_claude(aws: Double, serve: Serve, kind: str, status: str, said: str) -> None:
    found = list(session.check(with_session(aws, serve({"*": BEDROCK[kind]}))))
    assert [one.status for one in found if "may open a session" in one.said] == ["ok"]
    claude = worst(one for one in found if one.check == "bedrock")
    assert claude[0] == status
    assert said in claude[1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"secret_access_key": "x" * 40}, "check access key id and secret"),
        ({"access_key_id": "AKIA"}, "copy the key anew"),
        ({"role_arn": "arn:aws:iam::111122223333:role/Nobody"}, "trust policy"),
        ({"region": "eu-south-9"}, "not a region of AWS"),
    ],
)
def test_a_wrong_key_role_or_region_is_named(aws: Double, bedrock: str, given: dict[str, str], said: str) -> None:
    status, text = of_role(with_session(aws, bedrock, **given))
    assert status == "problem"
    assert said in text


def test_an_administrator_is_named(aws: Double, bedrock: str) -> None:
    admin = aws.state["admin"]
    status, said = of_role(
        with_session(aws, bedrock, **{name: admin[name] for name in ("access_key_id", "secret_access_key")})
    )
    assert status == "problem"
    assert "an administrator's" in said


def test_a_role_that_anyone_may_assume_is_named(aws: Double, bedrock: str) -> None:
    anyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [anyone]})
    iam = aws.admin("iam")
    role = iam.create_role(RoleName="OpenToAll", AssumeRolePolicyDocument=document)["Role"]
    reads = {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*", "ec2:DescribeRegions"], "Resource": "*"}
    iam.put_role_policy(
        RoleName="OpenToAll",
        PolicyName="Reads",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [reads]}),
    )
    may = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "iam:Get*", "iam:List*"]}
    keys = aws.new_user("assumes-all", may | {"Resource": "*"})
    given = {
        "access_key_id": keys["AccessKeyId"],
        "secret_access_key": keys["SecretAccessKey"],
        "role_arn": role["Arn"],
    }
    status, said = of_role(with_session(aws, bedrock, **given))
    assert status == "problem"
    assert "anyone may assume the role" in said


def test_nothing_of_this_process_is_left_changed(aws: Double, bedrock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert of_role(with_session(aws, bedrock))[0] in ("ok", "warning")
    assert os.environ["AWS_PROFILE"] == "nobody"
    assert "AWS_ENDPOINT_URL" not in os.environ


def test_without_credentials_nothing_is_claimed() -> None:
    assert worst(session.check(Situation({})))[0] == "skipped"


def test_the_claude_that_is_asked_is_the_advisors_own_default() -> None:
    assert AdvisorSettings.model_fields["bedrock_model_id"].default == session.DEFAULT_CLAUDE
