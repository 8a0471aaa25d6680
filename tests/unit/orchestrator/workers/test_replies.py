"""Replies are taken with the answers they name, whatever a worker has made of its stream and records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.workers.replies import Replies, Reply
from shared.broker.functions import redis_function
from shared.messages import Agent
from shared.tasks.answers import MAX_CARRIED_BYTES
from shared.tasks.records import Keys, reply_stream

STREAM = reply_stream("info", "reader")
MOST_BYTES, MOST_ANSWER = 10_000, 4000


async def reply(redis: Redis, call_id: str, result: str | None) -> None:
    if result is not None:
        await redis.hset(Keys("info").task(call_id), "result", result)
    await redis.xadd(STREAM, {"call_id": call_id})


async def take(redis: Redis, most: int = 10, heard: str = "") -> Any:
    return await redis_function(redis, "workers_take")([STREAM], [most, MOST_BYTES, MOST_ANSWER, heard])


async def test_a_reply_comes_with_its_answer(redis: Redis) -> None:
    await reply(redis, "call.1", "signed")
    await reply(redis, "call.2", None)
    assert await take(redis) == [0, [["call.1", [1, "signed"]], ["call.2", None]]]
    assert await take(redis) == [0, []]


async def test_a_long_stream_is_taken_in_parts_the_oldest_first(redis: Redis) -> None:
    for number in range(5):
        await reply(redis, f"call.{number}", None)
    taken = [[call_id for call_id, _ in (await take(redis, most=2))[1]] for _ in range(3)]
    assert taken == [["call.0", "call.1"], ["call.2", "call.3"], ["call.4"]]
    assert not await redis.exists(STREAM)


async def test_an_answer_that_is_too_large_is_not_read(redis: Redis) -> None:
    await reply(redis, "call.1", "x" * (MOST_ANSWER + 1))
    assert await take(redis) == [0, [["call.1", [0, MOST_ANSWER + 1]]]]


async def test_answers_that_together_are_too_large_come_without_the_last_ones(redis: Redis) -> None:
    for number in range(4):
        await reply(redis, f"call.{number}", "x" * MOST_ANSWER)
    found = (await take(redis))[1]
    assert [call_id for call_id, _ in found] == [f"call.{number}" for number in range(4)]
    assert [answer is not None for _, answer in found] == [True, True, False, False]


@pytest.mark.parametrize("kind", ["list", "string"])
async def test_a_spoiled_record_keeps_no_other_reply_from_being_heard(redis: Redis, kind: str) -> None:
    key = Keys("info").task("call.1")
    await (redis.rpush(key, "x") if kind == "list" else redis.set(key, "x"))
    await redis.xadd(STREAM, {"call_id": "call.1"})
    await reply(redis, "call.2", "signed")
    assert await take(redis) == [0, [["call.1", None], ["call.2", [1, "signed"]]]]


async def test_the_reply_that_was_heard_already_is_taken_off_and_not_told_again(redis: Redis) -> None:
    await reply(redis, "call.1", "signed")
    await reply(redis, "call.2", "signed")
    [(first, _), _] = await redis.xrange(STREAM)
    assert await take(redis, heard=first) == [0, [["call.2", [1, "signed"]]]]
    assert not await redis.exists(STREAM)


class Ear:
    """Listens as a dispatcher does that waits for one call."""

    def __init__(self, redis: Redis) -> None:
        self.redis, self.heard = redis, asyncio.Queue[Reply]()
        self.replies = Replies(redis, self._hear, self._flooded)

    async def _hear(self, agent: Agent, replies: list[Reply]) -> int:
        awaited = [one for one in replies if one[0] == "call.1"]
        for one in awaited:
            self.heard.put_nowait(one)
        return len(awaited)

    async def _flooded(self, agent: Agent, why: str) -> None:
        raise AssertionError(why)

    async def reply(self, **fields: str) -> None:
        await self.redis.hset(Keys("info").task("call.1"), "result", "of the record")
        await self.redis.xadd(self.replies.stream("info"), {"call_id": "call.1"} | fields)

    async def next(self) -> Reply:
        async with asyncio.timeout(30):
            return await self.heard.get()

    async def stream_is_empty(self) -> bool:
        async with asyncio.timeout(30):
            while await self.redis.exists(self.replies.stream("info")):
                await asyncio.sleep(0.01)
        return True


@pytest.fixture
async def ear(redis: Redis) -> AsyncIterator[Ear]:
    made = Ear(redis)
    await made.replies.start()
    yield made
    await made.replies.stop()


async def test_a_small_answer_is_heard_once_with_its_reply(ear: Ear) -> None:
    await ear.reply(answer="carried")
    assert await ear.next() == ("call.1", [1, "carried"])
    assert await ear.stream_is_empty()
    assert ear.heard.empty()


@pytest.mark.parametrize("carried", ["", "x" * (MAX_CARRIED_BYTES + 1)])
async def test_an_answer_that_no_worker_would_have_sent_along_is_read_from_the_record(ear: Ear, carried: str) -> None:
    await ear.reply(answer=carried)
    assert await ear.next() == ("call.1", [1, "of the record"])


async def test_a_reply_without_its_answer_is_read_from_the_record(ear: Ear) -> None:
    await ear.reply()
    assert await ear.next() == ("call.1", [1, "of the record"])
