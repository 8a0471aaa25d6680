"""Runs the control under the same proxies, kills and verdict: a harness that lets it pass proves nothing."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from typing import Any

from celery import Celery
from redis.asyncio import Redis

from sandbox.processes import Process
from tests.chaos.cases import Case, filled, make_case
from tests.chaos.collect import what_is_left
from tests.chaos.orders import AT_AWS, Chaos, Rates
from tests.chaos.report import table
from tests.chaos.runner import Record
from tests.chaos.verdict import Seen, Verdict, judge
from tests.chaos.world import ROOT, AccountState

WORKERS = 3
# Above its visibility timeout, twice: what comes back by then was not lost.
BOUND_SECONDS = 25.0


@dataclass(slots=True)
class Outcome:
    verdict: Verdict
    text: str


async def run_control(
    world: AccountState,
    seed: int,
    *,
    plans: int = 120,
    seconds: float = 15.0,
    kills: int = 4,
    rates: Rates | None = None,
    bound: float = BOUND_SECONDS,
) -> Outcome:
    """Plans of the same shapes, published with `send_task` alone, under kills of its workers and faults of AWS."""
    started = time.monotonic()
    watching = asyncio.create_task(_run_workers(world))
    chaos = Chaos(world, seed, rates, victims="naive", recovery=0)
    cases = list(itertools.islice(_cases(seed), plans))
    redis = world.admin_redis()
    try:
        await asyncio.sleep(2.0)
        world.redis.spoil, world.aws.spoil = chaos.on_redis, chaos.on_aws
        kills_done = asyncio.create_task(chaos.run(["executor", *AT_AWS] * kills, seconds))
        cases = await asyncio.to_thread(_ready, world, cases)
        records = await _publish(world, cases, seconds)
        await _all_ended(redis, cases, bound)
        chaos.calm = True
        kills_done.cancel()
        await _end_workers(world, watching)
        plans_now = [await _plan_of(redis, case) for case in cases]
    finally:
        await _end_workers(world, watching)
        await redis.aclose()
    _note_ends(records, plans_now)
    left = await asyncio.to_thread(what_is_left, world, "naive", world.aws.effects)
    verdict = judge(Seen(records, plans_now, tag="naive", **left))
    text = table(
        "The control: a plain Celery task",
        verdict,
        chaos.hits,
        chaos.faults,
        records,
        time.monotonic() - started,
        {"seed": str(seed)},
    )
    return Outcome(verdict, text)


def _cases(seed: int) -> Any:
    for number in itertools.count():
        case = make_case("naive", number, random.Random(f"{seed}/{number}"))
        if case.then == "approve":
            yield case


def _ready(world: AccountState, cases: list[Case]) -> list[Case]:
    """The cases with the instances that they need."""
    made = []
    for case in cases:
        known = {"instance": world.new_instance(f"naive-{case.number:05d}-i0")} if case.needs_instance else {}
        made.append(dataclasses.replace(case, steps=filled(case.steps, known)))
    return made


async def _run_workers(world: AccountState) -> None:
    facts = world.facts
    environment = os.environ | {
        "NAIVE_BROKER": _broker(world),
        "PYTHONPATH": str(ROOT),
        "AWS_ENDPOINT_URL": world.aws.url,
        "AWS_ACCESS_KEY_ID": facts["admin"]["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": facts["admin"]["secret_access_key"],
        "AWS_DEFAULT_REGION": facts["region"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    command = [sys.executable, "-m", "tests.chaos.naive"]
    for _ in range(WORKERS):
        world.own.start(Process("naive", command, environment, world.directory / "naive.log"))
    while True:
        await asyncio.sleep(0.3)
        world.own.watch_once()


async def _end_workers(world: AccountState, watching: asyncio.Task[None]) -> None:
    """At once: what they have not done by now counts as not done."""
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    for process in world.own.processes:
        process.signal(signal.SIGKILL)
    world.own.stop()


def _broker(world: AccountState) -> str:
    return str(world.facts["redis_url"])


async def _publish(world: AccountState, cases: list[Case], seconds: float) -> dict[str, Record]:
    """Spread over the time of the kills."""
    url = _broker(world).replace(f":{world.redis.port}/", f":{world.redis.upstream_port}/")
    app = Celery("naive", broker=url, set_as_current=False)
    records = {}
    for case in cases:
        plan_id = f"plan-{case.number}"
        records[plan_id] = Record(plan_id, "", case.shape, approved_at=time.time())
        arguments = [plan_id, case.steps, case.on_failure]
        await asyncio.to_thread(app.send_task, "naive.run_plan", args=arguments, queue="naive", ignore_result=True)
        await asyncio.sleep(seconds / len(cases))
    return records


async def _all_ended(redis: Redis, cases: list[Case], bound: float) -> None:
    deadline = time.monotonic() + bound
    while time.monotonic() < deadline:
        statuses = [await redis.hget(f"naive:plan-{case.number}", "status") for case in cases]
        if all(status in ("done", "failed") for status in statuses):
            break
        await asyncio.sleep(1.0)


async def _plan_of(redis: Redis, case: Case) -> dict[str, Any]:
    """What the task said of its plan, in the form REST has for the product's."""
    plan_id = f"plan-{case.number}"
    state: dict[Any, Any] = await redis.hgetall(f"naive:{plan_id}")
    steps = [{**step, "status": state.get(f"step {step['id']}", "pending")} for step in case.steps]
    return {"plan_id": plan_id, "goal": case.goal, "status": state.get("status", "approved"), "steps": steps}


def _note_ends(records: dict[str, Record], plans: list[dict[str, Any]]) -> None:
    for plan in plans:
        if plan["status"] in ("done", "failed"):
            records[plan["plan_id"]].ended_at = time.time()
