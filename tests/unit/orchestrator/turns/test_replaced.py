"""A turn whose plan a person has edited waits for the edited plan; the model is not asked before that has ended."""

from __future__ import annotations

import time
from typing import Any

import httpx

from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.runner import TurnRunner
from tests.fakes.openai_server import OpenAIServer, call, say
from tests.fakes.workers import FakePlans, a_session
from tests.unit.orchestrator.turns.conftest import StartGateway, eventually, until_settled

Http = tuple[httpx.AsyncClient, Session]
BUCKET = '{"bucket_name": "a-b", "region": "eu-central-1"}'


async def test_the_turn_waits_for_the_edited_plan_and_goes_on_after_it(
    start_gateway: StartGateway, model_server: OpenAIServer, plans: FakePlans, redis: Any
) -> None:
    model_server.replies += [call(("create_s3_bucket", BUCKET)), say("It is made.")]
    runner: TurnRunner = await start_gateway()
    turn = await runner.start_turn(a_session(), "Create the bucket a-b", None)
    waiting = await until_settled(runner, turn.turn_id)
    old = plans.plans[str(waiting.plan_id)]
    edited = old.model_copy(update={"plan_id": "pln_edited", "replaces": old.plan_id, "digest": "e" * 64})
    plans.plans["pln_edited"] = edited
    asked = len(model_server.requests)
    ended = {"status": "cancelled", "replaced_by": "pln_edited", "ended_at": time.time()}

    for _ in range(2):
        await runner.plan_ends.ended(old.model_copy(update=ended))

    moved = await runner.store.load(turn.turn_id)
    assert moved is not None
    assert (moved.status, moved.plan_id, moved.plan_ids) == (
        "waiting_for_approval",
        "pln_edited",
        [old.plan_id, "pln_edited"],
    )
    assert "e" * 64 in moved.answer
    assert len(model_server.requests) == asked
    events = [fields["type"] for _, fields in await redis.xrange(f"events:{turn.turn_id}")]
    assert events[-3:] == ["plan", "answer", "turn"]

    await runner.plan_ends.ended(plans.done("pln_edited"))
    await eventually(lambda: _ended(runner, turn.turn_id))
    assert len(model_server.requests) == asked + 1


async def _ended(runner: TurnRunner, turn_id: str) -> bool:
    turn = await runner.store.load(turn_id)
    return turn is not None and turn.status == "completed"
