"""A person stops a running plan between its steps."""

from __future__ import annotations

import time
from typing import Any, Literal

import pytest

from shared.decisions import Cancellation
from shared.messages import Plan, ProposedStep
from shared.signing import sign_decision
from tests.unit.executor.conftest import APPROVAL_KEY, LAMBDA_TRUST, Executor, step
from tests.unit.executor.faults import WiredExecutor, passes, wired

ROLE = step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST)


def bucket(*needs: str) -> ProposedStep:
    return step("create_s3_bucket", "bucket", needs, bucket_name="a-new-bucket", region="eu-west-1")


@pytest.fixture
def quick(executor: Executor) -> WiredExecutor:
    return wired(executor)


def cancel(executor: Executor, plan: Plan, completed: Literal["undo", "keep"] = "undo", **more: Any) -> None:
    """A person's decision to cancel, signed and recorded as the gateway's route does."""
    key = more.pop("key", APPROVAL_KEY)
    decision = Cancellation(
        plan_id=plan.plan_id, session_id=plan.session_id, cancelled_at=time.time(), completed_steps=completed
    ).model_copy(update=more)
    executor.redis.set(f"cancel:{plan.plan_id}", sign_decision(key.encode(), decision).model_dump_json())


def statuses(plan: Plan) -> dict[str, str]:
    return {item.id: item.status for item in plan.steps}


@pytest.mark.parametrize(("completed", "status"), [("undo", "undone"), ("keep", "done")])
def test_a_cancelled_plan_ends_after_the_step_under_way(
    quick: WiredExecutor, completed: Literal["undo", "keep"], status: str
) -> None:
    plan = quick.prepare(ROLE, bucket("role"))
    quick.wire.faults["CreateRole"] = [passes(lambda: cancel(quick, plan, completed))]
    ended = quick.run(plan)
    assert ended.status == "cancelled"
    assert statuses(ended) == {"role": status, "bucket": "skipped"}
    assert "CreateBucket" not in quick.wire.sent
    assert quick.run(plan) == ended


def test_a_plan_cancelled_before_it_starts_does_nothing(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE, bucket())
    cancel(quick, plan)
    ended = quick.run(plan)
    assert ended.status == "cancelled"
    assert set(statuses(ended).values()) == {"skipped"}
    assert quick.wire.sent == []


def test_a_cancellation_during_the_last_step_is_too_late(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE)
    quick.wire.faults["CreateRole"] = [passes(lambda: cancel(quick, plan))]
    assert quick.run(plan).status == "done"
    assert quick.wire.effects == ["CreateRole"]


@pytest.mark.parametrize(
    "change",
    [{"key": "a guess"}, {"plan_id": "pln_other"}, {"session_id": "ses_other"}],
    ids=lambda change: next(iter(change)),
)
def test_a_cancellation_that_is_not_signed_for_this_plan_stops_nothing(
    quick: WiredExecutor, change: dict[str, Any]
) -> None:
    plan = quick.prepare(ROLE, bucket("role"))
    cancel(quick, plan, **change)
    assert quick.run(plan).status == "done"


def test_what_is_no_cancellation_at_all_stops_nothing(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE)
    quick.redis.set(f"cancel:{plan.plan_id}", "yes")
    assert quick.run(plan).status == "done"


def test_a_step_that_fails_meanwhile_fails_the_plan(quick: WiredExecutor) -> None:
    failing = step("delete_lambda_function", "last", function_name="nothing")
    plan = quick.prepare(failing, bucket("last"))
    cancel_later = passes(lambda: cancel(quick, plan, "keep"))
    quick.wire.faults["GetFunctionConfiguration"] = [cancel_later]
    ended = quick.run(plan)
    assert (ended.status, statuses(ended)) == ("failed", {"last": "failed", "bucket": "skipped"})
