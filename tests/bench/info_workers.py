"""Info workers on a broker and a double of AWS, as `reads.py` needs them, and what they are measured against."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from pydantic import JsonValue
from redis.asyncio import BlockingConnectionPool
from redis.asyncio import Redis as AsyncRedis

from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.workers.audited import AuditedDispatcher
from shared.keys.vault import public_key_of, seal, vault_key
from shared.messages import SessionInfo, ToolResult
from shared.sessions.credentials import AccountAccess, AgentSession, Credentials
from shared.tasks.records import Keys
from shared.worker.worker import HEARTBEAT_SECONDS
from tests.bench.aws_double import REGIONS
from tests.bench.hop import gateway_settings
from tests.fakes.broker import Broker
from tests.fakes.workers import ask
from tests.integration.conftest import PRIVATE_KEY, SIGNING_KEY

ACCOUNT = "123456789012"
AWS = {
    "AWS_ACCESS_KEY_ID": "AKIABENCH",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Bench:
    """A broker, a double of AWS and info workers that use it."""

    def __init__(self, broker: Broker, directory: Path, aws: str, workers: Sequence[int]) -> None:
        self.broker, self.aws, self.workers = broker, aws, [psutil.Process(pid) for pid in workers]
        self._directory = directory

    def open(self, session_id: str, accounts: int = 1, expires: float = 3600) -> str:
        """A session of the info agent, with credentials of its own for each account."""
        every = tuple(
            AccountAccess(account=f"{number:012d}", regions=REGIONS, credentials=_held(f"{session_id}{number}"))
            for number in range(1, accounts + 1)
        )
        info = SessionInfo(
            session_id=session_id,
            account=every[0].account if accounts > 1 else ACCOUNT,
            caller_arn=f"arn:aws:iam::{ACCOUNT}:user/bench",
            region=REGIONS[0],
            regions=REGIONS,
            expires_at=time.time() + expires,
        )
        held = AgentSession(info=info, credentials=_held(session_id), accounts=every if accounts > 1 else ())
        sealed = seal(held, "info", public_key_of(PRIVATE_KEY), SIGNING_KEY.encode())
        self.broker.client().set(vault_key("info", session_id), sealed)
        return session_id

    def ask(self, *calls: tuple[str, str, dict[str, JsonValue]]) -> list[ToolResult]:
        """The answers to calls (session, tool, arguments) that are made at the same time."""
        return asyncio.run(self._ask(calls))

    async def _ask(self, calls: Sequence[tuple[str, str, dict[str, JsonValue]]]) -> list[ToolResult]:
        pool = BlockingConnectionPool.from_url(
            self.broker.url, decode_responses=True, max_connections=60, timeout=20, socket_timeout=15
        )
        redis = AsyncRedis(connection_pool=pool)
        dispatcher = AuditedDispatcher(
            redis, {"info": SIGNING_KEY.encode()}, AuditTrail(redis, gateway_settings(self._directory))
        )
        await dispatcher.start()
        try:
            return await asyncio.gather(
                *(ask(dispatcher, "info", tool, given, session_id=of, seconds=300) for of, tool, given in calls)
            )
        finally:
            await dispatcher.stop()
            await redis.aclose()

    def seconds(self, session: str, tool: str, arguments: dict[str, JsonValue], check: Callable[..., bool]) -> float:
        """Seconds of one call, whose result must be right."""
        started = time.perf_counter()
        (result,) = self.ask((session, tool, arguments))
        took = time.perf_counter() - started
        assert result.status == "ok", result.error
        assert not result.gaps, result.gaps
        assert check(result.result), result.result
        return took

    def memory_mb(self) -> float:
        """What the largest worker has in memory now."""
        return max(worker.memory_info().rss for worker in self.workers) / 1024 / 1024

    def busiest(self, act: Callable[[], float]) -> tuple[float, float]:
        """What `act` says it took, and the processor time of the worker that worked most for it."""
        before = [_processor(worker) for worker in self.workers]
        took = act()
        return took, max(_processor(worker) - was for worker, was in zip(self.workers, before, strict=True))


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _held(name: str) -> Credentials:
    return Credentials(access_key_id=f"ASIA{name.upper()[:12]}", secret_access_key="s", session_token=name)


@contextmanager
def bench(*double: str, workers: int = 1) -> Iterator[Bench]:
    """Everything that a row needs; `double` are the arguments of `aws_double`. Several workers know of each other."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = Broker(directory / "redis")
        broker.start()
        stack.callback(broker.stop)
        aws = stack.enter_context(_started("tests.bench.aws_double", *double, stdout=subprocess.PIPE))
        assert aws.stdout is not None
        url = aws.stdout.readline().strip()
        given = {"REDIS_URL": broker.url, "SIGNING_KEY": SIGNING_KEY, "PRIVATE_KEY": PRIVATE_KEY, "INFO_PROCESSES": "1"}
        started = [
            stack.enter_context(
                _started("services.info_tools.worker", env=given | {"AWS_ENDPOINT_URL": url}, stdout=subprocess.DEVNULL)
            )
            for _ in range(workers)
        ]
        while broker.client().zcard(Keys("info").workers) < workers:
            time.sleep(0.1)
        if workers > 1:
            # A worker knows of the others by its next heartbeat.
            time.sleep(HEARTBEAT_SECONDS)
        yield Bench(broker, directory, url, [one.pid for one in started])


@contextmanager
def _started(
    module: str, *arguments: str, stdout: int, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", module, *arguments]
    running = subprocess.Popen(command, env=os.environ | (env or {}), stdout=stdout, text=True)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def loop(aws: str, *arguments: str) -> float:
    """Seconds of boto3's loop."""
    command = [sys.executable, "-m", "tests.bench.boto_loop", *arguments]
    done = subprocess.run(
        command, env=os.environ | AWS | {"AWS_ENDPOINT_URL": aws}, capture_output=True, check=True, text=True
    )
    return float(json.loads(done.stdout)["seconds"])


def cli(aws: str, times: int, *arguments: str) -> float | None:
    """Seconds of one call of the AWS CLI, the middle of some; None where it is not installed."""
    program = os.environ.get("AWS_CLI") or shutil.which("aws")
    if program is None:
        return None
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        given = os.environ | AWS | {"AWS_ENDPOINT_URL": aws}
        subprocess.run([program, *arguments], env=given, stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
