"""A plan as it is now: the executor's record with what was decided and how it ended."""

from __future__ import annotations

import time
from typing import Any

import pytest

from services.orchestrator.plans.status import Decision, Outcome, Stored, as_of_now, seen
from shared.messages import Effect, ErrorBody, Identity
from shared.plans.page.page import plan_page
from shared.plans.plan import Plan
from shared.plans.step import Step
from tests.unit.pages import text_of

NOW = time.time()


def made(id: str, status: Any = "pending") -> Step:
    return Step(id=id, operation="o", arguments={}, title="t", effect=Effect.WRITE, reversible="yes", status=status)


def record(*steps: Step, status: Any = "proposed", expires_at: float | None = None) -> str:
    return Plan(
        plan_id="pln_1",
        session_id="ses_1",
        status=status,
        goal="g",
        digest="d",
        created_at=NOW,
        expires_at=time.time() + 600 if expires_at is None else expires_at,
        identity=Identity(account="1", caller_arn="a", region="eu-central-1"),
        steps=steps or (made("a"), made("b")),
    ).model_dump_json()


def decision(kind: Any, reason: str | None = None) -> str:
    return Decision(decision=kind, decided_at=NOW, reason=reason).model_dump_json()


@pytest.mark.parametrize(
    ("kind", "status", "because"),
    [
        ("reject", "rejected", "a person rejected the plan: no"),
        ("cancel", "cancelled", "a person cancelled the plan before it was approved: no"),
        ("expired", "expired", "nobody approved the plan in time: no"),
    ],
)
def test_the_steps_of_a_plan_that_was_decided_against_are_skipped_with_the_reason(
    kind: str, status: str, because: str
) -> None:
    stored = record()
    plan = as_of_now(Stored(stored, decision(kind, "no")))
    assert (plan.status, plan.ended_because) == (status, because)
    assert {step.status for step in plan.steps} == {"skipped"}
    assert plan.steps[0].error == ErrorBody(
        code="not_begun", detail=f"this step was not begun, because {because}", retryable=False
    )
    assert Plan.model_validate_json(stored).steps[0].status == "pending"


def test_a_plan_that_nobody_decided_on_in_time_has_nothing_pending() -> None:
    plan = as_of_now(Stored(record(expires_at=NOW - 1)))
    assert (plan.status, plan.ended_at) == ("expired", NOW - 1)
    assert {step.status for step in plan.steps} == {"skipped"}
    assert 'Why: "nobody approved the plan in time"' in text_of(plan_page(plan))


@pytest.mark.parametrize("status", ["failed", "in_doubt", "cancelled"])
def test_a_plan_that_no_executor_ended_says_why_and_has_nothing_pending(status: Any) -> None:
    stored = record(made("a", "done"), made("b"), status="running")
    error = ErrorBody(code="session_expired", detail="the session ended before the plan did")
    outcome = Outcome(status=status, error=error, ended_at=NOW, seen=seen(stored)).model_dump_json()
    plan = as_of_now(Stored(stored, decision("approve"), outcome))
    assert [step.status for step in plan.steps] == ["done", "skipped"]
    assert plan.ended_because == error.detail
    assert plan.findings[-1].code == "session_expired"


@pytest.mark.parametrize("status", ["running", "in_doubt"])
def test_a_plan_that_may_go_on_keeps_its_pending_steps(status: str) -> None:
    plan = as_of_now(Stored(record(made("a", "in_doubt"), made("b"), status=status), decision("approve")))
    assert [step.status for step in plan.steps] == ["in_doubt", "pending"]
