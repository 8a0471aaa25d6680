"""Opening, using and forgetting a session."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from services.orchestrator.http.limits import COUNTER_SECONDS
from services.orchestrator.settings import GatewaySettings
from shared.errors import AwsError, Forbidden, Unauthenticated
from shared.keys.vault import unseal, vault_key
from shared.messages import Agent
from shared.sessions.credentials import AgentSession
from tests.unit.orchestrator.conftest import OpenSession

ROLE = "arn:aws:iam::123456789012:role/assistant"
SECRET = "s" * 40


@pytest.fixture
def opened(redis: Redis, private_keys: dict[Agent, str], settings: GatewaySettings) -> Any:
    async def unsealed(agent: Agent, session_id: str) -> AgentSession:
        sealed: Any = await redis.get(vault_key(agent, session_id))
        return unseal(sealed, agent, session_id, private_keys[agent], settings.signing_key(agent))

    return unsealed


async def everything_in(redis: Redis) -> str:
    parts: list[Any] = []
    for key in await redis.keys("*"):
        kind = await redis.type(key)
        read = {"string": redis.get, "set": redis.smembers, "hash": redis.hgetall, "stream": redis.xrange} | {
            "zset": lambda name: redis.zrange(name, 0, -1)
        }
        read = read[kind]
        parts += [key, await read(key)]
    return repr(parts)


async def test_a_key_opens_a_session_whose_token_works(client: httpx.AsyncClient, credentials: dict[str, Any]) -> None:
    answer = await client.post("/v1/sessions", json=credentials)

    assert answer.status_code == 201
    body = answer.json()
    assert body["account"] == "123456789012"
    assert body["caller_arn"].endswith(":user/dev")
    assert body["regions"] == ["eu-central-1", "eu-west-1", "us-east-1"]
    assert body["expires_at"].endswith("Z")
    assert answer.headers["Location"] == "/v1/sessions/current"
    shown = await client.get("/v1/sessions/current", headers={"Authorization": f"Bearer {body['token']}"})
    assert shown.status_code == 200
    assert shown.json() == {key: value for key, value in body.items() if key != "token"}


async def test_neither_the_secret_nor_the_token_is_stored_anywhere(
    client: httpx.AsyncClient, redis: Redis, credentials: dict[str, Any], opened: Any
) -> None:
    body = (await client.post("/v1/sessions", json=credentials)).json()

    stored = await everything_in(redis)
    assert body["session_id"] in stored
    assert body["token"] not in stored
    assert SECRET not in stored
    for agent in ("info", "advisor", "executor"):
        assert (await opened(agent, body["session_id"])).credentials.secret_access_key != SECRET


async def test_without_a_role_the_scoping_says_what_that_means(
    client: httpx.AsyncClient, credentials: dict[str, Any], opened: Any
) -> None:
    body = (await client.post("/v1/sessions", json=credentials)).json()

    assert body["scoping"]["mode"] == "session_token"
    assert any("IAM" in note for note in body["scoping"]["notes"])
    assert "role_arn" in body["scoping"]["recommendation"]
    assert "IAM" in body["agents"]["info"]["cannot"]
    assert (await opened("executor", body["session_id"])).role_arn is None


async def test_with_a_role_every_agent_gets_its_own_credentials_under_its_own_policy(
    client: httpx.AsyncClient, credentials: dict[str, Any], opened: Any, sts: Any
) -> None:
    request = {**credentials, "role_arn": ROLE, "external_id": "team-1"}
    body = (await client.post("/v1/sessions", json=request)).json()

    assert body["scoping"]["mode"] == "role"
    info, advisor = await opened("info", body["session_id"]), await opened("advisor", body["session_id"])
    assert info.credentials.session_token == f"assistant-info-{body['session_id']}"
    assert advisor.credentials.session_token == f"assistant-advisor-{body['session_id']}"
    assert info.role_arn is None
    policies = {asked.session_name: asked.policy for kind, asked in sts.asked if kind == "assume_role"}
    assert len(set(policies.values())) == 2
    assert all(asked.external_id == "team-1" for kind, asked in sts.asked if kind == "assume_role")


async def test_the_executor_gets_no_session_of_the_role_but_what_it_takes_to_assume_it(
    client: httpx.AsyncClient, credentials: dict[str, Any], opened: Any
) -> None:
    request = {**credentials, "role_arn": ROLE, "external_id": "team-1"}
    body = (await client.post("/v1/sessions", json=request)).json()

    executor = await opened("executor", body["session_id"])
    assert executor.credentials.session_token == "session-token"
    assert (executor.role_arn, executor.external_id) == (ROLE, "team-1")


async def test_a_temporary_key_is_used_as_it_is(
    client: httpx.AsyncClient, credentials: dict[str, Any], opened: Any, sts: Any
) -> None:
    given = {**credentials, "access_key_id": "ASIAABCDEFGHIJKLMNOP", "session_token": "x" * 64}
    body = (await client.post("/v1/sessions", json=given)).json()

    assert body["scoping"]["mode"] == "temporary"
    assert (await opened("info", body["session_id"])).credentials.session_token == "x" * 64
    assert not sts.asked


async def test_a_role_of_another_account_makes_that_the_sessions_account(
    client: httpx.AsyncClient, credentials: dict[str, Any]
) -> None:
    request = {**credentials, "role_arn": "arn:aws:iam::210987654321:role/assistant"}
    body = (await client.post("/v1/sessions", json=request)).json()

    assert body["account"] == "210987654321"
    assert any("123456789012" in note for note in body["scoping"]["notes"])


@pytest.mark.parametrize(
    "change",
    [
        {"access_key_id": "AKIASHORT"},
        {"access_key_id": "akiaabcdefghijklmnop"},
        {"secret_access_key": "too-short"},
        {"access_key_id": "ASIAABCDEFGHIJKLMNOP"},
        {"session_token": "x" * 64},
    ],
)
async def test_malformed_credentials_are_refused_without_repeating_them(
    client: httpx.AsyncClient, credentials: dict[str, Any], change: dict[str, str]
) -> None:
    answer = await client.post("/v1/sessions", json={**credentials, **change})

    assert answer.status_code == 401
    assert answer.json()["code"] == "credentials_malformed"
    assert not any(value in answer.text for value in {**credentials, **change}.values() if value != "eu-central-1")


@pytest.mark.parametrize("code", ["credentials_invalid", "credentials_expired"])
async def test_what_aws_does_not_accept_is_401(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, code: str
) -> None:
    sts.refused = Unauthenticated("no", code=code)

    answer = await client.post("/v1/sessions", json=credentials)

    assert answer.status_code == 401
    assert answer.json()["code"] == code
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_root_credentials_are_refused_with_what_to_do(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, redis: Redis
) -> None:
    sts.arn = "arn:aws:iam::123456789012:root"

    answer = await client.post("/v1/sessions", json=credentials)

    assert answer.status_code == 403
    assert answer.json()["code"] == "credentials_too_broad"
    assert "role_arn" in answer.json()["detail"]
    assert not await redis.keys("vault:*")


@pytest.mark.parametrize(
    "reason", [Forbidden("AWS denied AssumeRole: because", code="aws_access_denied"), AwsError("because")]
)
async def test_a_role_that_cannot_be_assumed_is_403_with_the_reason(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any, reason: Any
) -> None:
    sts.denied = reason

    answer = await client.post("/v1/sessions", json={**credentials, "role_arn": ROLE})

    assert answer.status_code == 403
    assert answer.json()["code"] == "role_not_assumable"
    assert "because" in answer.json()["detail"]


async def test_regions_that_cannot_be_listed_leave_the_sessions_own_and_a_note(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: Any
) -> None:
    sts.regions_denied = Forbidden("AWS denied DescribeRegions", code="aws_access_denied")

    body = (await client.post("/v1/sessions", json=credentials)).json()

    assert body["regions"] == ["eu-central-1"]
    assert any("DescribeRegions" in note for note in body["scoping"]["notes"])


async def test_the_sessions_region_is_always_among_its_regions(
    client: httpx.AsyncClient, credentials: dict[str, Any]
) -> None:
    body = (await client.post("/v1/sessions", json={**credentials, "regions": ["us-east-1"]})).json()

    assert body["regions"] == ["eu-central-1", "us-east-1"]


@pytest.mark.parametrize("change", [{"region": "eu-nowhere-1"}, {"regions": ["eu-west-1", "xx-west-9"]}])
async def test_a_region_aws_does_not_have_is_422(
    client: httpx.AsyncClient, credentials: dict[str, Any], change: dict[str, Any]
) -> None:
    answer = await client.post("/v1/sessions", json={**credentials, **change})

    assert answer.status_code == 422
    assert answer.json()["code"] == "unknown_region"


async def test_an_unknown_field_or_a_bad_role_is_named_but_no_value_is_repeated(
    client: httpx.AsyncClient, credentials: dict[str, Any]
) -> None:
    answer = await client.post("/v1/sessions", json={**credentials, "role_arn": "nonsense", "extra": "private"})

    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"role_arn", "extra"}
    assert "nonsense" not in answer.text
    assert "private" not in answer.text
    assert SECRET not in answer.text


async def test_a_forgotten_session_leaves_nothing_behind(signed_in: Any, redis: Redis) -> None:
    client, _ = signed_in

    answer = await client.delete("/v1/sessions/current")

    assert answer.status_code == 204
    assert answer.content == b""
    # The audit outlives the session; there is no credential in it.
    assert [key for key in await redis.keys("*") if not str(key).startswith(("rate:", "audit:"))] == []
    after = await client.get("/v1/sessions/current")
    assert (after.status_code, after.json()["code"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "unauthenticated"),
        ("Basic abc", "unauthenticated"),
        ("Bearer", "unauthenticated"),
        ("Bearer nope", "invalid_token"),
    ],
)
async def test_without_a_sessions_token_nothing_is_shown(
    client: httpx.AsyncClient, header: str | None, code: str
) -> None:
    answer = await client.get("/v1/sessions/current", headers={"Authorization": header} if header else {})

    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_every_key_of_a_session_ends_with_it(signed_in: Any, redis: Redis) -> None:
    for key in await redis.keys("*"):
        assert 0 < await redis.ttl(key) <= 3600, key


async def test_the_requests_of_a_minute_are_counted_and_the_count_ends_by_itself(
    gateway: Gateway, redis: Redis, open_session: OpenSession
) -> None:
    session, token = await open_session()
    counted = [(await gateway.sessions.enter(token, window))[1] for window in (7, 7, 8)]
    assert counted == [1, 2, 1]
    for window in (7, 8):
        assert 0 < await redis.ttl(f"rate:{session.session_id}:{window}") <= COUNTER_SECONDS
    await redis.delete(f"rate:{session.session_id}:8")
    await gateway.sessions.enter(token, 8)
    assert await redis.ttl(f"rate:{session.session_id}:8") > 0


async def test_a_gateway_that_knows_a_token_refuses_it_as_soon_as_its_session_is_closed(
    gateway: Gateway, open_session: OpenSession
) -> None:
    session, token = await open_session()
    await gateway.sessions.enter(token, 7)
    await gateway.sessions.close(session)
    with pytest.raises(Unauthenticated):
        await gateway.sessions.enter(token, 7)


async def test_a_renewed_session_is_seen_by_the_next_request(
    gateway: Gateway, redis: Redis, open_session: OpenSession
) -> None:
    session, token = await open_session()
    await gateway.sessions.enter(token, 7)
    key = f"session:{await redis.get(f'session-id:{session.session_id}')}"
    await redis.set(key, session.model_copy(update={"region": "eu-west-1"}).model_dump_json())
    assert (await gateway.sessions.enter(token, 7))[0].region == "eu-west-1"
