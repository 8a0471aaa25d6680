"""Turns of gateways of two versions: each keeps what the other wrote, and leaves alone what it cannot read."""

from __future__ import annotations

import json
from typing import Any

import httpx
from redis.asyncio import Redis

from services.orchestrator.turns.runner import TurnRunner
from services.orchestrator.turns.store import RUNNING, Turn, lease_key, new_turn, turn_key
from services.orchestrator.workers.view import ToolStep
from tests.fakes.newer import added, newer
from tests.fakes.openai_server import OpenAIServer, say
from tests.fakes.workers import a_result, a_session
from tests.unit.orchestrator.turns.conftest import Ask, StartGateway, until_settled


def a_turn(session_id: str = "ses_test") -> Turn:
    turn = new_turn(a_session(session_id), "cnv_test", "How much S3?")
    turn.steps.append(ToolStep.of(a_result("get_s3_usage", {"total_bytes": 1}), {}))
    return turn


async def leave(redis: Redis, fields: Any) -> None:
    """Store a running turn as a gateway leaves it that died."""
    await redis.set(turn_key(fields["turn_id"]), json.dumps(fields))
    await redis.zadd(RUNNING, {fields["turn_id"]: 1})


async def record(redis: Redis, turn_id: str) -> Any:
    return json.loads(await redis.get(turn_key(turn_id)) or "null")


async def test_a_turn_taken_over_from_a_newer_gateway_keeps_what_that_one_wrote(
    redis: Redis, runner: TurnRunner, model_server: OpenAIServer
) -> None:
    fields = newer(a_turn())
    model_server.replies.append(say("1 byte."))

    await leave(redis, fields)
    turn = await until_settled(runner, fields["turn_id"])  # type: ignore[index,call-overload]  # it is an object

    assert (turn.status, turn.answer) == ("completed", "1 byte.")
    kept = await record(redis, turn.turn_id)
    assert kept["status"] == "completed"
    assert added(kept) == added(fields)
    assert {"", "session", "session.scoping", "usage", "steps.0"} <= added(kept)


async def test_a_turn_that_cannot_be_read_is_left_and_stops_no_other(
    redis: Redis, start_gateway: StartGateway, model_server: OpenAIServer
) -> None:
    unreadable = json.loads(a_turn().model_dump_json()) | {"status": "running", "v": 2}
    readable = json.loads(a_turn().model_dump_json())
    model_server.replies.append(say("1 byte."))

    await leave(redis, unreadable)
    await leave(redis, readable)
    runner = await start_gateway()

    assert (await until_settled(runner, readable["turn_id"])).status == "completed"
    assert await record(redis, unreadable["turn_id"]) == unreadable
    assert await redis.get(lease_key(unreadable["turn_id"])) is None
    assert await redis.zscore(RUNNING, unreadable["turn_id"]) == 1


async def test_a_conversation_is_shown_without_the_turn_that_cannot_be_read(
    ask: Ask, redis: Redis, runner: TurnRunner, signed_in: tuple[httpx.AsyncClient, Any], model_server: OpenAIServer
) -> None:
    client, _ = signed_in
    model_server.replies += [say("one"), say("two")]
    first = (await client.post("/v1/chat", json={"message": "one?"})).json()
    asked = {"message": "two?", "conversation_id": first["conversation_id"]}
    second = (await client.post("/v1/chat", json=asked)).json()
    await redis.set(turn_key(first["turn_id"]), json.dumps(await record(redis, first["turn_id"]) | {"v": 2}))

    shown = (await client.get(f"/v1/conversations/{first['conversation_id']}")).json()
    alone = await client.get(first["links"]["self"])

    assert ([turn["turn_id"] for turn in shown["turns"]], shown["turn_count"]) == ([second["turn_id"]], 2)
    assert (alone.status_code, alone.json()["code"]) == (503, "record_unreadable")
