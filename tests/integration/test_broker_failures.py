"""What the broker's users do when Redis is full or gone, workers stop or die, and messages are lost or nonsense."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
import time
from typing import Any

from celery import Celery

from services.orchestrator.workers.dispatch import Dispatcher
from shared.audit.log import log_key, service_log
from shared.keys.signing import sign
from shared.keys.vault import vault_key
from shared.messages import ToolCall
from shared.tasks.messages import TaskMessage, envelope, make_task_message
from shared.tasks.records import MAX_ATTEMPTS, Keys, TaskFunctions, publish_arguments
from tests.fakes.broker import Broker
from tests.fakes.workers import ask
from tests.integration.conftest import SESSION, SIGNING_KEY, Spawn

KEYS = Keys("info")


def a_call(call_id: str, tool: str = "echo", **arguments: Any) -> ToolCall:
    return ToolCall(
        call_id=call_id,
        agent="info",
        tool=tool,
        arguments={"text": call_id} | arguments,
        session_id=SESSION,
        deadline=time.time() + 60,
    )


async def until(true: Any, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to be"
        await asyncio.sleep(0.05)


def dead_letters(broker: Broker) -> list[dict[str, Any]]:
    letters: Any = broker.client().lrange(KEYS.dead, 0, -1)
    return [json.loads(letter) for letter in letters]


def audited(broker: Broker, kind: str) -> list[dict[str, Any]]:
    """The entries of a kind in the workers' own audit log."""
    entries: Any = broker.client().xrange(log_key(service_log("info")))
    found = [json.loads(fields["entry"]) for _, fields in entries]
    return [entry["data"] for entry in found if entry["kind"] == kind]


async def test_nonsense_on_the_queue_ends_as_dead_letters_and_the_worker_goes_on(
    spawn: Spawn, dispatcher: Dispatcher, broker: Broker
) -> None:
    worker = spawn()
    good = json.loads(make_task_message(a_call("call.good"), SIGNING_KEY.encode()))
    secret = "aws_secret_access_key=" + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    nonsense: dict[str, list[bytes]] = {
        "message_not_json": [b"not json " + secret.encode(), b"\xff\xfe\x00", b"", b"[" * 50_000],
        "message_malformed": [
            b"[]",
            b"null",
            b'{"headers": null, "body": ""}',
            json.dumps(good | {"body": "%%%"}).encode(),
            json.dumps(good | {"body": base64.b64encode(b"7").decode()}).encode(),
            json.dumps({"body": "e30=", "properties": {}, "headers": {}}).encode(),
        ],
        "unknown_task": [json.dumps(good | {"headers": {"task": name}}).encode() for name in ("x", "executor.call")],
        "message_too_large": [b"x" * 400_000],
        "bad_signature": [json.dumps(envelope("info", TaskMessage("call.good", "{}", "0" * 64), "t")).encode()],
    }
    codes = sorted(code for code, messages in nonsense.items() for _ in messages)
    for messages in nonsense.values():
        for message in messages:
            broker.client().lpush(KEYS.queue, message)
    # Celery's own kinds of trouble: another protocol, another serializer, more or other arguments.
    app = Celery("stranger", broker=broker.url)
    app.conf.broker_transport_options = {"global_keyprefix": KEYS.prefix}
    app.send_task("info.call", args=[1, 2], queue="tasks")
    app.send_task("info.call", args=["a"], queue="tasks", serializer="pickle")
    codes = sorted([*codes, "message_malformed", "message_malformed"])

    await until(lambda: len(dead_letters(broker)) >= len(codes))
    await until(lambda: len(audited(broker, "task.dead")) >= len(codes))
    assert sorted(letter["code"] for letter in dead_letters(broker)) == codes
    assert sorted(entry["code"] for entry in audited(broker, "task.dead")) == codes
    stored = json.dumps(dead_letters(broker))
    assert "wJalrXUtnFEMI" not in stored
    assert len(stored) < 1500 * len(codes)
    result = await ask(dispatcher, "info", "echo", {"text": "after"}, session_id=SESSION)
    assert result.result == {"text": "after", "pid": worker.pid}
    assert broker.client().llen(KEYS.queue) == 0


async def test_a_signed_call_of_another_version_is_answered(spawn: Spawn, broker: Broker) -> None:
    spawn()
    call = a_call("call.newer")
    body = call.model_dump_json().replace('"v":1', '"v":2')
    task_message = TaskMessage(call.call_id, body, sign(SIGNING_KEY.encode(), "task:info:call.newer", body))
    keys, arguments = publish_arguments(call, "", SIGNING_KEY.encode())
    arguments[1] = json.dumps(envelope("info", task_message, "t"))
    redis = broker.client()
    TaskFunctions.on(redis).publish(keys, arguments)
    await until(lambda: redis.hget(keys[0], "state") == "done")
    assert '"code":"unsupported_message"' in str(redis.hget(keys[0], "result"))
    assert [letter["code"] for letter in dead_letters(broker)] == ["unsupported_message"]


async def test_a_hint_delivered_twenty_times_is_one_run(spawn: Spawn, dispatcher: Dispatcher, broker: Broker) -> None:
    spawn()
    arguments: dict[str, Any] = {"text": "often", "seconds": 0.7}
    calling = asyncio.create_task(ask(dispatcher, "info", "echo", arguments, session_id=SESSION, call_id="call.often"))
    redis = broker.client()
    await until(lambda: redis.hget(KEYS.task("call.often"), "hint"))
    task_message = str(redis.hget(KEYS.task("call.often"), "hint"))
    redis.lpush(KEYS.queue, *[task_message] * 20)
    assert (await calling).status == "ok"
    redis.lpush(KEYS.queue, task_message)
    await until(lambda: redis.llen(KEYS.queue) == 0)
    assert redis.get("begun:often") == "1"


async def test_a_lost_reply_is_found_in_the_record(spawn: Spawn, dispatcher: Dispatcher, broker: Broker) -> None:
    spawn()
    arguments: dict[str, Any] = {"text": "unheard", "seconds": 0.5}
    calling = asyncio.create_task(
        ask(dispatcher, "info", "echo", arguments, session_id=SESSION, call_id="call.unheard")
    )
    redis = broker.client()
    await until(lambda: redis.get("begun:unheard"))
    redis.hset(KEYS.task("call.unheard"), "reply_to", "reply:nobody")
    started = time.monotonic()
    assert (await calling).status == "ok"
    assert time.monotonic() - started < 5.0


async def test_a_result_is_written_once_redis_is_back(spawn: Spawn, dispatcher: Dispatcher, broker: Broker) -> None:
    spawn()
    calls = [
        asyncio.create_task(ask(dispatcher, "info", "echo", {"text": f"w{n}", "seconds": 0.6}, session_id=SESSION))
        for n in range(6)
    ]
    await until(lambda: all(broker.client().get(f"begun:w{n}") for n in range(6)))
    broker.kill()
    # The tools end while there is no Redis to tell.
    await asyncio.sleep(1.5)
    broker.start()
    assert {result.status for result in await asyncio.gather(*calls)} == {"ok"}
    assert [broker.client().get(f"begun:w{n}") for n in range(6)] == ["1"] * 6


async def test_a_full_redis_holds_work_up_and_loses_none(spawn: Spawn, dispatcher: Dispatcher, broker: Broker) -> None:
    worker = spawn()
    redis = broker.client()
    inline = asyncio.create_task(ask(dispatcher, "info", "echo", {"text": "i", "seconds": 0.5}, session_id=SESSION))
    large: dict[str, Any] = {"size": 300_000, "seconds": 0.5}
    stored = asyncio.create_task(ask(dispatcher, "info", "large", large, session_id=SESSION))
    await until(lambda: redis.get("begun:i") and redis.get("begun:large.300000"))
    redis.config_set("maxmemory", 1)

    assert (await inline).status == "ok", "what is under way ends, also in a full Redis"
    waiting = asyncio.create_task(ask(dispatcher, "info", "echo", {"text": "later"}, session_id=SESSION))
    await asyncio.sleep(2.5)
    assert not stored.done()
    assert not waiting.done()
    assert (await dispatcher.ready())["info"], "heartbeats go on"
    redis.config_set("maxmemory", 0)

    assert (await stored).result_ref is not None
    assert (await waiting).result == {"text": "later", "pid": worker.pid}
    assert [redis.get(f"begun:{text}") for text in ("i", "large.300000", "later")] == ["1", "1", "1"]


async def test_a_worker_stopped_longer_than_its_lease_is_replaced_and_told_late(
    spawn: Spawn, dispatcher: Dispatcher, broker: Broker
) -> None:
    stopped = spawn()
    calling = asyncio.create_task(
        ask(dispatcher, "info", "echo", {"text": "stop", "seconds": 1.0}, session_id=SESSION, call_id="call.stop")
    )
    await until(lambda: broker.client().get("begun:stop"))
    stopped.send_signal(signal.SIGSTOP)
    other = spawn()
    result = await calling
    assert result.result == {"text": "stop", "pid": other.pid}

    stopped.send_signal(signal.SIGCONT)
    await until(lambda: audited(broker, "task.late"))
    (late,) = audited(broker, "task.late")
    assert (late["call_id"], late["tool"], late["session_id"], late["status"]) == (
        "call.stop",
        "echo",
        SESSION,
        "stale",
    )
    assert broker.client().get("begun:stop") == "2"


async def test_a_call_that_kills_its_workers_is_given_up(spawn: Spawn, dispatcher: Dispatcher, broker: Broker) -> None:
    redis = broker.client()
    calling = asyncio.create_task(
        ask(dispatcher, "info", "die", {"text": "die"}, session_id=SESSION, call_id="call.die")
    )
    await until(lambda: redis.exists(KEYS.task("call.die")))
    # Two deaths stand for five: three are said to have been.
    redis.hset(KEYS.task("call.die"), "attempts", MAX_ATTEMPTS - 2)
    for _ in range(2):
        await asyncio.to_thread(spawn(wait=False).wait, 60)
        # The lease of the dead worker runs out: now, not in ten seconds.
        redis.hset(KEYS.task("call.die"), "lease_until", 0)
        redis.zadd(KEYS.open, {"call.die": 0})
    spawn()
    result = await calling
    assert result.error is not None
    assert (result.error.code, result.error.retryable) == ("poisoned", False)
    assert redis.get("begun:die") == "2"
    (letter,) = dead_letters(broker)
    assert (letter["code"], letter["call_id"], letter["session_id"]) == ("poisoned", "call.die", SESSION)
    await until(lambda: audited(broker, "task.dead"))
    assert [entry["code"] for entry in audited(broker, "task.dead")] == ["poisoned"]
    assert (await ask(dispatcher, "info", "echo", {"text": "well"}, session_id=SESSION)).status == "ok"


async def test_a_call_that_another_one_continues_is_cut_off_and_no_dead_letter(
    spawn: Spawn, dispatcher: Dispatcher, broker: Broker
) -> None:
    redis = broker.client()
    calling = asyncio.create_task(
        ask(dispatcher, "info", "die_midway", {"text": "die"}, session_id=SESSION, call_id="call.die")
    )
    await until(lambda: redis.exists(KEYS.task("call.die")))
    redis.hset(KEYS.task("call.die"), "attempts", MAX_ATTEMPTS)
    spawn()
    result = await calling
    assert result.error is not None
    assert (result.error.code, result.error.retryable) == ("run_interrupted", True)
    assert not redis.exists("begun:die")
    assert dead_letters(broker) == []
    assert audited(broker, "task.dead") == []


async def test_a_call_and_its_worker_outlast_a_failover(spawn: Spawn, dispatcher: Dispatcher, broker: Broker) -> None:
    """For a while the server is a replica: it refuses every write, and ends what blocks on a queue."""
    worker = spawn()
    calling = asyncio.create_task(ask(dispatcher, "info", "echo", {"text": "a", "seconds": 1.0}, session_id=SESSION))
    await until(lambda: broker.client().zcard(KEYS.open))
    broker.client().replicaof("127.0.0.1", "1")
    await asyncio.sleep(3)
    broker.client().replicaof("NO", "ONE")

    assert (await calling).result == {"text": "a", "pid": worker.pid}
    after = await ask(dispatcher, "info", "echo", {"text": "b"}, session_id=SESSION)
    assert after.result == {"text": "b", "pid": worker.pid}


async def test_a_call_that_meets_a_defect_in_redis_is_answered_at_once(
    spawn: Spawn, dispatcher: Dispatcher, broker: Broker
) -> None:
    spawn()
    broker.client().rpush(vault_key("info", "ses_broken"), "x")
    began = time.monotonic()

    result = await ask(dispatcher, "info", "echo", {"text": "a"}, session_id="ses_broken")

    assert result.error is not None
    assert (result.error.code, result.error.status) == ("internal_error", 500)
    assert "WRONGTYPE" not in result.error.detail
    assert time.monotonic() - began < 10
