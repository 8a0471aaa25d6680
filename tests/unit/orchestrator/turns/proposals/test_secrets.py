"""A plan with a secret is refused over REST and in a turn, before anything of the secret is stored, logged or sent."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.plans.service import PlanService
from services.orchestrator.plans.store import PlanStore
from services.orchestrator.sessions.session import Session
from tests.fakes.openai_server import OpenAIServer, call, say
from tests.fakes.workers import FakeDispatcher
from tests.unit.orchestrator.turns.test_typed_secrets import everything_in

Http = tuple[httpx.AsyncClient, Session]
KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz9Qe4aTqL"
PASSWORD = "Hunter2-and-more"


@pytest.fixture
def plans(redis: Redis, dispatcher: Any, settings: Any) -> PlanService:
    """Instead of the fake: what refuses is part of this."""
    return PlanService(redis, dispatcher, PlanStore(redis), AuditTrail(redis, settings))


KINDS: list[tuple[dict[str, Any], str]] = [
    ({"bucket_name": {"deep": [KEY]}}, "argument bucket_name.deep.0"),
    ({KEY: "a"}, "argument "),
    ({"tags": {"DB_PASSWORD": PASSWORD}}, "argument tags.DB_PASSWORD"),
    ({"tags": [{"Key": "ApiKey", "Value": PASSWORD}]}, "argument tags.0.Value"),
    ({"description": f"The password is {PASSWORD}"}, "argument description"),
    ({"environment": {"Variables": {"DB_PASSWORD": PASSWORD}}}, "argument environment.Variables.DB_PASSWORD"),
    ({"policy_document": json.dumps({"Statement": [{"Sid": KEY}]})}, "argument policy_document"),
]


def without_a_trace(*places: str) -> bool:
    return not any(part in place for place in places for part in (KEY, KEY[:20], PASSWORD, PASSWORD[:12]))


@pytest.mark.parametrize(("arguments", "where"), KINDS)
async def test_over_rest(
    arguments: dict[str, Any],
    where: str,
    signed_in: Http,
    redis: Redis,
    dispatcher: FakeDispatcher,
    capsys: pytest.CaptureFixture[str],
) -> None:
    http, _ = signed_in
    step = {"id": "make", "operation": "create_s3_bucket", "arguments": arguments}
    body = {"goal": "g", "steps": [{"operation": "delete_s3_bucket"}, step]}

    answer = await http.post("/v1/plans", json=body, headers={"Idempotency-Key": "k1"})

    assert (answer.status_code, answer.json()["code"]) == (422, "secret_in_plan")
    assert answer.json()["detail"].startswith(f"step 2 (make), {where}")
    assert dispatcher.calls == []
    stored = await everything_in(redis)
    audit = (await http.get("/v1/audit")).text
    assert without_a_trace(answer.text, stored, audit, *capsys.readouterr())
    assert "idempotency" not in stored


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(("arguments", "where"), KINDS)
async def test_in_a_turn(
    arguments: dict[str, Any],
    where: str,
    whole: bool,
    signed_in: Http,
    redis: Redis,
    model_server: OpenAIServer,
    dispatcher: FakeDispatcher,
    capsys: pytest.CaptureFixture[str],
) -> None:
    http, _ = signed_in
    steps = [{"id": "make", "operation": "create_s3_bucket", "arguments": arguments}]
    proposal = {"goal": f"with {KEY}", "steps": steps}
    asked = ("propose_plan", json.dumps(proposal)) if whole else ("create_s3_bucket", json.dumps(arguments))
    model_server.replies += [call(asked), say("I cannot put that into a plan.")]

    answer = await http.post("/v1/chat", json={"message": "Make it"})

    assert answer.json()["status"] == "completed", answer.text
    assert answer.json().get("plan") is None
    assert dispatcher.calls == []
    told = model_server.messages()[-1]
    assert told["role"] == "tool"
    assert "secret_in_plan" in told["content"]
    sent = json.dumps(model_server.requests)
    stored = await everything_in(redis)
    audit = (await http.get("/v1/audit")).text
    assert without_a_trace(answer.text, stored, audit, sent, *capsys.readouterr())


@pytest.mark.parametrize("text", ['{"tags": {"DB_PASSWORD": "Hunter2-and-more"', f"secret {KEY}"])
async def test_a_proposal_that_is_no_json_leaves_no_trace_of_a_key(
    text: str, signed_in: Http, redis: Redis, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    http, _ = signed_in
    model_server.replies += [call(("create_s3_bucket", text)), say("No.")]

    answer = await http.post("/v1/chat", json={"message": "Make it"})

    assert dispatcher.calls == []
    assert without_a_trace(answer.text, await everything_in(redis), json.dumps(model_server.requests))


async def test_a_change_that_the_model_writes_into_its_text_is_told_without_its_secret(
    signed_in: Http, redis: Redis, model_server: OpenAIServer
) -> None:
    http, _ = signed_in
    written = {"name": "create_s3_bucket", "arguments": {"tags": {"DB_PASSWORD": PASSWORD}}}
    model_server.replies += [say(f"<tool_call>{json.dumps(written)}</tool_call>")]

    answer = await http.post("/v1/chat", json={"message": "Make it"})

    assert "create_s3_bucket" in answer.json()["answer"]
    assert without_a_trace(answer.text, await everything_in(redis))
