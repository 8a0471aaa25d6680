"""A person stops a running plan between its steps."""

from __future__ import annotations

import time
from typing import Any, Literal

import pytest
from pydantic import JsonValue

from shared.keys.signing import sign_decision
from shared.plans.decisions import Cancellation
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import APPROVAL_KEY, LAMBDA_TRUST, Executor, step
from tests.unit.executor.faults import (
    Fault,
    Killed,
    WiredExecutor,
    closes,
    errs,
    expire_leases,
    passes,
    throttled,
    wired,
)

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


def dies_before_sending(quick: WiredExecutor, operation: str) -> None:
    """The process dies between the intent of a call and the call."""

    def die() -> None:
        raise Killed

    quick.wire.faults[operation] = [passes(die)]


@pytest.mark.parametrize("completed", ["undo", "keep"])
def test_a_call_that_never_reached_aws_is_not_sent_after_a_cancellation(
    quick: WiredExecutor, completed: Literal["undo", "keep"]
) -> None:
    plan = quick.prepare(ROLE)
    dies_before_sending(quick, "CreateRole")
    with pytest.raises(Killed):
        quick.run(plan)
    cancel(quick, plan, completed)
    expire_leases(quick.redis)
    ended = quick.run(plan)
    assert (ended.status, statuses(ended)) == ("cancelled", {"role": "skipped"})
    assert quick.wire.effects == []
    assert quick.wire.sent == ["CreateRole"]
    assert quick.run(plan) == ended


def test_a_call_that_did_reach_aws_is_found_all_the_same(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE)

    def lost(request: Any, forward: Any) -> Any:
        forward()
        raise Killed

    quick.wire.faults["CreateRole"] = [lost]
    with pytest.raises(Killed):
        quick.run(plan)
    cancel(quick, plan)
    expire_leases(quick.redis)
    ended = quick.run(plan)
    # It was the last step, and it is done: the cancellation came too late.
    assert (ended.status, statuses(ended)) == ("done", {"role": "done"})
    assert quick.wire.effects == ["CreateRole"]


@pytest.mark.parametrize("fault", [closes(after=False), errs(500), throttled()], ids=["closed", "500", "throttled"])
def test_a_call_that_had_no_effect_is_not_sent_again_after_a_cancellation(quick: WiredExecutor, fault: Fault) -> None:
    plan = quick.prepare(ROLE)

    def cancelled(request: Any, forward: Any) -> Any:
        cancel(quick, plan)
        return fault(request, forward)

    quick.wire.faults["CreateRole"] = [cancelled]
    ended = quick.run(plan)
    assert (ended.status, statuses(ended)) == ("cancelled", {"role": "skipped"})
    assert (quick.wire.sent, quick.wire.effects) == (["CreateRole"], [])


def test_a_cancellation_while_a_step_looks_before_it_changes_anything_comes_in_time(quick: WiredExecutor) -> None:
    plan = quick.prepare(bucket())
    quick.wire.faults["HeadBucket"] = [passes(lambda: cancel(quick, plan))]
    ended = quick.run(plan)
    assert (ended.status, statuses(ended)) == ("cancelled", {"bucket": "skipped"})
    assert quick.wire.sent == []


def test_a_step_that_has_changed_something_goes_on_to_its_end(quick: WiredExecutor) -> None:
    permissions: JsonValue = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}],
    }
    role = step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST, permissions=permissions)
    plan = quick.prepare(role, bucket("role"))
    quick.wire.faults["CreateRole"] = [passes(lambda: cancel(quick, plan, "keep"))]
    ended = quick.run(plan)
    assert (ended.status, statuses(ended)) == ("cancelled", {"role": "done", "bucket": "skipped"})
    assert quick.wire.effects == ["CreateRole", "PutRolePolicy"]


def test_undoing_what_was_done_is_not_kept_from_being_sent(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE, bucket("role"))
    quick.wire.faults["CreateRole"] = [passes(lambda: cancel(quick, plan))]
    dies_before_sending(quick, "DeleteRole")
    with pytest.raises(Killed):
        quick.run(plan)
    expire_leases(quick.redis)
    assert statuses(quick.run(plan)) == {"role": "undone", "bucket": "skipped"}


def test_a_run_that_is_cut_off_after_the_last_step_was_skipped_ends_the_plan_cancelled(
    quick: WiredExecutor,
) -> None:
    plan = quick.prepare(ROLE)
    approval = quick.approve(plan)
    cancel(quick, plan)
    [only] = plan.steps
    skipped = plan.model_copy(update={"status": "running", "steps": (only.model_copy(update={"status": "skipped"}),)})
    quick.redis.set(f"plan:{plan.plan_id}", skipped.model_dump_json())
    assert quick.run(plan, approval).status == "cancelled"
