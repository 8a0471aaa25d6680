"""Work in the background is done again after a failure that passes, and no more once it is stopped."""

from __future__ import annotations

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from services.orchestrator.repeating import Repeated


class Work:
    """Fails at first with `error`; `done` is set when it was begun `times` times."""

    def __init__(self, times: int, error: Exception | None = None) -> None:
        self.begun, self.times, self.error = 0, times, error
        self.done = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        if self.begun >= self.times:
            self.done.set()
        if self.error and self.begun == 1:
            raise self.error


async def test_work_is_done_again_after_redis_failed() -> None:
    work = Work(2, RedisConnectionError("gone"))
    loop = Repeated("a test", work, 0.01, failed="work_failed")
    with capture_logs() as logged:
        loop.start()
        await asyncio.wait_for(work.done.wait(), 5)
    await loop.stop()
    assert [entry["event"] for entry in logged] == ["work_failed"]


async def test_it_begins_at_once_or_after_a_pause() -> None:
    now, later = Work(1), Work(1)
    loops = [
        Repeated("now", now, 60, failed="work_failed"),
        Repeated("later", later, 60, failed="work_failed", at_once=False),
    ]
    for loop in loops:
        loop.start()
    await asyncio.wait_for(now.done.wait(), 5)
    for loop in loops:
        await loop.stop()
    assert (now.begun, later.begun) == (1, 0)


async def test_a_cancellation_that_gets_lost_ends_it_all_the_same() -> None:
    begun = asyncio.Event()

    async def swallow() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return

    loop = Repeated("a test", swallow, 0.01, failed="work_failed")
    loop.start()
    await asyncio.wait_for(begun.wait(), 5)
    await asyncio.wait_for(loop.stop(), 5)


@pytest.mark.parametrize("times", [1, 2])
async def test_one_that_never_began_can_be_stopped(times: int) -> None:
    loop = Repeated("a test", Work(1), 60, failed="work_failed")
    for _ in range(times):
        await loop.stop()
