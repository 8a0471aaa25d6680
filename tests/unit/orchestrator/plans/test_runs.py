"""A plan's run is asked for until it ends, bounded by its session; what the gateway says of it hides nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.plans.runs import PlanRuns
from services.orchestrator.plans.status import Decision
from services.orchestrator.plans.store import PlanStore
from shared.errors import AssistantError, Busy, DeadlineExceeded, Unavailable
from shared.messages import Effect, Identity, ToolCall, ToolResult
from shared.plans.decisions import Approval
from shared.plans.plan import Plan
from shared.plans.step import Step


class Executor:
    """Answers run_plan with `error`, or not at all; `asked` has the calls."""

    def __init__(self, error: AssistantError) -> None:
        self.error = error
        self.asked: list[tuple[str, float]] = []

    async def call(self, call: ToolCall) -> ToolResult:
        self.asked.append((call.call_id, call.deadline - time.time()))
        if isinstance(self.error, Busy | DeadlineExceeded):
            raise self.error
        body = {"code": self.error.code, "detail": self.error.detail, "retryable": self.error.retryable}
        return ToolResult(
            call_id="c", agent="executor", tool=call.tool, status="error", error=body, started_at=1.0, duration_ms=1
        )


def a_plan(status: Any = "proposed", step: Any = "pending", **changes: Any) -> Plan:
    made = Step(id="s1", operation="o", arguments={}, title="t", effect=Effect.WRITE, reversible="yes", status=step)
    fields: dict[str, Any] = {
        "plan_id": "pln_1",
        "session_id": "ses_1",
        "status": status,
        "goal": "g",
        "digest": "d",
        "created_at": time.time(),
        "expires_at": time.time() + 600,
        "identity": Identity(account="1", caller_arn="a", region="eu-central-1"),
        "steps": (made,),
    }
    return Plan(**(fields | changes))


async def approved(redis: Redis, plan: Plan, lasts: float = 600) -> PlanStore:
    store = PlanStore(redis)
    await redis.set("plan:pln_1", plan.model_dump_json())
    now = time.time()
    approval = Approval(
        plan_id="pln_1", session_id="ses_1", digest="d", approved_at=now, expires_at=now + lasts, nonce="n"
    )
    await store.decide("pln_1", Decision(decision="approve", decided_at=now, approval=approval))
    return store


async def run(store: PlanStore, executor: Executor, session_lasts: float | None = 3600) -> Plan:
    async def session_end(_: str) -> float | None:
        return None if session_lasts is None else time.time() + session_lasts

    plan = await store.load("pln_1")
    assert plan is not None
    return await PlanRuns(executor, store, session_end, 900).run(plan, await store.attempt("pln_1"))


@pytest.mark.parametrize(
    "error",
    [
        DeadlineExceeded("every executor was away"),
        Unavailable("killed five times", code="run_interrupted"),
        AssistantError("killed five times, by an older executor", code="poisoned"),
        AssistantError("crashed"),
        AssistantError("renew them", code="credentials_expired"),
        Busy("another has it", code="plan_is_running"),
    ],
)
async def test_a_started_plan_is_asked_for_again_as_long_as_its_session_lives(
    redis: Redis, error: AssistantError
) -> None:
    store = await approved(redis, a_plan("running", "running"))
    executor = Executor(error)

    states = [(await run(store, executor)).status for _ in range(4)]

    assert states == ["running"] * 4
    expected = [0, 0, 0, 0] if isinstance(error, Busy) else [0, 1, 2, 3]
    assert [call_id for call_id, _ in executor.asked] == [f"run.pln_1.{number}" for number in expected]


@pytest.mark.parametrize(("step", "end"), [("running", "in_doubt"), ("done", "failed"), ("pending", "failed")])
async def test_a_started_plan_whose_session_has_ended_gets_an_end_that_says_so(
    redis: Redis, step: Any, end: str
) -> None:
    store = await approved(redis, a_plan("running", step))

    plan = await run(store, Executor(DeadlineExceeded("away")), session_lasts=None)

    assert (plan.status, plan.findings[-1].code) == (end, "session_expired")


async def test_a_call_waits_no_longer_than_its_session_lasts(redis: Redis) -> None:
    store = await approved(redis, a_plan("running", "running"))
    executor = Executor(DeadlineExceeded("away"))

    await run(store, executor, session_lasts=30)

    assert 30 < executor.asked[0][1] < 45


async def test_a_plan_that_nobody_could_begin_fails_when_its_approval_has_expired(redis: Redis) -> None:
    store = await approved(redis, a_plan())
    executor = Executor(DeadlineExceeded("away"))
    waiting = await run(store, executor)
    store = PlanStore(redis)
    await redis.delete("decision:pln_1")
    store = await approved(redis, a_plan(), lasts=-1)

    ended = await run(store, executor)

    assert waiting.status == "approved"
    assert (ended.status, ended.findings[-1].code) == ("failed", "plan_expired")


async def test_a_plan_cancelled_before_it_began_ends_cancelled_even_with_no_executor(redis: Redis) -> None:
    store = await approved(redis, a_plan(), lasts=-1)
    await redis.set("cancel:pln_1", "{}")

    assert (await run(store, Executor(DeadlineExceeded("away")))).status == "cancelled"


@pytest.mark.parametrize("code", ["stale_digest", "bad_signature", "grant_not_valid"])
async def test_a_started_plan_that_the_executor_refuses_is_not_asked_for_forever(redis: Redis, code: str) -> None:
    store = await approved(redis, a_plan("running", "running"))

    plan = await run(store, Executor(AssistantError("no", code=code)))

    assert (plan.status, plan.findings[-1].code) == ("in_doubt", code)


@pytest.mark.parametrize("later", ["running", "done"])
async def test_what_the_executor_says_later_is_not_hidden(redis: Redis, later: Any) -> None:
    store = await approved(redis, a_plan("running", "running"))
    await run(store, Executor(DeadlineExceeded("away")), session_lasts=None)

    await redis.set("plan:pln_1", a_plan(later, "done", decided_at=time.time()).model_dump_json())

    plan = await store.load("pln_1")
    assert plan is not None
    assert (plan.status, plan.findings) == (later, ())


async def test_an_end_is_not_forgotten_over_an_answer_that_came_meanwhile(redis: Redis) -> None:
    store = await approved(redis, a_plan("in_doubt", "in_doubt", ended_at=time.time()))
    attempt = await store.attempt("pln_1")
    await store.next_attempt("pln_1")

    await store.forget("pln_1", attempt)
    kept = await redis.zscore("runs", "pln_1")
    await store.forget("pln_1", attempt + 1)

    assert kept is not None
    assert await redis.zscore("runs", "pln_1") is None
