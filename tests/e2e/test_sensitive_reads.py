"""A secret that a person asks to see, through the running stack: they see it, and nothing and nobody else does."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.e2e.client import User
from tests.e2e.conftest import Running

pytestmark = pytest.mark.slow

SECRET = "orders-db"
REGION = "eu-west-1"


@pytest.fixture
def reader(stack: Running) -> User:
    """A session of its own, which a test may end."""
    return User(stack.facts)


@pytest.fixture(scope="module")
def value(user: User) -> str:
    """What the secret holds, as the account's administrator sees it."""
    found: str = user.aws("secretsmanager", REGION).get_secret_value(SecretId=SECRET)["SecretString"]
    return found


def step(id: str = "s1", **parameters: Any) -> dict[str, Any]:
    arguments = {"service": "secretsmanager", "operation": "GetSecretValue", "region": REGION}
    return {
        "id": id,
        "operation": "read_sensitive",
        "arguments": {**arguments, "parameters": parameters or {"SecretId": SECRET}},
    }


def stored(stack: Running) -> str:
    """All that Redis holds, as a thief would read it."""
    url = (stack.file.parent / "keys" / "admin" / "redis_url").read_text()
    found: list[str] = []
    with Redis.from_url(url, decode_responses=True, encoding_errors="replace") as redis:
        readers: dict[str, Any] = {
            "string": redis.get, "hash": redis.hgetall, "set": redis.smembers, "stream": redis.xrange,
            "list": lambda name: redis.lrange(name, 0, -1), "zset": lambda name: redis.zrange(name, 0, -1),
        }  # fmt: skip
        for key in redis.scan_iter(count=1000):
            kind: Any = redis.type(key)
            found.append(f"{key} {readers[kind](key) if kind in readers else ''}")
    return "\n".join(found)


def logged(directory: Path) -> str:
    return "".join(
        file.read_text(errors="replace") for file in directory.rglob("*") if file.is_file() and "redis" not in file.name
    )


def test_the_model_proposes_it_and_only_the_person_sees_the_value(stack: Running, reader: User, value: str) -> None:
    turn = reader.ask(f"Show me the value of the secret {SECRET}")
    assert turn["status"] == "waiting_for_approval", turn
    [proposed] = turn["plan"]["steps"]
    assert (proposed["operation"], proposed["effect"], proposed["permission"]) == (
        "read_sensitive",
        "sensitive_read",
        "allowed",
    )
    ended = reader.approve(turn)
    assert ended["status"] == "completed"
    assert "I have not seen" in ended["answer"]
    plan = reader.ok(reader.http.get(f"/v1/plans/{turn['plan']['plan_id']}"))
    assert (plan["status"], plan["links"].get("undo")) == ("done", None)

    answer = reader.http.get(plan["steps"][0]["value"])
    assert reader.ok(answer)["value"]["SecretString"] == value
    assert answer.headers["Cache-Control"] == "no-store"
    raw = reader.http.get(plan["steps"][0]["value"], params={"member": "SecretString"})
    assert raw.text == value

    conversation = reader.http.get(f"/v1/conversations/{turn['conversation_id']}").text
    entries = json.dumps(reader.log())
    assert "value.shown" in entries
    for place in (
        json.dumps(ended),
        json.dumps(plan),
        conversation,
        entries,
        stored(stack),
        logged(stack.file.parent / "log"),
    ):
        assert value not in place
    assert reader.http.get("/v1/audit/verify").json()["valid"] is True


def test_another_session_gets_nothing_and_the_value_ends_with_its_own(stack: Running, reader: User, value: str) -> None:
    ended = reader.carry_out(reader.propose(step()))
    address = ended["steps"][0]["value"]
    other = User(stack.facts).http.get(address)
    assert (other.status_code, other.json()["code"]) == (403, "value_of_another_session")
    assert value not in other.text
    assert reader.http.get(address).is_success
    again = reader.send_approval(ended)
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    assert reader.http.delete("/v1/sessions/current").status_code == 204
    assert reader.http.get(address).status_code == 401
    assert f"value:{ended['plan_id']}" not in stored(stack)


def test_the_model_sees_it_where_the_approval_says_so(stack: Running, reader: User, value: str) -> None:
    turn = reader.ask(f"Show me the value of the secret {SECRET} in {REGION}")
    plan = turn["plan"]
    body = {"digest": plan["digest"], "acknowledged": plan["acknowledge"], "share_with_model": ["value"]}
    assert reader.http.post(f"/v1/plans/{plan['plan_id']}/approve", json=body).status_code == 202
    ended = reader.wait(f"/v1/turns/{turn['turn_id']}", {"completed", "failed"}, 90)
    assert value in ended["answer"]
    assert value not in json.dumps(reader.log())


def test_a_secret_that_may_not_be_read_is_refused_before_anybody_is_asked(reader: User) -> None:
    answer = reader.http.post(
        "/v1/plans",
        json={
            "goal": "x",
            "steps": [
                {
                    "operation": "read_sensitive",
                    "arguments": {
                        "service": "kms",
                        "operation": "Decrypt",
                        "parameters": {"CiphertextBlob": "QUFB", "KeyId": "11111111-2222-3333-4444-555555555555"},
                        "region": REGION,
                    },
                }
            ],
        },
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_an_object_is_read_whole_and_a_missing_one_is_the_steps_error(reader: User) -> None:
    s3 = reader.aws("s3", REGION)
    bucket = f"e2e-read-{int(time.time() * 1000)}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="papers/a.bin", Body=bytes(range(256)))

    def read(id: str, key: str) -> dict[str, Any]:
        arguments = {"service": "s3", "operation": "GetObject", "parameters": {"Bucket": bucket, "Key": key}}
        return {"id": id, "operation": "read_sensitive", "arguments": {**arguments, "region": REGION}}

    ended = reader.carry_out(reader.propose(read("there", "papers/a.bin"), read("gone", "papers/b.bin")))
    steps = {one["id"]: one for one in ended["steps"]}
    assert (steps["there"]["status"], steps["gone"]["error"]["code"]) == ("done", "aws_no_such_key")
    body = reader.http.get(steps["there"]["value"], params={"member": "Body"})
    assert body.content == bytes(range(256))
