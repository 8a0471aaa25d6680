"""Which roles open no session: administrators, and those that anyone may assume; and callers that could become one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from shared.errors import Forbidden, Unavailable
from shared.iam.documents import CallerPolicies, NamedPolicy
from tests.unit.orchestrator.conftest import ACCOUNT, CALLER

ROLE = f"arn:aws:iam::{ACCOUNT}:role/assistant"
ADMIN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/admins"
DENIED = Forbidden("AWS denied GetRole: not authorized", code="aws_access_denied")
EVERYTHING = {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}
ASSUME_ALL = {"Sid": "Become", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
CUSTOMER_ROLE = json.loads((Path(__file__).parents[4] / "docs/iam/customer-role-policy.json").read_text())


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


BY_NAME = trust({"AWS": CALLER}, Condition={"StringEquals": {"sts:ExternalId": "4f81c0de4f81c0de"}})


def policies(*documents: dict[str, Any], arn: str = ROLE, trusts: Any = None) -> CallerPolicies:
    named = tuple(NamedPolicy(f"P{number}", "inline in role assistant", one) for number, one in enumerate(documents))
    return CallerPolicies(named, arn=arn, trust=trusts)


async def opened(client: httpx.AsyncClient, credentials: dict[str, Any], role: str | None = ROLE) -> httpx.Response:
    return await client.post("/v1/sessions", json={**credentials, "role_arn": role})


async def refused(client: httpx.AsyncClient, credentials: dict[str, Any], redis: Redis, role: str | None = ROLE) -> str:
    answer = await opened(client, credentials, role)
    assert (answer.status_code, answer.json()["code"]) == (403, "credentials_too_broad"), answer.json()
    assert not await redis.keys("vault:*")
    assert not await redis.keys("session*")
    return str(answer.json()["detail"])


async def test_the_role_that_the_documents_give_opens_a_session_without_a_word_of_doubt(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any
) -> None:
    sts.policies_of[ROLE] = policies(CUSTOMER_ROLE, trusts=BY_NAME)

    answer = await opened(client, credentials)

    assert answer.status_code == 201
    notes = " ".join(answer.json()["scoping"]["notes"])
    assert not any(word in notes for word in ("administrator", "may be assumed", "could not be read"))


async def test_a_role_that_is_an_administrator_is_refused_with_the_statement_and_what_to_do(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, redis: Redis
) -> None:
    sts.policies_of[ROLE] = policies(document(EVERYTHING), trusts=BY_NAME)

    detail = await refused(client, credentials, redis)

    assert "'All' of policy P0" in detail
    assert "docs/iam" in detail


async def test_a_role_that_anyone_may_assume_is_refused(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, redis: Redis
) -> None:
    sts.policies_of[ROLE] = policies(CUSTOMER_ROLE, trusts=trust("*"))

    assert "anyone may assume" in await refused(client, credentials, redis)


async def test_the_operator_may_accept_such_roles_and_the_session_names_it(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, gateway: Gateway
) -> None:
    sts.policies_of[ROLE] = policies(document(EVERYTHING), trusts=trust("*"))
    gateway.sessions._settings = gateway.settings.model_copy(update={"allow_broad_roles": True})

    notes = (await opened(client, credentials)).json()["scoping"]["notes"]

    assert sum("ALLOW_BROAD_ROLES" in note for note in notes) == 2


async def test_a_role_that_cannot_be_read_is_named(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any
) -> None:
    sts.policies_of[ROLE] = DENIED

    answer = await opened(client, credentials)

    assert answer.status_code == 201
    assert any("whether it is an administrator" in note for note in answer.json()["scoping"]["notes"])


async def test_while_iam_does_not_answer_no_role_is_taken_unseen(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any
) -> None:
    sts.policies_of[ROLE] = Unavailable("AWS could not be reached", code="aws_unreachable")

    assert (await opened(client, credentials)).status_code == 503


async def test_a_caller_that_hides_its_policies_is_read_with_the_role(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, redis: Redis
) -> None:
    sts.own = DENIED
    sts.policies_of = {ROLE: policies(CUSTOMER_ROLE, trusts=BY_NAME), CALLER: policies(document(EVERYTHING))}

    assert "administrator" in await refused(client, credentials, redis)


async def test_a_caller_that_nobody_can_read_is_named(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any
) -> None:
    sts.own = sts.policies_of[CALLER] = DENIED

    notes = (await opened(client, credentials)).json()["scoping"]["notes"]

    assert any("whether the caller is an administrator was not checked" in note for note in notes)


@pytest.mark.parametrize("role", [ROLE, None])
async def test_a_caller_that_may_assume_any_role_is_named(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, role: str | None
) -> None:
    sts.own = policies(document(ASSUME_ALL), arn=CALLER)

    notes = (await opened(client, credentials, role)).json()["scoping"]["notes"]

    assert any("every role of account" in note and "Become" in note for note in notes)


ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.mark.parametrize("role", [ROLE, None])
@pytest.mark.parametrize(
    ("statements", "trusts"),
    [
        ([ASSUME_ALL], trust({"AWS": ROOT})),
        ([ASSUME_ALL], trust({"AWS": ACCOUNT})),
        ([{**ASSUME_ALL, "Resource": ADMIN_ROLE}], trust({"AWS": ["arn:aws:iam::210987654321:root", ROOT]})),
        ([], trust({"AWS": CALLER})),
        ([{**ASSUME_ALL, "Action": "sts:*"}], trust("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    ],
)
async def test_a_caller_that_may_become_an_administrator_is_refused(
    client: httpx.AsyncClient,
    credentials: dict[str, Any],
    sts: Any,
    redis: Redis,
    statements: list[dict[str, Any]],
    trusts: Any,
    role: str | None,
) -> None:
    sts.own = policies(document(*statements), arn=CALLER)
    sts.administrators = ((ADMIN_ROLE, trusts),)

    assert ADMIN_ROLE in await refused(client, credentials, redis, role)


@pytest.mark.parametrize(
    ("statement", "trusts"),
    [
        ({**ASSUME_ALL, "Resource": ROLE}, trust({"AWS": ROOT})),
        (ASSUME_ALL, trust({"Service": "lambda.amazonaws.com"})),
        (ASSUME_ALL, trust({"AWS": "arn:aws:iam::210987654321:root"})),
        (
            ASSUME_ALL,
            trust({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/sso"}, Action="sts:AssumeRoleWithSAML"),
        ),
        ({**ASSUME_ALL, "Effect": "Deny"}, trust({"AWS": CALLER})),
    ],
)
async def test_one_that_may_not_is_accepted(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, statement: dict[str, Any], trusts: Any
) -> None:
    sts.own = policies(document(statement), arn=CALLER)
    sts.administrators = ((ADMIN_ROLE, trusts),)

    assert (await opened(client, credentials)).status_code == 201
