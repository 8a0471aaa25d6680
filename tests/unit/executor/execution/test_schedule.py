"""Steps that do not need each other run at the same time; two executors on one plan have one effect each."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.executor.records.journal import Journal
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.fakes.clock import FakeClock
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, POLICY, Executor, step
from tests.unit.executor.execution.test_cancel import cancel
from tests.unit.executor.faults import WiredExecutor, errs, expire_leases, passes, wired


def role(name: str, *needs: str) -> ProposedStep:
    return step("create_iam_role", name, needs, name=name, policy_document=LAMBDA_TRUST)


def bucket(name: str, *needs: str) -> ProposedStep:
    return step("create_s3_bucket", name, needs, bucket_name=f"bucket-{name}", region="eu-west-1")


def statuses(plan: Plan) -> dict[str, str]:
    return {item.id: item.status for item in plan.steps}


def spans(plan: Plan) -> dict[str, tuple[float, float]]:
    return {item.id: (item.started_at or 0, item.ended_at or 0) for item in plan.steps}


def test_independent_steps_are_under_way_together(executor: Executor) -> None:
    quick = wired(executor, parallel_steps=4)
    # Each waits for the other: one after the other they would never meet.
    together = threading.Barrier(2, timeout=20)
    quick.wire.faults["CreateRole"] = [passes(together.wait)] * 2
    ended = quick.run(quick.prepare(role("a"), role("b")))
    assert ended.status == "done"


def test_a_step_starts_after_those_it_needs(executor: Executor) -> None:
    quick = wired(executor, parallel_steps=4)
    ended = quick.run(quick.prepare(role("a"), role("b", "a"), bucket("c", "b")))
    times = spans(ended)
    assert times["a"][1] <= times["b"][0]
    assert times["b"][1] <= times["c"][0]


def test_no_more_steps_than_allowed_are_under_way(executor: Executor) -> None:
    quick = wired(executor, parallel_steps=1)
    ended = quick.run(quick.prepare(role("a"), role("b")))
    assert quick.wire.counted == {"CreateRole": 2}
    assert ended.status == "done"


def test_a_failure_lets_what_is_under_way_finish_and_starts_nothing(executor: Executor) -> None:
    quick = wired(executor, parallel_steps=2)
    failed = threading.Event()

    def wait_until_the_plan_has_the_failure() -> None:
        assert failed.wait(20)
        until = time.monotonic() + 20
        while statuses(quick.stored(plan))["b"] != "failed":
            assert time.monotonic() < until
            time.sleep(0.005)

    def refuse(request: Any, forward: Any) -> Any:
        failed.set()
        return errs(409, "BucketAlreadyExists")(request, forward)

    quick.wire.faults["CreateRole"] = [passes(wait_until_the_plan_has_the_failure)]
    quick.wire.faults["CreateBucket"] = [refuse]
    plan = quick.prepare(role("a"), bucket("b"), role("c", "a"), on_failure="keep")
    ended = quick.run(plan)
    assert statuses(ended) == {"a": "done", "b": "failed", "c": "skipped"}
    assert quick.wire.effects == ["CreateRole"]


def test_a_plan_that_takes_too_long_begins_no_further_step(executor: Executor) -> None:
    quick, clock = wired(executor, run_seconds=1500), FakeClock()
    quick.clock = clock.clock
    quick.wire.faults["CreateRole"] = [passes(lambda: clock.advance(1600))]
    ended = quick.run(quick.prepare(role("a"), bucket("b", "a")))
    assert ended.status == "failed"
    assert statuses(ended) == {"a": "undone", "b": "skipped"}
    assert ended.steps[1].error is not None
    assert ended.steps[1].error.code == "deadline_exceeded"


@pytest.mark.parametrize("operation", ["GetBucketLocation", "HeadBucket"])
def test_a_read_that_fails_before_anything_was_sent_fails_the_step(executor: Executor, operation: str) -> None:
    quick = wired(executor)
    quick.client("s3").create_bucket(Bucket="old-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    delete = step("delete_s3_bucket", "gone", bucket_name="old-bucket")
    plan = quick.prepare(delete if operation == "GetBucketLocation" else bucket("a"))
    quick.wire.always[operation] = errs(403, "AccessDenied")
    ended = quick.run(plan)
    assert ended.status == "failed"
    assert quick.wire.sent == []


def test_a_function_whose_state_aws_does_not_tell_is_made_all_the_same(executor: Executor) -> None:
    quick = wired(executor)
    quick.wire.always["GetFunctionConfiguration"] = errs(403, "AccessDeniedException")
    made = quick.run(quick.prepare(role("role"), FUNCTION))
    assert made.status == "done"


def test_a_denial_says_whom_to_ask_for_what(executor: Executor) -> None:
    quick = wired(executor)
    quick.wire.always["CreateRole"] = errs(403, "AccessDenied")
    ended = quick.run(quick.prepare(role("a")))
    assert ended.steps[0].error is not None
    assert "Ask the account's administrator" in ended.steps[0].error.detail


def test_two_executors_on_one_plan_have_one_effect_each(executor: Executor) -> None:
    quick = wired(executor, parallel_steps=2)
    plan = quick.prepare(role("role"), POLICY, bucket("b"))
    approval = quick.approve(plan)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(quick.run, plan, approval) for _ in range(2)]
        first, second = (run.result() for run in both)
    assert first == second
    assert first.status == "done"
    assert quick.wire.counted == {"CreateRole": 1, "AttachRolePolicy": 1, "CreateBucket": 1}


def test_an_executor_that_was_stopped_while_another_took_the_plan_over_does_nothing_more(executor: Executor) -> None:
    """Stopped for longer than its lease with a request on its way: AWS carries it out, the other one finds it."""
    quick = wired(executor)
    plan = quick.prepare(role("a"), bucket("b", "a"))
    approval = quick.approve(plan)
    others: list[Plan] = []

    def meanwhile() -> None:
        expire_leases(quick.redis)
        others.append(other.run(plan, approval))

    other: WiredExecutor = wired(executor)
    quick.wire.faults["CreateRole"] = [passes(meanwhile)]
    with pytest.raises(Exception, match="cut off"):
        quick.run(plan, approval)
    assert others[0].status == "done"
    # The other one's request was first; the late one was refused because the name was taken.
    assert other.wire.effects == ["CreateRole", "CreateBucket"]
    assert quick.wire.effects == []
    with Journal(quick.redis, plan.plan_id).lease(lambda: None):
        pass
    assert quick.stored(plan).status == "done"


def test_a_late_effect_that_the_ended_plan_does_not_have_is_undone_and_reported(executor: Executor) -> None:
    """The other executor found nothing of the step and, cancelled, skipped it; only then the late request arrived."""
    quick = wired(executor)
    plan = quick.prepare(role("a"), bucket("b", "a"))
    approval = quick.approve(plan)
    other: WiredExecutor = wired(executor)

    def meanwhile() -> None:
        expire_leases(quick.redis)
        cancel(quick, plan)
        assert other.run(plan, approval).status == "cancelled"

    quick.wire.faults["CreateRole"] = [passes(meanwhile)]
    with pytest.raises(Exception, match="cut off"):
        quick.run(plan, approval)
    assert other.wire.sent == []
    assert quick.wire.effects == ["CreateRole", "DeleteRole"]
    ended = quick.stored(plan)
    assert ended.status == "cancelled"
    assert [finding.message for finding in ended.findings if finding.code == "late_effect"]
