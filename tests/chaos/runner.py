"""Has people ask for many plans at the same time over REST, and keeps what they were told."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.cases import Case, Step, filled, make_case
from tests.chaos.effects import doing_of, doubted_call
from tests.chaos.rest import GaveUp, Rest
from tests.chaos.world import AccountState

PLAN_ENDS = {"done", "failed", "undone", "rejected", "expired", "in_doubt", "cancelled"}
LOOK_SECONDS = 1.2
MAX_DOUBTS = 3
# Of plans in doubt, how many a person looks after; the others stay as they are.
RESOLVED_SHARE = 0.7


@dataclass
class Record:
    """One plan as the person knows it. Times are Unix seconds."""

    plan_id: str
    session_id: str
    shape: str
    approved_at: float = 0.0
    cancelled: bool = False
    resolved: int = 0
    # Steps that a person was asked about, each with the call in question.
    doubts: list[tuple[str, str]] = field(default_factory=list)
    ended_at: float = 0.0
    plan: dict[str, Any] = field(default_factory=dict)

    @property
    def approved(self) -> bool:
        return self.approved_at > 0


class Runner:
    """Runs cases until there are enough plans and `busy` says no more, or `stopping`; what is under way is waited for.

    `bound` is how long one plan may take, in seconds.
    """

    def __init__(self, world: AccountState, tag: str, seed: int, bound: float = 600.0) -> None:
        self.world, self.tag, self.seed, self.bound = world, tag, seed, bound
        self.stopping = False
        self.records: dict[str, Record] = {}
        self.sessions: list[Rest] = []
        self.not_proposed: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self._numbers = itertools.count()
        self._http = httpx.AsyncClient(
            timeout=120, trust_env=False, limits=httpx.Limits(max_connections=200, keepalive_expiry=5)
        )

    async def open_sessions(self, count: int) -> None:
        """Sessions of their own, so that no audit log is everybody's bottleneck."""
        facts = self.world.facts
        self.sessions = [Rest(self._http, facts["gateways"], self.bound) for _ in range(count)]
        for start in range(0, count, 8):
            await asyncio.gather(*(rest.open(facts) for rest in self.sessions[start : start + 8]))

    async def run(self, plans: int, at_once: int, busy: Callable[[], bool]) -> None:
        async def person() -> None:
            while not self.stopping and (len(self.records) < plans or busy()):
                await self._run_case(next(self._numbers))

        await asyncio.gather(*(person() for _ in range(at_once)))

    async def close(self) -> None:
        await self._http.aclose()

    async def _run_case(self, number: int) -> None:
        rng = random.Random(f"{self.seed}/{number}")
        case = make_case(self.tag, number, rng)
        rest = self.sessions[number % len(self.sessions)]
        try:
            await self._decide(rest, case, rng)
        except GaveUp as error:
            self.problems[f"no answer: {error}"[:60]] += 1

    async def _decide(self, rest: Rest, case: Case, rng: random.Random) -> None:
        known = {}
        if case.needs_instance:
            known["instance"] = await asyncio.to_thread(self.world.new_instance, f"{self.tag}-{case.number:05d}-i0")
        steps = filled(case.steps, known)
        record = await self._propose(rest, case.shape, case.goal, steps, case.on_failure)
        if record is None or case.then == "leave":
            return
        if case.then == "reject":
            await rest.send("POST", f"/v1/plans/{record.plan_id}/reject")
            return
        await self._approve(rest, record)
        if case.then == "cancel":
            await asyncio.sleep(rng.uniform(0.0, 1.5))
            await self._cancel(rest, record, rng.choice(["undo", "keep"]))
        status = await self._end_of(rest, record)
        while status == "in_doubt" and record.resolved < MAX_DOUBTS and rng.random() < RESOLVED_SHARE:
            status = await self._resolve(rest, record)
        if status != "done" or case.then not in ("undo", "follow"):
            return
        if case.then == "undo":
            second = await self._take(rest, "undo plan", await rest.send("POST", f"/v1/plans/{record.plan_id}/undo"))
        else:
            following = filled(list(case.follow_up), _results(record.plan))
            second = await self._propose(rest, f"{case.shape} (2)", f"then of {case.goal}", following, "undo")
        if second is not None:
            await self._approve(rest, second)
            await self._end_of(rest, second)

    async def _propose(self, rest: Rest, shape: str, goal: str, steps: list[Step], on_failure: str) -> Record | None:
        body = {"goal": goal, "steps": steps, "on_failure": on_failure}
        return await self._take(rest, shape, await rest.send("POST", "/v1/plans", body))

    async def _take(self, rest: Rest, shape: str, answer: tuple[int, Any]) -> Record | None:
        status, plan = answer
        if status not in (201, 202):
            self.not_proposed[f"{shape}: {status} {plan.get('code')} {plan.get('detail', '')[:80]}"] += 1
            return None
        record = self.records[plan["plan_id"]] = Record(plan["plan_id"], rest.session_id, shape, plan=plan)
        return record

    async def _approve(self, rest: Rest, record: Record) -> None:
        # Before it is sent: an answer that is lost may be to an approval that counts.
        record.approved_at = time.time()
        path = f"/v1/plans/{record.plan_id}/approve"
        status, answer = await rest.send(
            "POST", path, {"digest": record.plan["digest"], "acknowledged": record.plan["acknowledge"]}
        )
        if status != 202 and answer.get("code") != "already_decided":
            self.problems[f"approve: {status} {answer.get('code')}"] += 1

    async def _cancel(self, rest: Rest, record: Record, completed: str) -> None:
        path = f"/v1/plans/{record.plan_id}/cancel"
        status, answer = await rest.send("POST", path, {"completed_steps": completed})
        record.cancelled = status == 202
        if status != 202:
            self.problems[f"cancel: {status} {answer.get('code')}"] += 1

    async def _resolve(self, rest: Rest, record: Record) -> str:
        """Look at AWS, as the plan asks for, and say of every step in doubt whether its call happened."""
        await asyncio.sleep(3.0)
        record.resolved += 1
        for step in record.plan["steps"]:
            if step["status"] != "in_doubt":
                continue
            asked = doubted_call(step)
            record.doubts.append((step["id"], asked))
            doing = doing_of(step, record.plan)
            wanted = {effect for effect in (*doing.done, *doing.undone) if effect[0] == asked} or set(doing.done)
            happened = any(effect.call.effect in wanted for effect in self.world.aws.effects)
            path = f"/v1/plans/{record.plan_id}/resolve"
            status, answer = await rest.send("POST", path, {"step": step["id"], "happened": happened})
            if status != 202:
                self.problems[f"resolve: {status} {answer.get('code')}"] += 1
        await asyncio.sleep(LOOK_SECONDS)
        return await self._end_of(rest, record)

    async def _end_of(self, rest: Rest, record: Record) -> str:
        until = time.time() + self.bound
        while time.time() < until:
            await asyncio.sleep(LOOK_SECONDS)
            status, plan = await rest.send("GET", f"/v1/plans/{record.plan_id}")
            if status == 200:
                record.plan = plan
            if status == 200 and plan["status"] in PLAN_ENDS:
                record.ended_at = time.time()
                break
        return str(record.plan["status"])


def _results(plan: dict[str, Any]) -> dict[str, Any]:
    """What the steps of a plan came to, by "STEP.MEMBER"."""
    results = ((step["id"], step["result"]) for step in plan["steps"] if step["result"])
    return {f"{step}.{name}": value for step, result in results for name, value in result.items()}
