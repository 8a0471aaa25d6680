"""Large questions: what a worker takes for them, against the same calls of AWS in a loop by boto3 and by the AWS CLI.

    .venv/bin/python -m tests.bench.reads [--quick | --smoke]

The way is the real one from the gateway's dispatcher on: audit, Redis, a worker process, boto3 over HTTP to a double of
AWS that answers after 80 ms (`aws_double.py`); floors run in processes of their own, before and after. The AWS CLI is
measured by some of its calls (`aws` on PATH) and taken times what a loop needs: all of them would take half an hour.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from pydantic import JsonValue

from shared.aws_operations.search.search import search
from tests.bench.aws_double import REGIONS
from tests.bench.frame import Effort, Goal, Row, p50, run_alone
from tests.bench.info_workers import Bench, bench, cli, loop

LOOP, CLI = "boto3 in a loop", "the AWS CLI in a loop"
# Gives what a row needs, by the double's arguments and the number of workers.
Start = Callable[..., AbstractContextManager[Bench]]
# Of what is only to run through: as little of everything as there can be, for all rows.
SMALL = ("--buckets", "2", "--instances", "51", "--metrics", "--seconds", "0.01")


def _against(work: str, took: float, least: float, floor: float, cli_least: float, by_cli: float | None) -> list[Row]:
    rows = [Row(work, took, "s", Goal("at least", least), floor, LOOP)]
    if by_cli is not None:
        rows.append(Row(f"{work}, CLI", took, "s", Goal("at least", cli_least), by_cli, f"{CLI}, extrapolated"))
    return rows


@dataclass(frozen=True, slots=True)
class Question:
    """A large question, and whether its answer is right."""

    tool: str
    arguments: dict[str, JsonValue]
    check: Callable[..., bool]


def _asked(running: Bench, question: Question, times: int) -> tuple[float, float]:
    """Seconds of the fastest call of some, and of the processor of the worker that did most for it; after one first."""
    session = running.open("ses_large")
    given = (session, question.tool, question.arguments, question.check)
    running.seconds(*given)
    return min(running.busiest(lambda: running.seconds(*given)) for _ in range(times))


def by_two(
    start: Start, work: str, question: Question, alone: tuple[float, float], double: tuple[str, ...], times: int
) -> Row:
    """The same question where two workers share it, against one worker in the same run."""
    with start(*double, workers=2) as running:
        took, busiest = _asked(running, question, times)
    note = f"processor time of the busier of the two workers {busiest:.2f} s, of the one {alone[1]:.2f} s"
    return Row(f"{work}, two workers", took, "s", floor=alone[0], floor_is="one worker", note=note)


def s3(effort: Effort, start: Start) -> list[Row]:
    """S3's usage over 500 buckets: counted by one worker and by two, and as CloudWatch has it."""
    count = effort.of(500, 40, 2)
    work, double = f"S3 usage of {count} buckets, every object counted", ("--buckets", str(count), "--metrics")

    def right(result: dict[str, int]) -> bool:
        return result["total_bytes"] == count * 20 * 1024 and result["bucket_count"] == count

    exact = Question("get_s3_usage", {"exact": True}, right)
    with start(*double) as running:
        alone = _asked(running, exact, effort.of(3, 2, 1))
        daily, _ = _asked(running, Question("get_s3_usage", {"exact": False}, right), effort.of(2, 1, 1))
        floor = loop(running.aws, "buckets")
        one = cli(running.aws, effort.of(5, 2, 1), "s3api", "list-objects-v2", "--bucket", "bench-bucket-00000")
    # A loop asks for each bucket's region and then lists it.
    by_cli = None if one is None else one * (2 * count + 1)
    counted = _against(work, alone[0], 20, floor, 150, by_cli)
    note = "large buckets, or where exactness is not asked for"
    told = Row(
        f"S3 usage of {count} buckets by CloudWatch's figures", daily, "s", Goal("at least", 20), floor, LOOP, note
    )
    return [*counted, by_two(start, work, exact, alone, double, effort.of(5, 2, 1)), told]


def ec2(effort: Effort, start: Start) -> list[Row]:
    """5,000 instances in 17 regions, by one worker and by two."""
    count = effort.of(5000, 500, 51)
    work, double = f"{count:,} EC2 instances in 17 regions", ("--instances", str(count))
    question = Question("list_ec2_instances", {}, lambda result: result is None or bool(result))
    with start(*double) as running:
        alone = _asked(running, question, effort.of(5, 2, 1))
        floor = loop(running.aws, "instances")
        one = cli(running.aws, effort.of(3, 1, 1), "ec2", "describe-instances", "--region", REGIONS[0])
    by_cli = None if one is None else one * len(REGIONS)
    two = by_two(start, work, question, alone, double, effort.of(5, 2, 1))
    return [*_against(work, alone[0], 5, floor, 20, by_cli), two]


def accounts(effort: Effort, start: Start) -> list[Row]:
    """A sweep over 100 accounts in 17 regions."""
    count, few = effort.of(100, 10, 2), effort.of(3, 1, 1)
    work, took = f"EC2 in {count} accounts and 17 regions", {}
    for workers in (1, 2):
        with start("--instances", "51", workers=workers) as running:
            session = running.open("ses_many", accounts=count)
            if workers == 1:
                floor = loop(running.aws, "instances", "--accounts", str(few)) / few * count
            took[workers] = running.seconds(session, "list_ec2_instances", {}, bool)
    many = Row(work, took[1], "s", Goal("at least", 20), floor, f"{LOOP}, extrapolated from {few}")
    return [many, Row(f"{work}, two workers", took[2], "s", floor=took[1], floor_is="one worker")]


def memory(effort: Effort, start: Start) -> list[Row]:
    """What 64 sessions' clients take; and an answer ten times the size."""
    sessions = effort.of(64, 8, 1)
    with start("--instances", "170") as running:
        for number in range(sessions):
            running.ask((running.open(f"ses_{number:04d}"), "list_ec2_instances", {}))
        of_clients = running.memory_mb()
    rows = [
        Row(f"memory of a worker with {sessions} sessions' clients", of_clients, "MB", Goal("at most", 300, "measured"))
    ]
    # In one region: a page, and nine pages, of what fits into one result.
    sizes, peaks = (effort.of(900, 900, 3), effort.of(9_000, 4_500, 3)), []
    for size in sizes:
        with start("--instances", str(size * len(REGIONS)), "--seconds", "0.01") as running:
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


def searches(effort: Effort, _: Start) -> list[Row]:
    """The search over AWS's operations."""
    asked = (
        "list volumes that are not attached",
        "who changed a security group",
        "describe db instances",
        "tags of a bucket",
    )
    search(asked[0])
    seconds = []
    for number in range(effort.of(200, 40, 2)):
        started = time.perf_counter()
        search(asked[number % len(asked)])
        seconds.append(time.perf_counter() - started)
    return [Row("search over AWS's operations, p50", p50(seconds) * 1000, "ms", Goal("at most", 20, "measured"))]


def measure(effort: Effort) -> list[Row]:
    parts = (s3, ec2, accounts, memory, searches)
    if effort.level == "smoke":
        with bench(*SMALL, workers=2) as running:
            return [row for part in parts for row in part(effort, lambda *_, **__: nullcontext(running))]
    return [row for part in parts for row in part(effort, bench)]


if __name__ == "__main__":
    run_alone(measure)
