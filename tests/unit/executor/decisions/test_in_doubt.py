"""Where nothing tells whether a call happened the plan stops in doubt, and goes on as a person says."""

from __future__ import annotations

import secrets
import time
from typing import Any, Literal

import pytest

from shared.keys.signing import sign_decision
from shared.plans.decisions import Resolution
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import APPROVAL_KEY, LAMBDA_TRUST, POLICY, READ_S3, Executor, step
from tests.unit.executor.faults import WiredExecutor, closes, denied, wired

PERMISSIONS: Any = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}],
}
ROLE = step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST)
RICH_ROLE = step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST, permissions=PERMISSIONS)
Then = Literal["continue", "stop"]


def bucket(*needs: str) -> ProposedStep:
    return step("create_s3_bucket", "bucket", needs, bucket_name="a-new-bucket", region="eu-west-1")


def failing(*needs: str) -> ProposedStep:
    return step("delete_lambda_function", "last", needs, function_name="nothing")


@pytest.fixture
def quick(executor: Executor) -> WiredExecutor:
    return wired(executor)


def doubtful(quick: WiredExecutor, operation: str, probe: str, *, happened: bool, lost: int = 1) -> None:
    """The answers to an operation are lost, and AWS denies the probe."""
    for _ in range(lost):
        quick.wire.faults[operation].append(closes(after=happened))
    # Only once it was sent: what is read before that is allowed.
    quick.wire.on_send = lambda sent: quick.wire.always.update({probe: denied()}) if sent == operation else None


def allow(quick: WiredExecutor) -> None:
    quick.wire.always.clear()
    quick.wire.faults.clear()
    quick.wire.on_send = lambda sent: None


def answer(executor: Executor, plan: Plan, step_id: str, happened: bool, then: Then = "continue", **more: Any) -> None:
    """A person's answer, signed and recorded as the gateway's route does."""
    key = more.pop("key", APPROVAL_KEY)
    assert plan.ended_at is not None
    resolution = Resolution(
        plan_id=plan.plan_id,
        session_id=plan.session_id,
        digest=plan.digest,
        step=step_id,
        in_doubt_since=plan.ended_at,
        happened=happened,
        then=then,
        resolved_at=time.time(),
        nonce=secrets.token_hex(4),
    ).model_copy(update=more)
    signed = sign_decision(key.encode(), resolution).model_dump_json()
    executor.redis.hset(f"resolution:{plan.plan_id}", step_id, signed)


def statuses(plan: Plan) -> dict[str, str]:
    return {item.id: item.status for item in plan.steps}


def roles(executor: Executor) -> list[str]:
    return [role["RoleName"] for role in executor.client("iam").list_roles()["Roles"]]


def in_doubt(quick: WiredExecutor, *steps: ProposedStep, happened: bool, **more: Any) -> Plan:
    """A plan in doubt over its CreateRole."""
    plan = quick.prepare(*steps, **more)
    doubtful(quick, "CreateRole", "GetRole", happened=happened)
    ended = quick.run(plan)
    assert ended.status == "in_doubt"
    allow(quick)
    return ended


def test_a_plan_in_doubt_says_what_is_known_and_sends_nothing_more(quick: WiredExecutor) -> None:
    plan = in_doubt(quick, ROLE, bucket("role"), happened=True)
    assert statuses(plan) == {"role": "in_doubt", "bucket": "pending"}
    error = plan.steps[0].error
    assert error is not None
    assert error.code == "in_doubt"
    assert "iam:CreateRole was sent for this step at 20" in error.detail
    assert "GetRole" in error.detail
    assert quick.run(plan) == plan
    assert quick.wire.sent == ["CreateRole"]


@pytest.mark.parametrize("permissions", [False, True])
def test_it_happened_and_goes_on(quick: WiredExecutor, permissions: bool) -> None:
    plan = in_doubt(quick, RICH_ROLE if permissions else ROLE, bucket("role"), happened=True)
    answer(quick, plan, "role", True)
    ended = quick.run(plan)
    assert ended.status == "done"
    result: Any = ended.steps[0].result
    assert result["arn"] == "arn:aws:iam::123456789012:role/reader"
    assert quick.wire.effects == ["CreateRole", *["PutRolePolicy"] * permissions, "CreateBucket"]


def test_it_did_not_happen_and_is_sent_again(quick: WiredExecutor) -> None:
    plan = in_doubt(quick, ROLE, bucket("role"), happened=False)
    answer(quick, plan, "role", False)
    assert quick.run(plan).status == "done"
    assert quick.wire.effects == ["CreateRole", "CreateBucket"]


def test_where_aws_shows_what_a_person_said_did_not_happen_it_is_adopted(quick: WiredExecutor) -> None:
    plan = in_doubt(quick, ROLE, bucket("role"), happened=True)
    answer(quick, plan, "role", False)
    assert quick.run(plan).status == "done"
    assert quick.wire.effects == ["CreateRole", "CreateBucket"]
    assert quick.wire.sent == ["CreateRole", "CreateBucket"]


def test_where_aws_still_denies_the_probe_a_persons_answer_counts(quick: WiredExecutor) -> None:
    plan = in_doubt(quick, ROLE, happened=False)
    answer(quick, plan, "role", False)
    quick.wire.always["GetRole"] = denied()
    assert quick.run(plan).status == "done"
    assert quick.wire.effects == ["CreateRole"]


@pytest.mark.parametrize("made", [ROLE, RICH_ROLE], ids=["bare", "with_permissions"])
def test_it_happened_and_stop_undoes_it_and_begins_nothing(quick: WiredExecutor, made: ProposedStep) -> None:
    plan = in_doubt(quick, made, bucket("role"), happened=True)
    answer(quick, plan, "role", True, "stop")
    ended = quick.run(plan)
    assert ended.status == "failed"
    assert statuses(ended) == {"role": "undone", "bucket": "skipped"}
    assert roles(quick) == []
    assert "CreateBucket" not in quick.wire.sent


def test_stop_ends_the_plan_as_failed_also_at_its_last_step(quick: WiredExecutor) -> None:
    plan = in_doubt(quick, ROLE, happened=True)
    answer(quick, plan, "role", True, "stop")
    ended = quick.run(plan)
    assert (ended.status, statuses(ended)) == ("failed", {"role": "undone"})
    assert quick.run(plan) == ended


def test_it_happened_and_stop_keeps_it_where_the_plan_keeps(quick: WiredExecutor) -> None:
    plan = in_doubt(quick, ROLE, bucket("role"), happened=True, on_failure="keep")
    answer(quick, plan, "role", True, "stop")
    ended = quick.run(plan)
    assert (ended.status, statuses(ended)) == ("failed", {"role": "done", "bucket": "skipped"})
    assert roles(quick) == ["reader"]


def test_it_did_not_happen_and_stop_undoes_what_was_done_before(quick: WiredExecutor) -> None:
    role = ROLE.model_copy(update={"needs": ("bucket",)})
    plan = in_doubt(quick, bucket(), role, happened=False)
    answer(quick, plan, "role", False, "stop")
    ended = quick.run(plan)
    assert ended.status == "failed"
    assert statuses(ended) == {"bucket": "undone", "role": "failed"}
    assert quick.wire.effects == ["CreateBucket", "DeleteBucket"]


def test_a_step_in_doubt_half_way_that_is_stopped_leaves_nothing_behind(quick: WiredExecutor) -> None:
    plan = quick.prepare(RICH_ROLE)
    doubtful(quick, "PutRolePolicy", "GetRolePolicy", happened=False)
    ended = quick.run(plan)
    assert ended.status == "in_doubt"
    allow(quick)
    answer(quick, ended, "role", False, "stop")
    ended = quick.run(plan)
    assert ended.status == "failed"
    assert ended.steps[0].error is not None
    assert ended.steps[0].error.code == "did_not_happen"
    assert roles(quick) == []


def test_the_time_of_a_plan_counts_anew_from_the_answer(quick: WiredExecutor) -> None:
    plan = in_doubt(quick, ROLE, bucket("role"), happened=True)
    assert plan.decided_at is not None
    hours_ago = plan.model_copy(update={"decided_at": plan.decided_at - 10_000})
    quick.redis.set(f"plan:{plan.plan_id}", hours_ago.model_dump_json())
    answer(quick, plan, "role", True)
    assert quick.run(plan).status == "done"


def undo_in_doubt(quick: WiredExecutor, *, happened: bool) -> Plan:
    """A failed plan in doubt over deleting its role's inline policy while the role is undone."""
    plan = quick.prepare(bucket(), RICH_ROLE.model_copy(update={"needs": ("bucket",)}), failing("role"))
    doubtful(quick, "DeleteRolePolicy", "GetRolePolicy", happened=happened)
    ended = quick.run(plan)
    assert ended.status == "in_doubt"
    assert statuses(ended) == {"bucket": "done", "role": "in_doubt", "last": "failed"}
    error = ended.steps[1].error
    assert error is not None
    assert "undoing this step" in error.detail
    allow(quick)
    return ended


@pytest.mark.parametrize("happened", [True, False])
def test_a_step_in_doubt_while_undoing_is_undone_after_the_answer(quick: WiredExecutor, happened: bool) -> None:
    plan = undo_in_doubt(quick, happened=happened)
    answer(quick, plan, "role", happened)
    ended = quick.run(plan)
    assert ended.status == "failed"
    assert statuses(ended) == {"bucket": "undone", "role": "undone", "last": "failed"}
    assert roles(quick) == []
    assert quick.wire.counted["DeleteRolePolicy"] == quick.wire.counted["DeleteRole"] == 1


def test_a_step_in_doubt_while_undoing_that_is_answered_stop_stays_and_says_so(quick: WiredExecutor) -> None:
    plan = undo_in_doubt(quick, happened=False)
    answer(quick, plan, "role", False, "stop")
    ended = quick.run(plan)
    assert statuses(ended) == {"bucket": "undone", "role": "done", "last": "failed"}
    assert ended.steps[1].error is not None
    assert ended.steps[1].error.code == "not_undone"
    assert roles(quick) == ["reader"]


def two_in_doubt(executor: Executor) -> tuple[WiredExecutor, Plan]:
    quick = wired(executor, parallel_steps=2)
    other = step("create_iam_role", "other", name="other", policy_document=LAMBDA_TRUST)
    plan = quick.prepare(ROLE, other)
    doubtful(quick, "CreateRole", "GetRole", happened=True, lost=2)
    ended = quick.run(plan)
    # Under way at the same time: whichever is in doubt first, the other may end in either way.
    assert statuses(ended)["role"] == "in_doubt"
    allow(quick)
    return quick, ended


def test_every_step_in_doubt_must_be_answered(executor: Executor) -> None:
    quick, plan = two_in_doubt(executor)
    open_ = [item.id for item in plan.steps if item.status == "in_doubt"]
    for step_id in open_[:-1]:
        answer(quick, plan, step_id, True)
        assert quick.run(plan).status == "in_doubt"
    answer(quick, plan, open_[-1], True)
    assert quick.run(plan).status == "done"
    assert quick.wire.effects == ["CreateRole", "CreateRole"]


@pytest.mark.parametrize(
    "change",
    [
        {"key": "a guess"},
        {"in_doubt_since": 1.0},
        {"digest": "0" * 64},
        {"step": "bucket"},
        {"plan_id": "pln_other"},
        {"session_id": "ses_other"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_answer_that_does_not_fit_the_step_in_doubt_changes_nothing(
    quick: WiredExecutor, change: dict[str, Any]
) -> None:
    plan = in_doubt(quick, ROLE, happened=True)
    answer(quick, plan, "role", True, **change)
    assert quick.run(plan) == plan
    assert quick.wire.sent == ["CreateRole"]


def test_an_answer_does_not_count_when_the_step_is_in_doubt_again(quick: WiredExecutor) -> None:
    plan = in_doubt(quick, ROLE, happened=False)
    answer(quick, plan, "role", False)
    doubtful(quick, "CreateRole", "GetRole", happened=True)
    again = quick.run(plan)
    assert again.status == "in_doubt"
    allow(quick)
    assert quick.run(plan) == again
    answer(quick, again, "role", True)
    assert quick.run(plan).status == "done"
    assert quick.wire.effects == ["CreateRole"]


def test_an_attachment_in_doubt_is_resolved_too(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE, POLICY)
    doubtful(quick, "AttachRolePolicy", "ListAttachedRolePolicies", happened=True)
    ended = quick.run(plan)
    assert ended.status == "in_doubt"
    allow(quick)
    answer(quick, ended, "policy", True)
    role_id = quick.client("iam").get_role(RoleName="reader")["Role"]["RoleId"]
    assert quick.run(plan).steps[1].result == {"role_name": "reader", "policy_arn": READ_S3, "role_id": role_id}
    assert quick.wire.counted["AttachRolePolicy"] == 1
