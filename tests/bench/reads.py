"""Large questions: what a worker takes for them, against the same calls of AWS in a loop by boto3 and by the AWS CLI.

    .venv/bin/python -m tests.bench.reads [--quick]

The way is the real one from the gateway's dispatcher on: audit, Redis, a worker process, boto3 over HTTP to a double of
AWS that answers after 80 ms (`aws_double.py`); floors run in processes of their own, before and after. The AWS CLI is
measured by some of its calls (`aws` on PATH) and taken times what a loop needs: all of them would take half an hour.
"""

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
from shared.aws_operations.search.search import search
from shared.keys.vault import public_key_of, seal, vault_key
from shared.messages import SessionInfo, ToolResult
from shared.sessions.credentials import AccountAccess, AgentSession, Credentials
from shared.tasks.records import Keys
from tests.bench.aws_double import REGIONS
from tests.bench.frame import Effort, Goal, Row, p50, run_alone
from tests.bench.hop import gateway_settings
from tests.fakes.broker import Broker
from tests.fakes.workers import ask
from tests.integration.conftest import PRIVATE_KEY, SIGNING_KEY

ACCOUNT = "123456789012"
LOOP, CLI = "boto3 in a loop", "the AWS CLI in a loop"
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


def _held(name: str) -> Credentials:
    return Credentials(access_key_id=f"ASIA{name.upper()[:12]}", secret_access_key="s", session_token=name)


@contextmanager
def bench(*double: str, workers: int = 1) -> Iterator[Bench]:
    """Everything that a row needs; `double` are the arguments of `aws_double`."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = Broker(directory / "redis")
        broker.start()
        stack.callback(broker.stop)
        aws = stack.enter_context(_started("tests.bench.aws_double", *double, stdout=subprocess.PIPE))
        assert aws.stdout is not None
        url = aws.stdout.readline().strip()
        given = {"REDIS_URL": broker.url, "SIGNING_KEY": SIGNING_KEY, "PRIVATE_KEY": PRIVATE_KEY}
        started = [
            stack.enter_context(
                _started("services.info_tools.worker", env=given | {"AWS_ENDPOINT_URL": url}, stdout=subprocess.DEVNULL)
            )
            for _ in range(workers)
        ]
        while broker.client().zcard(Keys("info").workers) < workers:  # type: ignore[operator]  # redis-py types sync replies as maybe awaitable
            time.sleep(0.1)
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


def _against(work: str, took: float, least: float, floor: float, cli_least: float, by_cli: float | None) -> list[Row]:
    rows = [Row(work, took, "s", Goal("at least", least), floor, LOOP)]
    if by_cli is not None:
        rows.append(Row(f"{work}, CLI", took, "s", Goal("at least", cli_least), by_cli, f"{CLI}, extrapolated"))
    return rows


def s3(effort: Effort) -> list[Row]:
    """S3's usage over 500 buckets: counted, and where CloudWatch has figures of large buckets."""
    count = effort.of(500, 100)
    with bench("--buckets", str(count), "--metrics") as running:
        session = running.open("ses_s3")

        def right(result: dict[str, int]) -> bool:
            return result["total_bytes"] == count * 20 * 1024 and result["bucket_count"] == count

        asked = [running.seconds(session, "get_s3_usage", {"exact": True}, right) for _ in range(3)]
        daily = [running.seconds(session, "get_s3_usage", {"exact": False}, right) for _ in range(2)]
        floor = loop(running.aws, "buckets")
        one = cli(running.aws, effort.of(5, 2), "s3api", "list-objects-v2", "--bucket", "bench-bucket-00000")
    # A loop asks for each bucket's region and then lists it.
    by_cli = None if one is None else one * (2 * count + 1)
    counted = _against(f"S3 usage of {count} buckets, every object counted", min(asked), 20, floor, 150, by_cli)
    note = "large buckets, or where exactness is not asked for"
    told = Row(
        f"S3 usage of {count} buckets by CloudWatch's figures", min(daily), "s", Goal("at least", 20), floor, LOOP, note
    )
    return [*counted, told]


def ec2(effort: Effort) -> list[Row]:
    """5,000 instances in 17 regions, by one worker; and by two that each read half of the regions."""
    count = effort.of(5000, 1000)
    with bench("--instances", str(count), workers=2) as running:
        session = running.open("ses_ec2")
        running.ask(*[(session, "list_ec2_instances", {})] * 8)
        took = [
            running.seconds(session, "list_ec2_instances", {}, lambda result: result is None or bool(result))
            for _ in range(3)
        ]
        halves: list[dict[str, JsonValue]] = [{"regions": list(REGIONS[part::2])} for part in range(2)]
        parted = []
        for _ in range(3):
            started = time.perf_counter()
            running.ask(*((session, "list_ec2_instances", half) for half in halves))
            parted.append(time.perf_counter() - started)
        floor = loop(running.aws, "instances")
        one = cli(running.aws, effort.of(3, 1), "ec2", "describe-instances", "--region", REGIONS[0])
    by_cli = None if one is None else one * len(REGIONS)
    rows = _against(f"{count:,} EC2 instances in 17 regions", min(took), 5, floor, 20, by_cli)
    note = "two calls, each for half of the regions, whose answers nobody joins: what splitting a call could gain"
    return [*rows, Row("the same by two workers", min(parted), "s", note=note)]


def accounts(effort: Effort) -> list[Row]:
    """A sweep over 100 accounts in 17 regions."""
    count, few = effort.of(100, 20), effort.of(3, 1)
    with bench("--instances", "51") as running:
        session = running.open("ses_many", accounts=count)
        took = running.seconds(session, "list_ec2_instances", {}, bool)
        floor = loop(running.aws, "instances", "--accounts", str(few)) / few * count
    work = f"EC2 in {count} accounts and 17 regions"
    return [Row(work, took, "s", Goal("at least", 20), floor, f"{LOOP}, extrapolated from {few}")]


def memory(effort: Effort) -> list[Row]:
    """What 64 sessions' clients take; and an answer ten times the size."""
    sessions = effort.of(64, 16)
    with bench("--instances", "170") as running:
        for number in range(sessions):
            running.ask((running.open(f"ses_{number:04d}"), "list_ec2_instances", {}))
        of_clients = running.memory_mb()
    rows = [
        Row(f"memory of a worker with {sessions} sessions' clients", of_clients, "MB", Goal("at most", 300, "measured"))
    ]
    # In one region: a page, and nine pages, of what fits into one result.
    sizes, peaks = (900, effort.of(9_000, 4_500)), []
    for size in sizes:
        with bench("--instances", str(size * len(REGIONS)), "--seconds", "0.01") as running:
            given: dict[str, JsonValue] = {
                "service": "ec2",
                "operation": "DescribeInstances",
                "region": REGIONS[0],
            }
            (result,) = running.ask((running.open("ses_size"), "read_aws", given))
            assert result.status == "ok", result.error
            assert result.coverage is not None
            assert result.coverage.count == size, result.coverage
            peaks.append(running.memory_mb())
    work = f"memory of a worker after reading {sizes[1]:,} rows of 3 KB"
    return [*rows, Row(work, peaks[1], "MB", Goal("at most", 1.5), peaks[0], f"{sizes[0]} rows")]


def searches(effort: Effort) -> list[Row]:
    """The search over AWS's operations."""
    asked = (
        "list volumes that are not attached",
        "who changed a security group",
        "describe db instances",
        "tags of a bucket",
    )
    search(asked[0])
    seconds = []
    for number in range(effort.of(200, 40)):
        started = time.perf_counter()
        search(asked[number % len(asked)])
        seconds.append(time.perf_counter() - started)
    return [Row("search over AWS's operations, p50", p50(seconds) * 1000, "ms", Goal("at most", 20, "measured"))]


def measure(effort: Effort) -> list[Row]:
    return [row for part in (s3, ec2, accounts, memory, searches) for row in part(effort)]


if __name__ == "__main__":
    run_alone(measure)
