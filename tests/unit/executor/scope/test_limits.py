"""What the operator bounds is refused when a plan is prepared, whoever proposed it, and again before it runs."""

from __future__ import annotations

import pytest

from services.executor.scope.limits import check_limits, check_settings
from shared.errors import AssistantError
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import POLICY, ROLE, Executor, step


def buckets(operation: str, count: int) -> list[ProposedStep]:
    region = {"region": "eu-west-1"} if operation == "create_s3_bucket" else {}
    return [step(operation, bucket_name=f"a-bucket-{number}", **region) for number in range(count)]


def set_limits(executor: Executor, **limits: object) -> None:
    executor.settings = executor.settings.model_copy(update=limits)


def refused(executor: Executor, *steps: ProposedStep) -> AssistantError:
    with pytest.raises(AssistantError) as caught:
        executor.prepare(*steps)
    assert executor.redis.keys("plan*") == []
    return caught.value


def test_deletes_of_a_plan_are_bounded_by_the_operator(executor: Executor) -> None:
    assert len(executor.prepare(*buckets("delete_s3_bucket", 5), *buckets("create_s3_bucket", 3)).steps) == 8
    executor.redis.flushdb()
    error = refused(executor, *buckets("delete_s3_bucket", 6))
    assert (error.status, error.code) == (422, "too_many_deletes")
    assert "at most 5 deletes, this one 6" in error.detail
    assert "MAX_DELETES" in error.detail


def test_steps_and_changes_of_permissions_are_bounded(executor: Executor) -> None:
    set_limits(executor, max_steps=2, max_permission_changes=1)
    assert refused(executor, *buckets("create_s3_bucket", 3)).code == "too_many_steps"
    assert refused(executor, ROLE, POLICY).code == "too_many_permission_changes"


@pytest.mark.parametrize("kinds", ["create_iam_role", "delete_*, create_iam_*", " permissions "])
def test_a_kind_that_is_never_allowed_is_refused_by_name_pattern_or_effect(executor: Executor, kinds: str) -> None:
    set_limits(executor, never_allowed=kinds)
    error = refused(executor, *buckets("create_s3_bucket", 1), ROLE)
    assert (error.status, error.code) == (403, "kind_not_allowed")
    assert "step 'role' (create_iam_role)" in error.detail
    assert "NEVER_ALLOWED" in error.detail
    assert executor.prepare(*buckets("create_s3_bucket", 1)).status == "proposed"


def test_a_limit_set_after_the_plan_was_prepared_holds_when_it_runs(executor: Executor) -> None:
    plan = executor.prepare(ROLE)
    check_limits(plan, executor.settings)
    set_limits(executor, never_allowed="permissions")
    with pytest.raises(AssistantError, match="nothing of the kind 'permissions'"):
        executor.run(plan)
    assert executor.stored(plan).status == "proposed"
    assert executor.client("iam").list_roles()["Roles"] == []


def test_the_operation_decides_what_a_stored_step_is(executor: Executor) -> None:
    plan = executor.prepare(ROLE)
    disguised = plan.model_copy(update={"steps": (plan.steps[0].model_copy(update={"effect": "tagging"}),)})
    set_limits(executor, never_allowed="permissions")
    with pytest.raises(AssistantError):
        check_limits(disguised, executor.settings)


def test_a_plan_may_be_taken_back_whole(executor: Executor) -> None:
    set_limits(executor, max_deletes=6)
    plan = executor.prepare(*buckets("delete_s3_bucket", 6))
    set_limits(executor, max_deletes=5)
    check_limits(plan.model_copy(update={"undoes": "pln_other"}), executor.settings)
    with pytest.raises(AssistantError):
        check_limits(plan, executor.settings)


def test_an_undo_that_is_never_allowed_is_not_promised(executor: Executor) -> None:
    set_limits(executor, never_allowed="delete_s3_bucket")
    made = executor.prepare(*buckets("create_s3_bucket", 1)).steps[0]
    assert made.reversible == "partly"
    assert "not later" in made.notes[-1]


def test_a_slip_in_the_setting_is_told_at_the_start(executor: Executor) -> None:
    set_limits(executor, never_allowed="delete_iam_roles")
    with pytest.raises(ValueError, match="'delete_iam_roles' is neither an operation nor an effect"):
        check_settings(executor.settings)
    set_limits(executor, never_allowed="delete_*,permissions, ")
    check_settings(executor.settings)
