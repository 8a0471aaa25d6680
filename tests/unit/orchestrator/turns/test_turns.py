"""Turns outlive requests and gateways: resumed where they were, by one gateway at a time, told once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import JsonValue
from redis.asyncio import Redis

from services.orchestrator.turns.events import StreamedEvent, TextEvent, check_event_id, follow
from services.orchestrator.turns.runner import TurnRunner
from services.orchestrator.turns.store import Event, TurnStore, lease_key, new_turn
from shared.broker.failures import LeaseLost
from shared.errors import BadRequest, Conflict, NotFound
from tests.fakes.openai_server import OpenAIServer, call, say
from tests.fakes.workers import FakeDispatcher, FakePlans, a_session, answers
from tests.unit.orchestrator.turns.conftest import Ask, StartGateway, eventually, until_settled

BUCKET = '{"bucket_name": "a-b", "region": "eu-central-1"}'


async def crash(runner: TurnRunner, redis: Redis) -> None:
    """End a gateway as SIGKILL does: nothing is given back; then let its leases run out."""
    tasks = {**runner._tasks}
    for task in tasks.values():
        task.cancel()
    loops = [loop.stop() for loop in runner._loops]
    await asyncio.gather(*loops, *tasks.values(), return_exceptions=True)
    for turn_id in tasks:
        await redis.delete(lease_key(turn_id))


async def events_of(runner: TurnRunner, turn_id: str, after: str = "0-0") -> list[StreamedEvent]:
    found = follow(runner.redis, runner.store, turn_id, after, until_waiting=True)
    return [event async for event in found if event]


def kinds(events: list[StreamedEvent]) -> list[str]:
    return [kind for _, kind, _ in events]


class Gate:
    """A tool that answers only once it is opened."""

    def __init__(self) -> None:
        self.opened, self.reached = asyncio.Event(), asyncio.Event()

    async def __call__(self, _: dict[str, JsonValue]) -> JsonValue:
        self.reached.set()
        await self.opened.wait()
        return "late"


async def test_a_turn_is_resumed_by_another_gateway_and_nothing_is_done_twice(
    start_gateway: StartGateway, redis: Redis, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    gate = Gate()
    dispatcher.replies |= {"get_s3_usage": answers("quick"), "list_ec2_instances": gate}
    model_server.replies += [call(("get_s3_usage", "{}"), ("list_ec2_instances", "{}")), say("All of it.")]
    first = await start_gateway()
    turn = await first.start_turn(a_session(), "Everything?", None)

    async def quick_is_saved() -> bool:
        saved = await first.store.load(turn.turn_id)
        return saved is not None and len(saved.steps) == 1 and gate.reached.is_set()

    await eventually(quick_is_saved)
    await crash(first, redis)
    gate.opened.set()
    second = await start_gateway()
    ended = await until_settled(second, turn.turn_id)
    assert (ended.status, ended.answer, ended.takeovers) == ("completed", "All of it.", 1)
    # The two are made at the same time: either may be first.
    assert sorted((call.call_id, call.tool) for call in dispatcher.calls) == [
        (f"{turn.turn_id}.0", "get_s3_usage"),
        (f"{turn.turn_id}.1", "list_ec2_instances"),
        (f"{turn.turn_id}.1", "list_ec2_instances"),
    ]
    assert len(model_server.requests) == 2
    told = kinds(await events_of(second, turn.turn_id))
    assert told.count("answer") == 1
    assert told.count("step") == 2
    assert told[-1] == "turn"


async def test_a_gateway_that_stops_hands_its_turns_over_at_once(
    start_gateway: StartGateway, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    gate = Gate()
    dispatcher.replies["get_s3_usage"] = gate
    model_server.replies += [call(("get_s3_usage", "{}")), say("Done.")]
    first = await start_gateway()
    second = await start_gateway()
    turn = await first.start_turn(a_session(), "Size?", None)
    await gate.reached.wait()
    gate.opened.set()
    await first.stop()
    assert (await until_settled(second, turn.turn_id)).answer == "Done."


async def test_a_model_call_that_was_cut_off_is_made_again_and_its_text_marked(
    start_gateway: StartGateway, redis: Redis, model_server: OpenAIServer
) -> None:
    long = "word " * 40
    model_server.replies += [say(long, pause=0.1), say("Short.")]
    first = await start_gateway()
    turn = await first.start_turn(a_session(), "Tell me", None)

    async def text_came() -> bool:
        return bool(await redis.xlen(f"events:{turn.turn_id}") > 2)

    await eventually(text_came)
    await crash(first, redis)
    second = await start_gateway()
    assert (await until_settled(second, turn.turn_id)).answer == "Short."
    events = await events_of(second, turn.turn_id)
    resumed = next(n for n, (_, kind, data) in enumerate(events) if kind == "turn" and json.loads(data).get("resumed"))
    after = "".join(json.loads(data)["delta"] for _, kind, data in events[resumed:] if kind == "text")
    assert after == "Short."


async def test_who_lost_the_lease_writes_nothing(redis: Redis) -> None:
    mine, other = TurnStore(redis, "gw_1"), TurnStore(redis, "gw_2")
    turn = new_turn(a_session(), "cnv_1", "Hello")
    assert await mine.acquire(turn.turn_id)
    assert not await other.acquire(turn.turn_id)
    await mine.save(turn)
    with pytest.raises(LeaseLost):
        await other.save(turn)
    with pytest.raises(LeaseLost):
        await other.emit(turn, Event("text", TextEvent(delta="x", round=0)))
    await other.release(turn.turn_id)
    assert await mine.renew(turn.turn_id)


async def test_a_turn_that_meets_a_defect_in_redis_fails_at_once_and_is_not_run_again(
    start_gateway: StartGateway, redis: Redis, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    async def of_a_wrong_type(_: dict[str, JsonValue]) -> JsonValue:
        await redis.rpush("list", "x")
        return str(await redis.get("list"))

    dispatcher.replies["get_s3_usage"] = of_a_wrong_type
    model_server.replies += [call(("get_s3_usage", "{}"))]
    runner = await start_gateway()
    turn = await runner.start_turn(a_session(), "Size?", None)

    ended = await until_settled(runner, turn.turn_id)

    assert ended.status == "failed"
    assert ended.error is not None
    assert (ended.error.code, ended.takeovers) == ("internal_error", 0)


async def test_only_one_gateway_goes_on_after_a_plan(
    start_gateway: StartGateway, model_server: OpenAIServer, plans: FakePlans
) -> None:
    model_server.replies += [call(("create_s3_bucket", BUCKET)), say("Made.")]
    first, second = await start_gateway(), await start_gateway()
    begun = await first.start_turn(a_session(), "Make a bucket", None)
    waiting = await until_settled(first, begun.turn_id)
    assert waiting.plan_id is not None
    ended = plans.done(waiting.plan_id)
    await asyncio.gather(first.plan_ends.ended(ended), second.plan_ends.ended(ended))

    async def completed() -> bool:
        turn = await first.store.load(waiting.turn_id)
        return turn is not None and turn.status == "completed"

    await eventually(completed)
    assert len(model_server.requests) == 2
    told = [event async for event in follow(first.redis, first.store, begun.turn_id, "0-0") if event]
    assert kinds(told).count("plan") == 2
    assert json.loads(told[-1][2])["status"] == "completed"


async def test_a_turn_that_keeps_being_interrupted_is_given_up(
    start_gateway: StartGateway, redis: Redis, dispatcher: FakeDispatcher
) -> None:
    store = TurnStore(redis, "gw_gone")
    turn = new_turn(a_session(), "cnv_1", "Hello")
    turn.takeovers = 5
    await store.acquire(turn.turn_id)
    await store.save(turn)
    await store.release(turn.turn_id)
    runner = await start_gateway()
    ended = await until_settled(runner, turn.turn_id)
    assert ended.error is not None
    assert ended.error.code == "turn_abandoned"


async def test_a_conversation_has_one_running_turn(
    runner: TurnRunner, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    gate = Gate()
    dispatcher.replies["get_s3_usage"] = gate
    model_server.replies += [call(("get_s3_usage", "{}")), say("Done."), say("Next.")]
    turn = await runner.start_turn(a_session(), "Size?", None)
    with pytest.raises(Conflict) as raised:
        await runner.start_turn(a_session(), "And?", turn.conversation_id)
    assert raised.value.code == "conversation_busy"
    gate.opened.set()
    await until_settled(runner, turn.turn_id)
    again = await runner.start_turn(a_session(), "And?", turn.conversation_id)
    assert (await until_settled(runner, again.turn_id)).answer == "Next."


async def test_a_deleted_conversations_turn_stops(
    runner: TurnRunner, redis: Redis, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    gate = Gate()
    dispatcher.replies["get_s3_usage"] = gate
    model_server.replies.append(call(("get_s3_usage", "{}")))
    turn = await runner.start_turn(a_session(), "Size?", None)
    await gate.reached.wait()
    await runner.conversations.delete("ses_test", turn.conversation_id)
    gate.opened.set()

    async def stopped() -> bool:
        return not runner._tasks

    await eventually(stopped)
    assert await redis.keys(f"*{turn.turn_id}*") == []
    assert len(model_server.requests) == 1


async def test_a_foreign_conversation_is_not_found(runner: TurnRunner, ask: Ask, model_server: OpenAIServer) -> None:
    model_server.replies.append(say("Hello"))
    turn = await ask()
    for conversation_id in (turn.conversation_id, "cnv_none"):
        with pytest.raises(NotFound) as raised:
            await runner.start_turn(a_session("ses_other"), "Hello", conversation_id)
        assert raised.value.code == "conversation_not_found"


async def test_events_resume_from_any_point_without_loss_or_repeat(
    runner: TurnRunner, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    dispatcher.replies["get_s3_usage"] = answers(1)
    model_server.replies += [call(("get_s3_usage", "{}")), say("some words that come slowly " * 4, pause=0.02)]
    turn = await runner.start_turn(a_session(), "Size?", None)
    heard: list[StreamedEvent] = []
    after = "0-0"
    # A client that loses its connection after every second event, while the turn runs.
    while not (heard and heard[-1][1] == "turn" and json.loads(heard[-1][2])["status"] == "completed"):
        count = 0
        async for event in follow(runner.redis, runner.store, turn.turn_id, after):
            if event is None:
                continue
            heard.append(event)
            after, count = event[0], count + 1
            if count == 2:
                break
    whole = await events_of(runner, turn.turn_id)
    assert heard == whole
    text = "".join(json.loads(data)["delta"] for _, kind, data in heard if kind == "text")
    assert text.strip() == ("some words that come slowly " * 4).strip()
    assert kinds(heard)[:3] == ["turn", "step_started", "step"]
    assert kinds(heard)[-2:] == ["answer", "turn"]
    assert kinds(heard).count("text") < 20


@pytest.mark.parametrize("wrong", ["x", "1", "1-", "-1-0", "1-0; DROP", "9" * 30 + "-0"])
def test_an_event_id_of_another_form_is_refused(wrong: str) -> None:
    with pytest.raises(BadRequest):
        check_event_id(wrong)


async def test_conversations_come_in_pages_newest_first(
    runner: TurnRunner, ask: Ask, model_server: OpenAIServer
) -> None:
    model_server.replies += [say("Yes.") for _ in range(5)]
    for number in range(5):
        await ask(f"Question {number}\nand more")
    titles: list[str] = []
    cursor: str | None = None
    pages = 0
    while pages == 0 or cursor:
        items, _, cursor = await runner.conversations.page("ses_test", 2, cursor)
        titles += [item.title for item in items]
        pages += 1
    assert titles == [f"Question {number}" for number in (4, 3, 2, 1, 0)]
    assert pages == 3
    assert await runner.conversations.page("ses_other", 2, None) == ([], [], None)
    with pytest.raises(BadRequest):
        await runner.conversations.page("ses_test", 2, "nonsense")


async def test_the_conversation_so_far_is_told(ask: Ask, model_server: OpenAIServer) -> None:
    model_server.replies += [say("Hello Ada."), say("Ada.")]
    first = await ask("I am Ada")
    await ask("Who am I?", first.conversation_id)
    told: list[Any] = [message["content"] for message in model_server.messages()[1:]]
    assert told == ["I am Ada", "Hello Ada.", "Who am I?"]


async def test_a_turn_is_followed_on_another_gateway_too(
    start_gateway: StartGateway, model_server: OpenAIServer
) -> None:
    first, second = await start_gateway(), await start_gateway()
    model_server.replies.append(say("Some words, one by one.", pause=0.02))
    turn = await first.start_turn(a_session(), "Say", None)
    here, there = await asyncio.gather(events_of(first, turn.turn_id), events_of(second, turn.turn_id))
    assert here == there
    assert kinds(here)[-1] == "turn"


async def test_a_second_end_of_a_plan_in_doubt_leaves_the_ended_turn_as_it_is(
    runner: TurnRunner, model_server: OpenAIServer, plans: FakePlans, ask: Ask
) -> None:
    model_server.replies += [call(("create_s3_bucket", BUCKET)), say("It is in doubt.")]
    waiting = await ask("Create the bucket b")
    assert waiting.plan_id is not None
    done = plans.done(waiting.plan_id)
    await runner.plan_ends.ended(done.model_copy(update={"status": "in_doubt"}))
    first = await until_settled(runner, waiting.turn_id)

    await runner.plan_ends.ended(done)

    again = await runner.store.load(waiting.turn_id)
    assert again is not None
    assert (first.status, again.answer, again.messages) == ("completed", first.answer, first.messages)


async def test_a_turn_takes_no_longer_than_its_setting_says(
    start_gateway: StartGateway, dispatcher: FakeDispatcher, model_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TURN_SECONDS", "0.3")
    runner = await start_gateway()
    dispatcher.replies["get_s3_usage"] = answers(1, 5)
    model_server.replies += [call(("get_s3_usage", "{}")), say("Late.")]
    turn = await runner.start_turn(a_session(), "How much?", None)
    ended = await until_settled(runner, turn.turn_id)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("failed", "turn_deadline_exceeded")
    assert "TURN_SECONDS" in ended.error.detail
