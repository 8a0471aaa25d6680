"""Two real workers, or processes of one, read a call together; its answer is that of one, also when one is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from services.orchestrator.workers.dispatch import Dispatcher
from shared.keys.vault import public_key_of, seal, vault_key
from shared.messages import SessionInfo, ToolResult
from shared.sessions.credentials import AgentSession, Credentials
from shared.tasks.records import Keys
from tests.bench.aws_double import REGIONS
from tests.fakes.broker import Broker
from tests.fakes.workers import ask
from tests.integration.conftest import PRIVATE_KEY, SIGNING_KEY, Spawn

SESSION, WORKER = "ses_wide", "services.info_tools.worker"
# Each try takes less than a second; on a busy machine a part may be taken back before the other worker takes it.
TRIES = 30
Part = dict[str, Any]


@contextmanager
def aws(seconds: float) -> Iterator[str]:
    """The address of an AWS with instances in 17 regions, which answers after so many seconds."""
    command = [sys.executable, "-m", "tests.bench.aws_double", "--instances", "3400", "--seconds", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        yield running.stdout.readline().strip()
        running.kill()


@pytest.fixture
def two_workers(broker: Broker, spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """two_workers(seconds): starts them on an AWS that answers after so many seconds, with a session of its regions.

    With `processes=2` they are two processes of one worker.
    """
    running: list[Any] = []

    def start(seconds: float, processes: int = 1) -> None:
        double = aws(seconds)
        running.append(double)
        monkeypatch.setenv("AWS_ENDPOINT_URL", double.__enter__())
        monkeypatch.setenv("INFO_PROCESSES", str(processes))
        info = SessionInfo(
            session_id=SESSION,
            account="123456789012",
            caller_arn="arn:aws:iam::123456789012:user/test",
            region=REGIONS[0],
            regions=REGIONS,
            expires_at=time.time() + 600,
        )
        session = AgentSession(info=info, credentials=Credentials(access_key_id="ASIATEST", secret_access_key="s"))
        sealed = seal(session, "info", public_key_of(PRIVATE_KEY), SIGNING_KEY.encode())
        broker.client().set(vault_key("info", SESSION), sealed)
        for _ in range(2 // processes):
            spawn(WORKER, wait=False)
        # Longer than the fixture waits: these import all of boto3, both at the same time.
        deadline = time.monotonic() + 180
        while len({str(name).split(" ")[0] for name in broker.client().zrange(Keys("info").workers, 0, -1)}) < 2:  # type: ignore[union-attr]  # redis-py types sync replies as maybe awaitable
            assert time.monotonic() < deadline, "the workers did not start"
            time.sleep(0.05)

    yield start
    for double in running:
        double.__exit__(None, None, None)


def parts_of(broker: Broker, call_id: str) -> list[Part]:
    """The records of a call's parts, each with the `worker` that has or had it."""
    redis = broker.client()
    found: list[Part] = []
    for key in redis.scan_iter(f"{Keys('info').task(call_id)}.*"):
        record: Any = redis.hgetall(key)
        found.append({**record, "key": key, "worker": worker_of(record.get("holder", ""))})
    return found


def worker_of(holder: str) -> str:
    return holder.rpartition(".")[0]


def holder_of(broker: Broker, call_id: str) -> str:
    return worker_of(str(broker.client().hget(Keys("info").task(call_id), "holder")))


def seen(result: ToolResult) -> dict[str, Any]:
    """What a caller sees of an answer, without its times and names."""
    assert result.status == "ok", result.error
    assert result.coverage is not None
    plain = result.model_dump(mode="json", include={"result", "region", "complete", "gaps", "shortened"})
    return {**plain, "coverage": result.coverage.model_dump(exclude={"as_of"})}


async def list_instances(dispatcher: Dispatcher, call_id: str, **arguments: Any) -> ToolResult:
    return await ask(dispatcher, "info", "list_ec2_instances", arguments, session_id=SESSION, call_id=call_id)


async def test_both_take_a_part_and_the_answer_is_that_of_one(
    broker: Broker, two_workers: Callable[..., None], dispatcher: Dispatcher
) -> None:
    two_workers(0.3, processes=2)
    # A few regions are not split.
    few = [await list_instances(dispatcher, f"call.{n}", regions=list(REGIONS[n::2])) for n in range(2)]
    assert [one.parts for one in few] == [0, 0]
    count = sum(one.coverage.count or 0 for one in few if one.coverage)
    answers = []
    for number in range(TRIES):
        call_id = f"call.whole{number}"
        result = await list_instances(dispatcher, call_id)
        answers.append(seen(result))
        assert answers[-1]["coverage"]["count"] == count
        assert answers[-1]["coverage"]["regions"] == tuple(sorted(REGIONS))
        found = parts_of(broker, call_id)
        assert len(found) == result.parts <= 1
        other = [one for one in found if one["worker"] not in ("", holder_of(broker, call_id))]
        if other and "cancelled" not in other[0]:
            break
    else:
        pytest.fail("no call was read by both workers")
    # Every answer is the same, whoever read it, and has what each half has.
    assert all(one == answers[0] for one in answers)
    assert ids(answers[0]["result"]) == sorted(ids(few[0].result) + ids(few[1].result))


def ids(result: Any) -> list[str]:
    return sorted(one["instance_id"] for one in result["instances"])


async def test_what_a_killed_worker_was_reading_is_read_again(
    broker: Broker, two_workers: Callable[..., None], dispatcher: Dispatcher
) -> None:
    two_workers(1.0)
    for number in range(TRIES):
        call_id = f"call.{number}"
        call = asyncio.create_task(list_instances(dispatcher, call_id))
        reading: list[Part] = []
        while not call.done() and not reading:
            await asyncio.sleep(0.02)
            lead = holder_of(broker, call_id)
            reading = [one for one in parts_of(broker, call_id) if one["state"] == "running" and one["worker"] != lead]
        if reading:
            break
        await call
    else:
        pytest.fail("no part was ever read by the other worker")
    os.kill(int(reading[0]["worker"].rpartition(".")[2]), signal.SIGKILL)
    # As if its lease had run out, which takes ten seconds.
    broker.client().hset(reading[0]["key"], "lease_until", 0)
    answer = seen(await call)
    assert answer["coverage"]["regions"] == tuple(sorted(REGIONS))
    assert answer["complete"]
    assert broker.client().hget(reading[0]["key"], "cancelled") == "1"
