"""What a turn writes: little, at once, and nothing twice."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.turns import conversations
from services.orchestrator.turns.conversations import ConversationStore, new_conversation
from services.orchestrator.turns.events import TextStream, events_after, turn_event
from services.orchestrator.turns.runner import TurnRunner
from services.orchestrator.turns.settling import settled
from services.orchestrator.turns.store import RUNNING, Turn, TurnStore, active_key, lease_key, new_turn, turn_key
from shared.broker.failures import LeaseLost
from shared.errors import Conflict
from tests.fakes.openai_server import OpenAIServer, say
from tests.fakes.workers import a_session
from tests.unit.orchestrator.turns.conftest import until_settled

HOLDER = "gw_1"


async def begin(redis: Redis, turn: Turn, *, new: bool = True, holder: str = HOLDER) -> None:
    conversation = new_conversation(a_session(), turn.message).model_copy(
        update={"conversation_id": turn.conversation_id}
    )
    event = turn_event(turn, sandbox=False)
    await ConversationStore(redis).begin_turn(conversation, turn, event, new=new, holder=holder, seconds=60)


def a_turn(conversation_id: str = "cnv_1") -> Turn:
    return new_turn(a_session(), conversation_id, "How much?")


async def test_a_turn_begun_again_after_a_lost_answer_is_begun_once(redis: Redis) -> None:
    turn = a_turn()
    await begin(redis, turn)
    await begin(redis, turn)
    assert [kind for _, kind, _ in await events_after(redis, turn.turn_id, "0-0")] == ["turn"]
    assert await ConversationStore(redis).count("cnv_1") == 1
    assert await redis.zrange(RUNNING, 0, -1) == [turn.turn_id]


async def test_a_turn_that_cannot_begin_leaves_nothing(redis: Redis) -> None:
    first, second = a_turn(), a_turn()
    await begin(redis, first)
    with pytest.raises(Conflict) as raised:
        await begin(redis, second, new=False)
    assert (raised.value.code, raised.value.extra["turn_id"]) == ("conversation_busy", first.turn_id)
    left: Any = await redis.keys(f"*{second.turn_id}*")
    assert left == []
    assert await ConversationStore(redis).count("cnv_1") == 1


async def test_the_place_of_a_gateway_that_died_before_it_saved_its_turn_is_free(redis: Redis) -> None:
    await redis.set(active_key("cnv_1"), "trn_gone")
    turn = a_turn()
    await begin(redis, turn)
    assert await redis.get(active_key("cnv_1")) == turn.turn_id


async def test_a_full_conversation_takes_no_turn(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "MAX_TURNS", 1)
    store, first = TurnStore(redis, HOLDER), a_turn()
    await begin(redis, first)
    first.status = "completed"
    await store.save(first)
    with pytest.raises(Conflict) as raised:
        await begin(redis, a_turn(), new=False)
    assert raised.value.code == "conversation_full"


async def test_a_turn_that_no_longer_runs_gives_back_its_lease_and_place_with_its_last_save(redis: Redis) -> None:
    store, turn = TurnStore(redis, HOLDER), a_turn()
    await begin(redis, turn)
    await store.save(turn)
    assert await redis.get(lease_key(turn.turn_id)) == HOLDER
    turn.status = "completed"
    await store.save(turn)
    assert not await redis.exists(lease_key(turn.turn_id), active_key("cnv_1"))
    assert not await redis.zcard(RUNNING)


async def test_text_that_comes_at_once_is_written_with_what_follows_it(redis: Redis) -> None:
    store, turn = TurnStore(redis, HOLDER), a_turn()
    await begin(redis, turn)
    async with TextStream(store, turn) as stream:
        for word in ["one ", "two "] * 40:
            await stream.add(word)
    assert "".join(event.data.model_dump()["delta"] for event in stream.rest) == "one two " * 40
    assert [kind for _, kind, _ in await events_after(redis, turn.turn_id, "0-0")] == ["turn"]


async def test_text_of_a_turn_that_another_gateway_has_taken_is_an_error(redis: Redis) -> None:
    store, turn = TurnStore(redis, HOLDER), a_turn()
    await begin(redis, turn, holder="gw_other")

    async def tell() -> None:
        async with TextStream(store, turn) as stream:
            while True:
                await stream.add("a" * 50)
                await redis.ping()

    with pytest.raises(LeaseLost):
        await tell()


async def test_none_of_a_slow_models_text_is_lost_or_told_twice(
    runner: TurnRunner, redis: Redis, model_server: OpenAIServer
) -> None:
    model_server.replies.append(say("word " * 30, pause=0.02))
    turn = await runner.start_turn(a_session(), "Tell me", None)
    ended = await until_settled(runner, turn.turn_id)
    told = await events_after(redis, turn.turn_id, "0-0")
    kinds = [kind for _, kind, _ in told]
    assert kinds[-2:] == ["answer", "turn"]

    assert "".join(json.loads(data)["delta"] for _, kind, data in told if kind == "text") == ended.answer


async def test_who_waits_for_a_turn_gets_what_was_saved_in_the_end_without_reading_it_again(redis: Redis) -> None:
    store, turn = TurnStore(redis, HOLDER), a_turn()
    await begin(redis, turn)
    waiting = asyncio.create_task(settled(store, turn.turn_id, 60.0, runs_here=lambda: True))
    await asyncio.sleep(0)
    await store.save(turn)
    turn.status, turn.answer = "completed", "Done."
    await store.save(turn)
    assert await waiting is turn
    assert await store.load(turn.turn_id) == turn


async def test_an_end_that_could_not_be_saved_is_no_end(redis: Redis) -> None:
    store, turn = TurnStore(redis, HOLDER), a_turn()
    await begin(redis, turn, holder="gw_other")
    runs = True
    waiting = asyncio.create_task(settled(store, turn.turn_id, 60.0, runs_here=lambda: runs))
    await asyncio.sleep(0)
    turn.status = "completed"
    with pytest.raises(LeaseLost):
        await store.save(turn)
    stored = await store.load(turn.turn_id)
    assert stored is not None
    assert stored.status == "running"
    await redis.set(turn_key(turn.turn_id), stored.model_copy(update={"status": "failed"}).model_dump_json())
    runs = False
    store.notify(turn.turn_id)
    found = await waiting
    assert found is not None
    assert found.status == "failed"
