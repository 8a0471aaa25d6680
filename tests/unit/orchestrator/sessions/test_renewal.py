"""Agents are kept in credentials while a session lives; a person can make it last on with new ones."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.renewal import renew_if_due
from services.orchestrator.sessions.session import Session
from services.orchestrator.settings import GatewaySettings
from shared.errors import Unavailable
from shared.keys.vault import box, public_key_of, unseal, vault_key
from shared.messages import Agent, SessionInfo
from shared.sessions.credentials import AgentSession, Credentials
from tests.fakes.newer import NAME, VALUE

ROLE = "arn:aws:iam::123456789012:role/assistant"


@pytest.fixture
async def opened(client: httpx.AsyncClient, credentials: dict[str, Any], gateway: Gateway) -> Session:
    """A session of a role, the client signed in."""
    body = (await client.post("/v1/sessions", json={**credentials, "role_arn": ROLE})).json()
    client.headers["Authorization"] = f"Bearer {body['token']}"
    session = await gateway.sessions.get(body["session_id"])
    assert session is not None
    return session


async def due(redis: Redis, session: Session, seconds: float = 60) -> Session:
    """The session as it is `seconds` before its agents' credentials end."""
    late = session.model_copy(update={"renew_until": time.time() + seconds})
    token_hash: Any = await redis.get(f"session-id:{session.session_id}")
    await redis.set(f"session:{token_hash}", late.model_dump_json(), keepttl=True)
    return late


@pytest.fixture
def renews(dispatcher: Any, private_keys: dict[Agent, str]) -> Any:
    """Have the executor renew, as services/executor/credentials/renewal.py does."""

    def answer(session: Session) -> float:
        until = time.time() + 3600
        info = SessionInfo(
            session_id=session.session_id,
            account=session.account,
            caller_arn=session.caller_arn,
            region=session.region,
            regions=session.regions,
            expires_at=session.expires_at,
        )
        fresh = Credentials(access_key_id="ASIAFRESH", secret_access_key="f" * 40, session_token="fresh")
        sealed = {
            agent: box(AgentSession(info=info, credentials=fresh), public_key_of(private_keys[agent]))
            for agent in ("info", "advisor")
        }
        dispatcher.ok("executor", "renew_credentials", {"boxes": sealed, "expires_at": until})
        return until

    return answer


def asked(dispatcher: Any) -> int:
    return sum(call.tool == "renew_credentials" for call in dispatcher.calls)


async def credentials_of(
    redis: Redis, agent: Agent, session: Session, private_keys: dict[Agent, str], settings: GatewaySettings
) -> Credentials:
    sealed: Any = await redis.get(vault_key(agent, session.session_id))
    return unseal(sealed, agent, session.session_id, private_keys[agent], settings.signing_key(agent)).credentials


async def test_a_session_outlives_its_agents_first_credentials(opened: Session) -> None:
    assert opened.renew_until is not None
    assert opened.renew_until < time.time() + 3700
    assert opened.expires_at <= time.time() + 3700  # the fake's base credentials end in an hour
    assert any("renews" in note for note in opened.scoping.notes)


async def test_a_request_renews_what_ends_soon(
    client: httpx.AsyncClient,
    redis: Redis,
    opened: Session,
    renews: Any,
    dispatcher: Any,
    private_keys: dict[Agent, str],
    settings: GatewaySettings,
    gateway: Gateway,
) -> None:
    late = await due(redis, opened.model_copy(update={"expires_at": time.time() + 7200}))
    until = renews(late)

    for _ in range(3):
        assert (await client.get("/v1/sessions/current")).status_code == 200

    assert asked(dispatcher) == 1
    for agent in ("info", "advisor"):
        found = await credentials_of(redis, agent, opened, private_keys, settings)
        assert found.session_token == "fresh"
    assert (await credentials_of(redis, "executor", opened, private_keys, settings)).session_token == "session-token"
    now = await gateway.sessions.get(opened.session_id)
    assert now is not None
    assert now.renew_until == until


async def test_nothing_is_renewed_before_it_is_due(client: httpx.AsyncClient, opened: Session, dispatcher: Any) -> None:
    await client.get("/v1/sessions/current")

    assert asked(dispatcher) == 0


async def test_a_failing_renewal_is_not_tried_by_every_request_and_stops_nobody(
    client: httpx.AsyncClient, redis: Redis, opened: Session, dispatcher: Any
) -> None:
    await due(redis, opened.model_copy(update={"expires_at": time.time() + 7200}))
    dispatcher.fail("executor", "renew_credentials", "credentials_expired")

    for _ in range(5):
        assert (await client.get("/v1/sessions/current")).status_code == 200
    assert asked(dispatcher) == 1

    dispatcher.replies["renew_credentials"] = Unavailable("no executor")
    await redis.delete(f"lease:renew:{opened.session_id}")
    assert (await client.delete("/v1/sessions/current")).status_code == 204


async def test_a_session_that_is_closed_meanwhile_stays_closed(
    redis: Redis, opened: Session, renews: Any, gateway: Gateway, dispatcher: Any, settings: GatewaySettings
) -> None:
    late = await due(redis, opened.model_copy(update={"expires_at": time.time() + 7200}))
    renews(late)
    answer = dispatcher.replies["renew_credentials"]

    async def closing(_: dict[str, Any]) -> Any:
        await gateway.sessions.close(late)
        return answer

    dispatcher.replies["renew_credentials"] = closing
    await renew_if_due(redis, dispatcher, settings, late)

    assert not await redis.keys("vault:*")
    assert not await redis.keys("session*")


async def test_requests_wait_for_the_one_that_renews_where_the_old_credentials_have_ended(
    redis: Redis, opened: Session, renews: Any, dispatcher: Any, settings: GatewaySettings
) -> None:
    late = await due(redis, opened.model_copy(update={"expires_at": time.time() + 7200}), seconds=-5)
    until = renews(late)
    answer = dispatcher.replies["renew_credentials"]

    async def slow(_: dict[str, Any]) -> Any:
        await asyncio.sleep(0.3)
        return answer

    dispatcher.replies["renew_credentials"] = slow
    kept = await asyncio.gather(*(renew_if_due(redis, dispatcher, settings, late) for _ in range(4)))

    assert [one.renew_until for one in kept] == [until] * 4
    assert asked(dispatcher) == 1


async def test_new_credentials_of_the_same_caller_make_the_session_last_on(
    client: httpx.AsyncClient, credentials: dict[str, Any], opened: Session, redis: Redis, gateway: Gateway
) -> None:
    await due(redis, opened.model_copy(update={"expires_at": time.time() + 30}))
    given = {key: value for key, value in credentials.items() if key != "region"}

    answer = await client.post("/v1/sessions/current/renew", json={**given, "role_arn": ROLE})

    assert answer.status_code == 200, answer.text
    assert answer.json()["session_id"] == opened.session_id
    now = await gateway.sessions.get(opened.session_id)
    assert now is not None
    assert now.expires_at > time.time() + 3000
    assert (await client.get("/v1/sessions/current")).status_code == 200


@pytest.mark.parametrize("change", ["another caller", "no role", "another role"])
async def test_a_session_is_not_renewed_as_somebody_else(
    client: httpx.AsyncClient, credentials: dict[str, Any], opened: Session, sts: Any, change: str, redis: Redis
) -> None:
    given = {key: value for key, value in credentials.items() if key != "region"} | {"role_arn": ROLE}
    if change == "another caller":
        sts.arn = "arn:aws:iam::123456789012:user/eve"
    elif change == "no role":
        del given["role_arn"]
    else:
        given["role_arn"] = f"{ROLE}-2"
    before = {key: await redis.get(key) for key in await redis.keys("vault:*")}

    answer = await client.post("/v1/sessions/current/renew", json=given)

    assert (answer.status_code, answer.json()["code"]) == (403, "renewal_of_another")
    assert {key: await redis.get(key) for key in await redis.keys("vault:*")} == before


async def test_a_session_of_a_newer_gateway_is_used_but_not_sealed_anew(
    client: httpx.AsyncClient, credentials: dict[str, Any], opened: Session, redis: Redis
) -> None:
    """What is sealed for the agents here would lose a limit that this version does not know."""
    await due(redis, opened.model_copy(update={NAME: VALUE}), seconds=3000)
    given = {key: value for key, value in credentials.items() if key != "region"}
    before = {key: await redis.get(key) for key in await redis.keys("vault:*")}

    answer = await client.post("/v1/sessions/current/renew", json={**given, "role_arn": ROLE})

    assert (answer.status_code, answer.json()["code"]) == (503, "session_of_newer_version")
    assert {key: await redis.get(key) for key in await redis.keys("vault:*")} == before
    assert (await client.get("/v1/sessions/current")).status_code == 200
