"""Some time after a plan's end AWS is looked at for effects that the plan does not have; nothing is changed by it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from services.executor.execution.reconcile import Reconciled
from services.executor.tools import prepare_undo, reconcile_plan
from shared.messages import Finding
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import LAMBDA_TRUST, READ_S3, Executor, step
from tests.unit.executor.execution.test_cancel import cancel, dies_before_sending
from tests.unit.executor.faults import Forward, Killed, WiredExecutor, expire_leases, wired

ROLE = step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST)
BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1")


@pytest.fixture
def quick(executor: Executor) -> WiredExecutor:
    return wired(executor)


def reconcile(executor: Executor, plan: Plan) -> Reconciled:
    found: Reconciled = reconcile_plan(executor.context("reconcile_plan"), plan.plan_id)
    return found


def unexpected(executor: Executor, plan: Plan) -> list[Finding]:
    return [finding for finding in executor.stored(plan).findings if finding.code == "unexpected_effect"]


def cut_off_and_cancelled(quick: WiredExecutor, proposed: ProposedStep, operation: str) -> Plan:
    """A plan that was cancelled after its executor had died with a request on its way."""
    plan = quick.prepare(proposed)
    dies_before_sending(quick, operation)
    with pytest.raises(Killed):
        quick.run(plan)
    cancel(quick, plan)
    expire_leases(quick.redis)
    ended = quick.run(plan)
    assert ended.status == "cancelled"
    quick.wire.sent.clear()
    return ended


def arrive_late(executor: Executor, plan: Plan, step_id: str) -> None:
    """The request of the dead executor arrives: a role or a bucket with the plan's tags."""
    tags = [{"Key": "assistant:plan", "Value": plan.plan_id}, {"Key": "assistant:step", "Value": step_id}]
    if step_id == "role":
        executor.client("iam").create_role(
            RoleName="reader", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST), Tags=tags
        )
        return
    s3 = executor.client("s3")
    s3.create_bucket(Bucket="a-new-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_tagging(Bucket="a-new-bucket", Tagging={"TagSet": tags})


@pytest.mark.parametrize(("proposed", "operation"), [(ROLE, "CreateRole"), (BUCKET, "CreateBucket")])
def test_what_arrived_late_is_told_once_and_left_alone(
    quick: WiredExecutor, proposed: ProposedStep, operation: str
) -> None:
    step_id = str(proposed.id)
    ended = cut_off_and_cancelled(quick, proposed, operation)
    arrive_late(quick, ended, step_id)
    assert reconcile(quick, ended).unexpected == (step_id,)
    assert reconcile(quick, ended).unexpected == ()
    [finding] = unexpected(quick, ended)
    assert (finding.severity, finding.step) == ("high", step_id)
    assert quick.wire.sent == []
    stored = quick.stored(ended)
    assert stored.model_copy(update={"findings": ended.findings}) == ended
    entries: Any = quick.redis.xrange(f"audit:log:{ended.session_id}")
    kinds = [json.loads(fields["entry"])["kind"] for _, fields in entries]
    assert kinds.count("step.unexpected") == 1


@pytest.mark.parametrize(("proposed", "operation"), [(ROLE, "CreateRole"), (BUCKET, "CreateBucket")])
def test_where_nothing_arrived_nothing_is_told(quick: WiredExecutor, proposed: ProposedStep, operation: str) -> None:
    ended = cut_off_and_cancelled(quick, proposed, operation)
    assert reconcile(quick, ended).unexpected == ()
    assert quick.stored(ended) == ended


def test_somebody_elses_of_the_same_name_is_no_effect_of_the_plan(quick: WiredExecutor) -> None:
    ended = cut_off_and_cancelled(quick, ROLE, "CreateRole")
    quick.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))
    assert reconcile(quick, ended).unexpected == ()


def test_what_a_plan_did_and_undid_is_expected(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(ROLE, BUCKET))
    assert reconcile(quick, done).unexpected == ()
    undo = quick.run(prepare_undo(quick.context("prepare_undo"), done.plan_id))
    assert undo.status == "done"
    assert reconcile(quick, done).unexpected == ()
    assert reconcile(quick, undo).unexpected == ()
    arrive_late(quick, done, "role")
    assert reconcile(quick, done).unexpected == ("role",)


def test_a_deletion_that_was_undone_is_expected(quick: WiredExecutor) -> None:
    iam = quick.client("iam")
    iam.create_role(RoleName="old", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))
    iam.attach_role_policy(RoleName="old", PolicyArn=READ_S3)
    detach = step("detach_policy_from_role", "off", role_name="old", policy_arn=READ_S3)
    gone = step("delete_iam_role", "gone", ("off",), name="old")
    failing = step("delete_lambda_function", "last", ("gone",), function_name="nothing")
    failed = quick.run(quick.prepare(detach, gone, failing))
    assert [one.status for one in failed.steps] == ["undone", "undone", "failed"]
    assert reconcile(quick, failed).unexpected == ()


def test_what_another_one_may_have_done_is_told_as_that(quick: WiredExecutor) -> None:
    iam = quick.client("iam")
    iam.create_role(RoleName="old", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))
    attach = step("assign_policy_to_role", "on", role_name="old", policy_arn=READ_S3)
    ended = cut_off_and_cancelled(quick, attach, "AttachRolePolicy")
    iam.attach_role_policy(RoleName="old", PolicyArn=READ_S3)
    assert reconcile(quick, ended).unexpected == ("on",)
    assert [finding.severity for finding in unexpected(quick, ended)] == ["low"]


def test_a_plan_that_goes_on_is_not_looked_at(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE)
    dies_before_sending(quick, "CreateRole")
    with pytest.raises(Killed):
        quick.run(plan)
    expire_leases(quick.redis)
    arrive_late(quick, plan, "role")
    assert reconcile(quick, plan).unexpected == ()


def test_an_effect_that_the_other_run_adopted_and_undid_is_no_alarm(quick: WiredExecutor) -> None:
    """AWS did it, the other executor found and undid it, and only then the first one reads its answer."""
    failing = step("delete_lambda_function", "last", ("role",), function_name="nothing")
    plan = quick.prepare(ROLE, failing)
    approval = quick.approve(plan)
    other = wired(quick)

    def slow(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        answer = forward()
        expire_leases(quick.redis)
        assert other.run(plan, approval).status == "failed"
        return answer

    quick.wire.faults["CreateRole"] = [slow]
    with pytest.raises(Exception, match="cut off"):
        quick.run(plan, approval)
    assert (quick.wire.effects, other.wire.effects) == (["CreateRole"], ["DeleteRole"])
    late = [finding for finding in quick.stored(plan).findings if finding.code == "late_effect"]
    assert [finding.severity for finding in late] == ["low"]


def test_an_undoing_that_was_read_late_is_no_alarm(quick: WiredExecutor) -> None:
    failing = step("delete_lambda_function", "last", ("role",), function_name="nothing")
    plan = quick.prepare(ROLE, failing)
    approval = quick.approve(plan)
    other = wired(quick)

    def slow(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        answer = forward()
        expire_leases(quick.redis)
        assert other.run(plan, approval).status == "failed"
        return answer

    quick.wire.faults["DeleteRole"] = [slow]
    with pytest.raises(Exception, match="cut off"):
        quick.run(plan, approval)
    assert (quick.wire.effects, other.wire.effects) == (["CreateRole", "DeleteRole"], [])
    late = [finding for finding in quick.stored(plan).findings if finding.code == "late_effect"]
    assert [finding.severity for finding in late] == ["low"]
