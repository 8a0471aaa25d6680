"""An ended plan is looked at again some minutes and an hour after its end, by any gateway, while its session lives."""

from __future__ import annotations

import time
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.plans.looks import CLAIM_SECONDS, COMPARED_AFTER, LOOK_SECONDS, LOOKS, Looks
from services.orchestrator.plans.store import LOOKS as LISTED
from services.orchestrator.plans.store import PlanStore
from shared.errors import Unavailable
from shared.messages import ToolCall, ToolResult
from shared.plans.plan import Plan
from tests.unit.orchestrator.plans.test_runs import a_plan


class Executor:
    """Answers reconcile_plan, with `error` where there is one."""

    def __init__(self) -> None:
        self.error: dict[str, Any] | None = None
        self.away = False
        self.asked: list[ToolCall] = []
        self.compared: list[tuple[str, str]] = []

    async def call(self, call: ToolCall) -> ToolResult:
        self.asked.append(call)
        if self.away:
            raise Unavailable("no broker")
        answer: dict[str, Any] = {"status": "error", "error": self.error} if self.error else {"status": "ok"}
        return ToolResult(
            call_id="c", agent="executor", tool=call.tool, started_at=1.0, duration_ms=1, result={}, **answer
        )


@pytest.fixture
def asked() -> Executor:
    return Executor()


def looks(redis: Redis, executor: Any, session_lasts: float | None = 9000) -> Looks:
    async def session_for(plan: Plan) -> str | None:
        return None if session_lasts is None else plan.session_id

    async def compare(plan: Plan, session_id: str) -> None:
        executor.compared.append((plan.plan_id, session_id))

    return Looks(PlanStore(redis), executor, session_for, compare)


async def ended(redis: Redis, ago: float, *, begun: bool = True) -> Plan:
    """A plan that ended some seconds ago, as the executor's record has it."""
    plan = a_plan("cancelled", "skipped", ended_at=time.time() - ago)
    if begun:
        plan = plan.model_copy(update={"steps": (plan.steps[0].model_copy(update={"started_at": 1.0}),)})
    await redis.set("plan:pln_1", plan.model_dump_json())
    return plan


async def due_in(redis: Redis, plan: Plan) -> float | None:
    """Seconds from the plan's end until it is listed to be looked at."""
    score = await redis.zscore(LISTED, plan.plan_id)
    assert plan.ended_at is not None
    return None if score is None else round(float(score) - plan.ended_at)


async def test_a_plan_is_looked_at_minutes_and_an_hour_after_its_end(redis: Redis, asked: Executor) -> None:
    plan = await ended(redis, 10)
    await looks(redis, asked).plan_ended(plan)
    assert await due_in(redis, plan) == LOOKS[0]
    await looks(redis, asked).look()
    assert asked.asked == []

    plan = await ended(redis, LOOKS[0] + 1)
    await looks(redis, asked).plan_ended(plan)
    await looks(redis, asked).look()
    assert [(call.tool, call.arguments) for call in asked.asked] == [("reconcile_plan", {"plan_id": "pln_1"})]
    assert await due_in(redis, plan) == LOOKS[1]

    plan = await ended(redis, LOOKS[-1] + 1)
    await looks(redis, asked).plan_ended(plan)
    await looks(redis, asked).look()
    assert len(asked.asked) == 2
    assert await due_in(redis, plan) is None


async def test_a_plan_is_compared_with_awss_event_history_once_that_has_all_events(
    redis: Redis, asked: Executor
) -> None:
    for after in LOOKS:
        plan = await ended(redis, after + 1)
        await looks(redis, asked).plan_ended(plan)
        await looks(redis, asked).look()
    assert asked.compared == [("pln_1", plan.session_id)] * 2
    assert LOOKS[0] < COMPARED_AFTER < LOOKS[1]


async def test_a_comparison_that_failed_is_made_again(redis: Redis, asked: Executor) -> None:
    plan = await ended(redis, LOOKS[1] + 1)

    async def session_for(plan: Plan) -> str | None:
        return plan.session_id

    async def fails(plan: Plan, session_id: str) -> None:
        raise Unavailable("no worker")

    made = Looks(PlanStore(redis), asked, session_for, fails)  # type: ignore[arg-type]  # answers as one does
    await made.plan_ended(plan)
    await made.look()
    score = await redis.zscore(LISTED, plan.plan_id)
    assert float(score or 0) > time.time() + LOOK_SECONDS


async def test_a_plan_of_which_no_step_began_is_not_looked_at(redis: Redis, asked: Executor) -> None:
    plan = await ended(redis, 10, begun=False)
    await looks(redis, asked).plan_ended(plan)
    assert await due_in(redis, plan) is None


async def test_a_plan_whose_session_is_over_is_not_looked_at(redis: Redis, asked: Executor) -> None:
    plan = await ended(redis, LOOKS[0] + 1)
    await looks(redis, asked).plan_ended(plan)
    await looks(redis, asked, session_lasts=None).look()
    assert (asked.asked, await due_in(redis, plan)) == ([], None)


@pytest.mark.parametrize("trouble", ["away", "retryable"])
async def test_a_look_that_failed_is_repeated_later_and_by_one_gateway(
    redis: Redis, asked: Executor, trouble: str
) -> None:
    plan = await ended(redis, LOOKS[0] + 1)
    asked.away = trouble == "away"
    asked.error = {"code": "run_interrupted", "detail": "cut off", "retryable": True} if trouble != "away" else None
    await looks(redis, asked).plan_ended(plan)
    for _ in range(2):
        await looks(redis, asked).look()
    assert len(asked.asked) == 1
    score = await redis.zscore(LISTED, plan.plan_id)
    assert time.time() + LOOK_SECONDS < float(score or 0) <= time.time() + CLAIM_SECONDS


async def test_a_gateway_that_starts_looks_at_what_another_one_listed(redis: Redis, asked: Executor) -> None:
    plan = await ended(redis, LOOKS[-1] + 1)
    await looks(redis, asked).plan_ended(plan)
    other = looks(redis, asked)
    await other.start()
    for _ in range(200):
        if asked.asked and await due_in(redis, plan) is None:
            break
        await redis.ping()
    await other.stop()
    assert len(asked.asked) == 1
