"""One chaos run from start to verdict: the product's, and the control's beside it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.collect import collect
from tests.chaos.control import run_control
from tests.chaos.orders import MAIN, OTHER, RARE, Chaos, Rates
from tests.chaos.report import table
from tests.chaos.runner import Runner
from tests.chaos.verdict import Verdict, judge
from tests.chaos.world import AccountState

PLANS_PER_SESSION = 50
MIN_SESSIONS = 4
PROGRESS_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much, for how long. `kills` is of each of `kinds`; of others and Redis a third, of rare ones a twelfth.

    After `deadline` seconds nobody proposes anything more and nothing more is killed, however little has been done;
    what is under way then has `bound` seconds to end.
    """

    plans: int
    seconds: float
    deadline: float = 900.0
    bound: float = 600.0
    seed: int = 1
    kills: int = 6
    executors: int = 3
    gateways: int = 2
    at_once: int = 32
    control: bool = True
    rates: Rates = field(default_factory=Rates)
    kinds: tuple[str, ...] = MAIN
    other_kinds: tuple[str, ...] = OTHER
    rare_kinds: tuple[str, ...] = RARE

    @property
    def orders(self) -> list[str]:
        amounts = (
            (self.kinds, self.kills),
            ((*self.other_kinds, "redis"), math.ceil(self.kills / 3)),
            (self.rare_kinds, math.ceil(self.kills / 12)),
        )
        return [kind for kinds, amount in amounts for kind in kinds for _ in range(amount)]


@dataclass(slots=True)
class Outcome:
    verdict: Verdict
    text: str


async def run_product(world: AccountState, plan: Plan) -> Outcome:
    """The product under chaos."""
    started = time.monotonic()
    chaos = Chaos(world, plan.seed, plan.rates)
    runner = Runner(world, "chaos", plan.seed, plan.bound)
    await runner.open_sessions(max(MIN_SESSIONS, plan.plans // PLANS_PER_SESSION))
    world.redis.spoil, world.aws.spoil = chaos.on_redis, chaos.on_aws
    kills = asyncio.create_task(chaos.run(plan.orders, plan.seconds))
    watching = asyncio.create_task(_watch(runner, chaos, kills, started, plan.deadline))
    await runner.run(plan.plans, plan.at_once, busy=lambda: not kills.done())
    chaos.calm = True
    for task in (kills, watching):
        task.cancel()
    await asyncio.gather(kills, watching, return_exceptions=True)
    _say(runner, chaos, started, "judging")
    verdict = judge(await collect(world, runner, chaos.hidden))
    problems = runner.problems + sum((rest.problems for rest in runner.sessions), Counter())
    more = {
        "kills and stops that met nobody in time": str(chaos.left),
        "AWS requests": str(sum(world.aws.requests.values())),
        "requests that AWS took for one it had carried out": str(sum(world.aws.repeated.values())),
        "asked again by the person": ", ".join(f"{name} {n}" for name, n in problems.most_common()) or "none",
        "not proposed": ", ".join(f"{name} {n}" for name, n in runner.not_proposed.items()) or "none",
        "seed": str(plan.seed),
    }
    await runner.close()
    _keep(world.directory / "run.json", runner, chaos)
    faults = chaos.faults + world.aws.faults
    seconds = time.monotonic() - started
    text = table("The product", verdict, chaos.hits, faults, runner.records, seconds, more)
    return Outcome(verdict, text)


async def _watch(runner: Runner, chaos: Chaos, kills: asyncio.Task[None], started: float, deadline: float) -> None:
    """Say every some seconds how far the run is, and end it at its deadline."""
    while time.monotonic() < started + deadline:
        await asyncio.sleep(min(PROGRESS_SECONDS, max(0.0, started + deadline - time.monotonic())))
        _say(runner, chaos, started, "calm" if kills.done() else f"{chaos.left} kills to come")
    runner.stopping, chaos.calm = True, True
    kills.cancel()
    while True:
        _say(runner, chaos, started, "the deadline is over; waiting for what is under way")
        await asyncio.sleep(PROGRESS_SECONDS)


def _say(runner: Runner, chaos: Chaos, started: float, words: str) -> None:
    records = list(runner.records.values())
    under_way = sum(record.approved and not record.ended_at for record in records)
    ended = sum(bool(record.ended_at) for record in records)
    line = f"{len(records)} plans, {ended} ended, {under_way} under way, {len(chaos.hits)} kills and stops; {words}"
    print(f"{time.monotonic() - started:5.0f} s: {line}", file=sys.stderr, flush=True)


def _keep(file: Path, runner: Runner, chaos: Chaos) -> None:
    """What to look at when something is wrong: every plan with its times, every kill."""
    plans = [dataclasses.asdict(record) for record in runner.records.values()]
    hits = [dataclasses.asdict(hit) for hit in chaos.hits]
    file.write_text(json.dumps({"plans": plans, "hits": hits}, indent=1))


async def run_both(plan: Plan, directory: Path) -> int:
    """The product must pass and the control must not; prints both tables. 0 where it is so."""
    world = AccountState(directory, plan.executors, plan.gateways, plan.seed)
    try:
        await world.start()
        product = await run_product(world, plan)
        print(product.text, flush=True)
        if not plan.control:
            return 0 if product.verdict.good else 1
        control = await run_control(world, plan.seed)
        print(control.text, flush=True)
        return 0 if product.verdict.good and not control.verdict.good else 1
    finally:
        await world.stop()
