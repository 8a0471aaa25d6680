"""A plan with a secret, of every kind, over REST: it is refused, and nothing of it is found in Redis, logs or audit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from redis import Redis

from tests.e2e.client import User
from tests.e2e.conftest import Running
from tests.e2e.test_boundaries import everything_in

pytestmark = pytest.mark.slow

KEY = "q7XvB2nLmZ0rT5cYd8WfHs3KpJ6gAe1UiNo4RxQy"
PASSWORD = "Kolibri7-untold-9"
PEM = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
TRUST = {"Version": "2012-10-17", "Statement": [{"Sid": KEY, "Effect": "Allow", "Action": "sts:AssumeRole"}]}
ARGUMENTS: tuple[dict[str, Any], ...] = (
    {"description": f"secret {KEY}"},
    {"description": f"The password is {PASSWORD}"},
    {"description": f"postgres://app:{PASSWORD}@db.internal/main"},
    {"description": f"-----BEGIN PRIVATE KEY-----\n{PEM}"},
    {"policy_document": json.dumps(TRUST), "description": "secret"},
    {"policy_document": TRUST | {"Id": f"secret {KEY}"}},
    {"tags": {"DB_PASSWORD": PASSWORD}},
    {"tags": [{"Key": "api-key", "Value": PASSWORD}]},
    {"environment": {"Variables": {"DB_PASSWORD": PASSWORD}}},
    {f"secret {KEY}": "x"},
)


def test_nothing_of_a_secret_in_a_plan_is_left_anywhere(stack: Running) -> None:
    user = User(stack.facts)
    before = user.ok(user.http.get("/v1/plans"))["items"]
    answers = []
    for arguments in ARGUMENTS:
        step = {"id": "role", "operation": "create_iam_role", "arguments": {"name": "reader", **arguments}}
        answer = user.http.post(
            "/v1/plans", json={"goal": "A role", "steps": [step]}, headers={"Idempotency-Key": f"k{len(answers)}"}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "secret_in_plan"), arguments
        assert answer.json()["detail"].startswith("step 1 (role), argument")
        answers.append(answer.text)
    local = stack.file.parent
    redis = Redis.from_url(stack.facts["redis_url"], decode_responses=True)
    places = {f"redis: {text.split()[0]}": text for text in everything_in(redis)}
    for path in [*local.glob("log/*"), *local.glob("redis/**/*")]:
        if path.is_file():
            places[str(path.relative_to(local))] = path.read_text(errors="replace")
    places["audit export"] = user.http.get("/v1/audit", params={"format": "jsonl"}).text
    places["answers"] = "\n".join(answers)
    found = [(place, word[:4]) for place, text in places.items() for word in (KEY, PASSWORD, PEM) if word in text]
    assert found == []
    assert len(places) > 10
    assert user.ok(user.http.get("/v1/plans"))["items"] == before
