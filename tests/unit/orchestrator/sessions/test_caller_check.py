"""Whose credentials open no session: administrators', and those nobody can judge and no role narrows."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from shared.errors import Forbidden, Unauthenticated, Unavailable
from shared.iam.documents import CallerPolicies, NamedPolicy

ROLE = "arn:aws:iam::123456789012:role/assistant"
DENIED = Forbidden("AWS denied GetUser: not authorized", code="aws_access_denied")


def policies(*statements: dict[str, Any]) -> CallerPolicies:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return CallerPolicies((NamedPolicy("Everything", "attached to group admins", document),))


@pytest.mark.parametrize("role", [None, ROLE])
async def test_an_administrator_is_told_which_policy_makes_it_one_and_what_to_do(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, redis: Redis, role: str | None
) -> None:
    sts.own = policies({"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"})

    answer = await client.post("/v1/sessions", json={**credentials, "role_arn": role})

    body = answer.json()
    assert (answer.status_code, body["code"]) == (403, "credentials_too_broad")
    assert "Everything" in body["detail"]
    assert "role_arn" in body["detail"]
    assert not await redis.keys("vault:*")
    assert not await redis.keys("session*")
    assert not sts.asked


async def test_unreadable_policies_are_accepted_with_a_role_and_noted(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any
) -> None:
    sts.own = DENIED

    answer = await client.post("/v1/sessions", json={**credentials, "role_arn": ROLE})

    assert answer.status_code == 201
    assert any("could not be read" in note for note in answer.json()["scoping"]["notes"])


@pytest.mark.parametrize("reason", [DENIED, Unauthenticated("no", code="credentials_invalid")])
async def test_unreadable_policies_are_refused_without_a_role(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, redis: Redis, reason: Any
) -> None:
    sts.own = reason

    answer = await client.post("/v1/sessions", json=credentials)

    assert (answer.status_code, answer.json()["code"]) == (403, "credentials_unverifiable")
    assert "role_arn" in answer.json()["detail"]
    assert not await redis.keys("vault:*")


async def test_the_operator_may_switch_that_off(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, gateway: Gateway
) -> None:
    sts.own = DENIED
    allowing = gateway.settings.model_copy(update={"allow_unverified_credentials": True})
    gateway.sessions._settings = allowing

    answer = await client.post("/v1/sessions", json=credentials)

    assert answer.status_code == 201
    assert any("ALLOW_UNVERIFIED_CREDENTIALS" in note for note in answer.json()["scoping"]["notes"])


async def test_an_iam_that_does_not_answer_lets_nobody_in(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any
) -> None:
    sts.own = Unavailable("AWS could not be reached", code="aws_unreachable")

    answer = await client.post("/v1/sessions", json={**credentials, "role_arn": ROLE})

    assert (answer.status_code, answer.json()["code"]) == (503, "aws_unreachable")
