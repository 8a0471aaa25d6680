"""Calls over the real broker to real worker processes, while both are being killed."""

from __future__ import annotations

import asyncio
import time

import pytest
from celery import Celery

from services.orchestrator.workers.dispatch import Dispatcher
from shared.errors import DeadlineExceeded
from tests.fakes.broker import Broker
from tests.fakes.workers import ask
from tests.integration.conftest import SESSION, Spawn


async def test_a_call_is_answered_by_another_process(spawn: Spawn, dispatcher: Dispatcher) -> None:
    worker = spawn()
    result = await ask(dispatcher, "info", "echo", {"text": "hello"}, session_id=SESSION)
    assert result.result == {"text": "hello", "pid": worker.pid}
    assert result.status == "ok"
    assert result.region == "eu-west-1"


async def test_calls_run_at_the_same_time(spawn: Spawn, dispatcher: Dispatcher) -> None:
    spawn()
    started = time.monotonic()
    calls = [ask(dispatcher, "info", "echo", {"text": str(n), "seconds": 1.0}, session_id=SESSION) for n in range(6)]
    results = await asyncio.gather(*calls)
    assert [result.result["text"] for result in results] == [str(n) for n in range(6)]  # type: ignore[index,call-overload]
    assert time.monotonic() - started < 5.0


async def test_the_same_call_id_is_answered_once(spawn: Spawn, dispatcher: Dispatcher, broker: Broker) -> None:
    spawn()
    for _ in range(3):
        result = await ask(dispatcher, "info", "echo", {"text": "once"}, session_id=SESSION, call_id="call.same")
        assert result.status == "ok"
    assert broker.client().get("begun:once") == "1"


async def test_wrong_arguments_and_crashes_are_answers(spawn: Spawn, dispatcher: Dispatcher) -> None:
    spawn()
    wrong = await ask(dispatcher, "info", "echo", {"txt": "x"}, session_id=SESSION)
    assert wrong.error is not None
    assert wrong.error.code == "invalid_arguments"
    assert "text" in wrong.error.detail
    unknown = await ask(dispatcher, "info", "no_such_tool", {}, session_id=SESSION)
    assert unknown.error is not None
    assert unknown.error.code == "unknown_tool"
    crashed = await ask(dispatcher, "info", "crash", {}, session_id=SESSION)
    assert crashed.error is not None
    assert crashed.error.code == "internal_error"
    assert "only the log" not in crashed.error.detail
    ended = await ask(dispatcher, "info", "echo", {"text": "x"}, session_id="ses_other")
    assert ended.error is not None
    assert ended.error.code == "session_expired"


async def test_a_large_result_arrives_whole_by_reference(spawn: Spawn, dispatcher: Dispatcher) -> None:
    spawn()
    result = await ask(dispatcher, "info", "large", {"size": 400_000}, session_id=SESSION)
    assert result.result_ref is not None
    assert len(result.result) == 4000  # type: ignore[arg-type]


async def test_nobody_answers_before_the_deadline(dispatcher: Dispatcher) -> None:
    with pytest.raises(DeadlineExceeded):
        await ask(dispatcher, "info", "echo", {"text": "late"}, session_id=SESSION, seconds=0.5)


async def test_a_forged_hint_is_not_answered(spawn: Spawn, dispatcher: Dispatcher, broker: Broker) -> None:
    spawn()
    app = Celery("thief", broker=broker.url)
    app.conf.broker_transport_options = {"global_keyprefix": "q:info:"}
    body = '{"v":1,"call_id":"call.forged","agent":"info","tool":"echo","arguments":{"text":"forged"},'
    body += f'"session_id":"{SESSION}","deadline":{time.time() + 60}}}'
    app.send_task("info.call", args=["call.forged", body, "0" * 64], queue="tasks")
    await ask(dispatcher, "info", "echo", {"text": "real"}, session_id=SESSION)
    await asyncio.sleep(0.5)
    assert broker.client().get("begun:forged") is None


async def test_a_killed_worker_loses_no_call(spawn: Spawn, dispatcher: Dispatcher, broker: Broker) -> None:
    worker = spawn()
    calls = [
        asyncio.create_task(ask(dispatcher, "info", "echo", {"text": f"k{n}", "seconds": 2.0}, session_id=SESSION))
        for n in range(8)
    ]
    while not all([broker.client().get(f"begun:k{n}") for n in range(8)]):  # noqa: C419  # wait for all, not for one
        await asyncio.sleep(0.05)
    worker.kill()
    spawn()
    results = await asyncio.gather(*calls)
    assert {result.status for result in results} == {"ok"}


async def test_a_killed_redis_loses_no_call(spawn: Spawn, dispatcher: Dispatcher, broker: Broker) -> None:
    spawn()
    calls = [
        asyncio.create_task(ask(dispatcher, "info", "echo", {"text": f"r{n}", "seconds": 1.5}, session_id=SESSION))
        for n in range(8)
    ]
    await asyncio.sleep(0.7)
    broker.kill()
    await asyncio.sleep(0.5)
    broker.start()
    results = await asyncio.gather(*calls)
    assert {result.status for result in results} == {"ok"}
    again = await ask(dispatcher, "info", "echo", {"text": "again"}, session_id=SESSION)
    assert again.status == "ok"


async def test_a_plain_celery_task_under_the_same_kill_is_lost(spawn: Spawn, broker: Broker) -> None:
    """The control: the same kill, an ordinary late-acknowledged task, and the same time to come back."""
    worker = spawn("tests.fakes.naive_worker", wait=False)
    app = Celery("naive", broker=broker.url)
    redis = broker.client()
    for n in range(4):
        app.send_task("naive.echo", args=[f"n{n}", 2.0])
    while not all([redis.get(f"begun:n{n}") for n in range(4)]):  # noqa: C419  # wait for all, not for one
        await asyncio.sleep(0.05)
    worker.kill()
    spawn("tests.fakes.naive_worker", wait=False)
    await asyncio.sleep(20)
    assert [redis.get(f"ended:n{n}") for n in range(4)] == [None] * 4


async def test_two_that_ask_the_same_call_get_the_same_answer(
    spawn: Spawn, dispatcher: Dispatcher, broker: Broker
) -> None:
    spawn()
    arguments: dict[str, object] = {"text": "both", "seconds": 0.5}
    calls = [
        ask(dispatcher, "info", "echo", arguments, session_id=SESSION, call_id="call.both")  # type: ignore[arg-type]  # JSON
        for _ in range(2)
    ]
    first, second = await asyncio.gather(*calls)
    assert first == second
    assert broker.client().get("begun:both") == "1"
