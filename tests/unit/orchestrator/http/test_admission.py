"""What a gateway answers while Redis or a queue is nearly full."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.app import create_app
from services.orchestrator.http.admission import Admission, Gauge
from shared.messages import Agent
from shared.tasks.records import MAX_OPEN_TASKS, Keys

NEW_WORK = (
    "/v1/sessions",
    "/v1/chat",
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/plans",
    "/v1/tools/get_s3_usage",
    "/v1/files",
    "/v1/grants",
    "/mcp",
)
GOES_ON = (
    ("GET", "/healthz"),
    ("GET", "/v1/plans"),
    ("GET", "/v1/sessions/current"),
    ("DELETE", "/v1/sessions/current"),
    ("DELETE", "/v1/grants/gr_1"),
    ("POST", "/v1/sessions/current/renew"),
    ("POST", "/v1/plans/pln_1/approve"),
    ("POST", "/v1/plans/pln_1/reject"),
    ("POST", "/v1/plans/pln_1/cancel"),
    ("POST", "/v1/plans/pln_1/resolve"),
    ("POST", "/v1/plans/pln_1/undo"),
)


@pytest.fixture
async def gauge(redis: Redis) -> AsyncIterator[Gauge]:
    yield Gauge(redis)
    await redis.config_set("maxmemory", 0)


async def fill(redis: Redis, share: float) -> None:
    """Set the limit so that this share of it is used."""
    used = (await redis.info("memory"))["used_memory"]
    await redis.config_set("maxmemory", int(used / share))


async def code_seen(gauge: Gauge, path: str = "/v1/chat") -> str | None:
    await gauge.look()
    refusal = gauge.refusal(path)
    return refusal.code if refusal else None


async def test_new_work_is_refused_from_seventy_percent_of_the_memory_on(redis: Redis, gauge: Gauge) -> None:
    assert await code_seen(gauge) is None
    await fill(redis, 0.6)
    assert await code_seen(gauge) is None
    await fill(redis, 0.75)
    assert await code_seen(gauge) == "broker_full"
    await fill(redis, 0.6)
    assert await code_seen(gauge) is None


async def test_new_work_is_refused_while_an_agents_queue_is_nearly_full(redis: Redis, gauge: Gauge) -> None:
    tasks = {f"call.{n}": float(n) for n in range(int(MAX_OPEN_TASKS * 0.7))}
    await redis.zadd(Keys("executor").open, tasks)
    assert await code_seen(gauge) == "queue_full"
    await redis.zrem(Keys("executor").open, "call.0")
    assert await code_seen(gauge) is None


@pytest.mark.parametrize(
    ("agent", "refused"),
    [
        ("info", {"/v1/chat", "/v1/chat/completions", "/v1/responses", "/mcp", "/v1/tools/get_s3_usage"}),
        ("advisor", {"/v1/tools/validate_policy"}),
        ("executor", {"/v1/chat", "/v1/chat/completions", "/v1/responses", "/mcp", "/v1/plans"}),
    ],
)
async def test_a_full_queue_refuses_only_what_is_for_its_agent(
    redis: Redis, gauge: Gauge, agent: Agent, refused: set[str]
) -> None:
    """Its own workers can fill it, so it must not be a way to stop the others."""
    await redis.zadd(Keys(agent).open, {f"call.{n}": float(n) for n in range(MAX_OPEN_TASKS)})
    found = {path for path in (*NEW_WORK, "/v1/tools/validate_policy") if await code_seen(gauge, path)}
    assert found == refused


async def test_who_may_not_ask_for_the_memory_is_not_limited_by_it(redis: Redis, gauge: Gauge) -> None:
    await fill(redis, 0.9)
    await redis.acl_setuser("blind", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-info"])
    pool = redis.connection_pool.connection_kwargs
    blind = Redis(host=pool["host"], port=pool["port"], username="blind", password="x", decode_responses=True)
    assert await code_seen(Gauge(blind)) is None
    await blind.aclose()
    await redis.acl_deluser("blind")


async def test_a_full_gateway_refuses_what_adds_work_and_goes_on_with_the_rest(
    redis: Redis, gauge: Gauge, settings: Any, gateway: Any
) -> None:
    app = create_app(settings, lambda _: gateway)
    await fill(redis, 0.9)
    await gauge.look()
    transport = httpx.ASGITransport(_with(app, gauge))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        for path in NEW_WORK:
            refused = await client.post(path, json={})
            assert (path, refused.status_code, refused.json()["code"]) == (path, 429, "broker_full")
            assert refused.headers["content-type"] == "application/problem+json"
            assert int(refused.headers["Retry-After"]) > 0
        for method, path in GOES_ON:
            answer = await client.request(method, path)
            assert answer.status_code != 429, path


def _with(app: Any, gauge: Gauge) -> Any:
    """The application with this gauge instead of its own, which looks only while the lifespan runs."""
    for middleware in app.user_middleware:
        if middleware.cls is Admission:
            middleware.kwargs["gauge"] = gauge
    return app
