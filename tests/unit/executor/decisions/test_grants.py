"""A standing grant approves what it says and nothing else, whatever the stored plan claims."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from services.executor.decisions.grants import check_grant, is_grantable
from services.executor.operations import OPERATIONS
from shared.errors import AssistantError
from shared.keys.signing import sign_decision
from shared.messages import Effect
from shared.plans.decisions import Grant
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import APPROVAL_KEY, ROLE, Executor, step

TEAM = "arn:aws:s3:::team-*"


def bucket(name: str = "team-reports") -> ProposedStep:
    return step("create_s3_bucket", bucket_name=name, region="eu-west-1")


def grant(executor: Executor, key: str = APPROVAL_KEY, stored: bool = True, **changes: Any) -> Grant:
    now = time.time()
    made = Grant(
        grant_id="grt_1",
        session_id="ses_yesterday",
        owner=executor.info.owner,
        operation="create_s3_bucket",
        resource=TEAM,
        max_uses=3,
        created_at=now - 10,
        expires_at=now + 600,
    ).model_copy(update=changes)
    made = sign_decision(key.encode(), made)
    if stored:
        executor.redis.set("grant:grt_1", made.model_dump_json())
    return made


def run(executor: Executor, plan: Plan) -> Plan:
    return executor.run(plan, executor.approve(plan, grant_id="grt_1"))


def refused(executor: Executor, plan: Plan) -> str:
    with pytest.raises(AssistantError) as caught:
        run(executor, plan)
    assert caught.value.status == 403
    assert executor.stored(plan).status == "proposed"
    return f"{caught.value.code}: {caught.value.detail}"


@pytest.mark.parametrize(
    ("operation", "granted"),
    [
        ("create_s3_bucket", True),
        ("delete_s3_bucket", False),
        ("create_iam_role", False),
        ("assign_policy_to_role", False),
        ("create_lambda_function", False),
    ],
)
def test_only_low_risk_reversible_operations_may_be_granted(operation: str, granted: bool) -> None:
    assert is_grantable(OPERATIONS[operation]) == granted


@pytest.mark.parametrize(
    "changes",
    [
        {"deletes": True},
        {"reversible": "partly"},
        {"effect": Effect.PERMISSIONS},
        {"iam": {"iam:PassRole": ("{role_arn}",)}},
        {"iam": {"s3:PutBucketPolicy": ("arn:aws:s3:::b",)}},
    ],
)
def test_each_of_these_alone_keeps_an_operation_from_being_granted(changes: dict[str, Any]) -> None:
    assert not is_grantable(replace(OPERATIONS["create_s3_bucket"], **changes))


def test_a_plan_within_the_grant_runs(executor: Executor) -> None:
    grant(executor)
    assert run(executor, executor.prepare(bucket(), bucket("team-logs"))).status == "done"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"stored": False}, "grant_not_valid: .* is gone"),
        ({"key": "forged"}, "bad_signature"),
        ({"owner": None}, "grant_not_valid: .* another grant, or another owner's"),
        ({"grant_id": "grt_2"}, "grant_not_valid: .* another grant, or another owner's"),
        ({"expires_at": time.time() - 5}, "grant_not_valid: .* not in force"),
        ({"created_at": time.time() + 10**6}, "grant_not_valid: .* not in force"),
        ({"operation": "delete_s3_bucket"}, "grant_not_valid: .* for delete_s3_bucket"),
        ({"resource": "arn:aws:s3:::team-logs*"}, "grant_not_valid: .* arn:aws:s3:::team-reports: outside"),
        ({"resource": "arn:aws:s3:::team-report?"}, "grant_not_valid: .* outside"),
    ],
)
def test_what_is_outside_the_grant_does_not_run(executor: Executor, changes: dict[str, Any], says: str) -> None:
    grant(executor, **changes)
    with pytest.raises(AssistantError, match=f"(?s).*{says.partition(': ')[2]}"):
        run(executor, executor.prepare(bucket()))
    assert refused(executor, executor.prepare(bucket())).startswith(says.partition(":")[0])
    assert executor.client("s3").list_buckets()["Buckets"] == []


def test_a_plan_that_has_begun_goes_on_after_its_grant_was_revoked(executor: Executor) -> None:
    grant(executor)
    plan = executor.prepare(bucket())
    approval = executor.approve(plan, grant_id="grt_1")
    begun = plan.model_copy(update={"status": "running", "decided_at": time.time()})
    executor.redis.set(f"plan:{plan.plan_id}", begun.model_dump_json())
    executor.redis.delete("grant:grt_1")
    assert executor.run(plan, approval).status == "done"


def test_every_step_must_be_covered(executor: Executor) -> None:
    grant(executor)
    assert "arn:aws:s3:::other" in refused(executor, executor.prepare(bucket(), bucket("other")))
    assert "is create_iam_role" in refused(executor, executor.prepare(bucket("team-more"), ROLE))


def test_a_grant_for_an_operation_that_needs_a_person_is_worth_nothing(executor: Executor) -> None:
    plan = executor.prepare(ROLE)
    made = grant(executor, operation="create_iam_role", resource="*")
    approval = executor.approve(plan, grant_id="grt_1")
    with pytest.raises(AssistantError, match="needs a person's approval"):
        check_grant(plan, approval, made.model_dump_json(), APPROVAL_KEY.encode())


def test_resources_follow_from_the_arguments_and_are_not_taken_from_the_stored_step(executor: Executor) -> None:
    plan = executor.prepare(bucket("other"))
    lying = plan.model_copy(
        update={"steps": (plan.steps[0].model_copy(update={"resources": ("arn:aws:s3:::team-x",)}),)}
    )
    made = grant(executor)
    with pytest.raises(AssistantError, match="arn:aws:s3:::other"):
        check_grant(lying, executor.approve(plan, grant_id="grt_1"), made.model_dump_json(), APPROVAL_KEY.encode())


def test_what_is_stored_under_the_grants_key_must_be_a_grant(executor: Executor) -> None:
    executor.redis.set("grant:grt_1", '{"hello": 1}')
    assert "no grant" in refused(executor, executor.prepare(bucket()))
