"""A call's way: from the gateway's dispatcher to a worker process and back, with its entry in the audit log on disk.

    .venv/bin/python -m tests.bench.hop [--quick | --smoke]

The worker is a real one with a tool that does nothing, and one that asks AWS (`small_aws.py`) once: what that takes by
itself is taken off. Between the calls the floor is measured: `echo.py`, on the same server.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import boto3
from pydantic import JsonValue
from redis.asyncio import BlockingConnectionPool
from redis.asyncio import Redis as AsyncRedis

from sandbox.ports import claim_port
from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.workers.audited import AuditedDispatcher
from shared.keys.deployment import make_keys
from shared.messages import AGENTS
from shared.tasks.records import Keys
from tests.bench import echo, plain_http
from tests.bench.frame import Effort, Goal, Row, p50, p99, run_alone
from tests.fakes.broker import Broker
from tests.fakes.workers import ask
from tests.integration.conftest import PRIVATE_KEY, SESSION, SIGNING_KEY, open_test_session

AWS_MILLISECONDS = 80.0
FLOOR = "list echo through Redis"
ASKS_WHO = b"Action=GetCallerIdentity&Version=2011-06-15"
GOAL = Goal("at most", 4.0)


@contextmanager
def process(module: str, *arguments: str, **environment: str) -> Iterator[None]:
    """Run a module as a process of its own while the block runs."""
    command = [sys.executable, "-m", module, *arguments]
    running = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        running.kill()
        running.wait()


def gateway_settings(directory: Path) -> GatewaySettings:
    """Settings with fresh keys, and a file of anchors."""
    make_keys(directory / "keys", "127.0.0.1:1")
    names = [f"{kind}_{agent}" for kind in ("signing_key", "public_key", "audit_public_key") for agent in AGENTS]
    given: Any = {name: (directory / "keys" / "gateway" / name).read_text() for name in [*names, "audit_key"]}
    return GatewaySettings(**given, redis_url="redis://", audit_anchor_file=str(directory / "anchors.jsonl"))


async def timed(coroutine: Any) -> float:
    """Seconds of it, once what the one before has left to do is done."""
    await asyncio.sleep(0.01)
    started = time.perf_counter()
    await coroutine
    return time.perf_counter() - started


async def spent(broker: Broker, directory: Path, effort: Effort) -> dict[str, list[float]]:
    """Seconds of each kind of call, made in turn so that all of them see the same machine."""
    pool = BlockingConnectionPool.from_url(
        broker.url, decode_responses=True, max_connections=60, timeout=20, socket_timeout=15
    )
    redis = AsyncRedis(connection_pool=pool)
    trail = AuditTrail(redis, gateway_settings(directory))
    dispatcher = AuditedDispatcher(redis, {"info": SIGNING_KEY.encode()}, trail)
    await dispatcher.start()

    async def call(tool: str, arguments: dict[str, JsonValue]) -> None:
        result = await ask(dispatcher, "info", tool, arguments, session_id=SESSION)
        assert result.status == "ok", result

    found: dict[str, list[float]] = {"floor": [], "bare": [], "aws": []}
    first = effort.of(30, 30, 1)  # these are not counted
    for number in range(first + effort.of(300, 20, 2)):
        taken = {
            "floor": await timed(echo.once(redis)),
            "bare": await timed(call("nothing", {"text": "bench"})),
            "aws": await timed(call("ask_aws", {})),
        }
        if number >= first:
            for name, seconds in taken.items():
                found[name].append(seconds)
    await dispatcher.stop()
    await redis.aclose()
    return found


def boto3_alone(url: str, times: int) -> list[float]:
    """Seconds of each call of AWS that the tool makes, by boto3 and with nothing around it."""
    keys = {"aws_access_key_id": "AKIABENCHBENCHBENCH0", "aws_secret_access_key": "s" * 40}
    sts = boto3.client("sts", region_name="us-east-1", endpoint_url=url, **keys)
    seconds = []
    for _ in range(times + 1):
        started = time.perf_counter()
        sts.get_caller_identity()
        seconds.append(time.perf_counter() - started)
    return seconds[1:]  # the first one connects


def measure(effort: Effort) -> list[Row]:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker, port = Broker(directory / "redis"), claim_port()
        broker.start()
        stack.callback(broker.stop)
        open_test_session(broker)
        stack.enter_context(echo.echo_process(broker.url))
        aws = ("--port", str(port), "--milliseconds", str(AWS_MILLISECONDS))
        stack.enter_context(process("tests.bench.small_aws", *aws))
        worker = {"REDIS_URL": broker.url, "SIGNING_KEY": SIGNING_KEY, "PRIVATE_KEY": PRIVATE_KEY}
        worker["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
        stack.enter_context(process("tests.bench.small_worker", **worker))
        while not broker.client().zcard(Keys("info").workers):
            time.sleep(0.1)
        found = asyncio.run(spent(broker, directory, effort))
        url, times = worker["AWS_ENDPOINT_URL"], effort.of(100, 20, 2)
        boto3_needs = p50(boto3_alone(url, times)) * 1000 - AWS_MILLISECONDS
        form = "application/x-www-form-urlencoded"
        http_needs = p50(plain_http.seconds_of(url, ASKS_WHO, form, times)) * 1000 - AWS_MILLISECONDS
    floor, bare = p50(found["floor"]) * 1000, p50(found["bare"]) * 1000
    with_aws = p50(found["aws"]) * 1000 - AWS_MILLISECONDS
    note = f"p99 {p99(found['bare']) * 1000:.1f} ms; the floor's {p99(found['floor']) * 1000:.1f} ms"
    return [
        Row("hop to a worker and back with the audit, p50", bare, "ms", GOAL, floor, FLOOR, note),
        Row("the same with one AWS call, without its 80 ms", with_aws, "ms", GOAL, floor, FLOOR),
        Row("that AWS call by boto3 alone, without its 80 ms", boto3_needs, "ms"),
        Row("that AWS call as one bare HTTP request, without its 80 ms", http_needs, "ms"),
    ]


if __name__ == "__main__":
    run_alone(measure)
