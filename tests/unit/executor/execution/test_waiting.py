"""A plan waits for refusals that pass by themselves: bounded over all runs, said on the plan, and to be cancelled."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.botocore_stubber import MockRawResponse

from shared.plans.page.page import plan_page
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.fakes.clock import FakeClock
from tests.unit.executor.conftest import LAMBDA_TRUST, POLICY, ROLE, Executor, step
from tests.unit.executor.execution.test_cancel import cancel
from tests.unit.executor.faults import Fault, Forward, Killed, WiredExecutor, answer, denied, expire_leases, wired

BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def waiting(executor: Executor, clock: FakeClock) -> WiredExecutor:
    """An executor that waits as long as in real life, on a clock that passes at once."""
    settings = {"settle_seconds": 15, "role_wait_seconds": 60, "name_wait_seconds": 300, "undo_name_wait_seconds": 900}
    made = wired(executor, **settings)
    made.clock = clock.clock
    return made


def refuses(code: str, message: str = "told to", status: int = 409) -> Fault:
    """AWS refuses in the form of the service's protocol."""

    def fault(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        body = error if "s3" in request.url else f"<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"
        return AWSResponse(request.url, status, {"x-amzn-requestid": "r-1"}, MockRawResponse(body))

    return fault


ABORTED = refuses("OperationAborted", "A conflicting conditional operation is currently in progress. Try again.")


def told(executor: WiredExecutor, plan: Plan) -> list[str]:
    """What the plan says that its steps wait for, at each sleep of the clock."""
    return [one.waiting for one in executor.stored(plan).steps if one.waiting]


def listening(executor: WiredExecutor, clock: FakeClock, plan: Plan, heard: list[str]) -> None:
    """Have every sleep note what the plan says then."""
    slept = clock.clock.sleep

    def sleep(seconds: float) -> None:
        heard.extend(told(executor, plan))
        slept(seconds)

    executor.clock = replace(clock.clock, sleep=sleep)


def test_a_bucket_s_name_that_s3_is_not_done_with_is_waited_for_and_the_plan_says_so(
    waiting: WiredExecutor, clock: FakeClock
) -> None:
    plan = waiting.prepare(BUCKET)
    waiting.wire.faults["CreateBucket"] = [ABORTED] * 5
    heard: list[str] = []
    listening(waiting, clock, plan, heard)
    ended = waiting.run(plan)
    assert ended.status == "done"
    assert ended.steps[0].waiting is None
    assert waiting.wire.counted["CreateBucket"] == 1
    assert heard[0].startswith("waiting for S3 to end another operation on a bucket of this name, ")
    assert heard[0].endswith(" s")


def test_what_a_step_waits_for_is_on_the_plan_s_page(waiting: WiredExecutor) -> None:
    plan = waiting.prepare(BUCKET)
    running = plan.steps[0].model_copy(update={"status": "running", "waiting": "waiting for IAM to know reader, 8 s"})
    page = plan_page(plan.model_copy(update={"status": "running", "steps": (running,)}))
    assert "Status: running, waiting for IAM to know reader, 8 s" in page


def test_the_wait_is_bounded_and_the_refusal_then_says_what_to_do(waiting: WiredExecutor, clock: FakeClock) -> None:
    waiting.wire.always["CreateBucket"] = ABORTED
    ended = waiting.run(waiting.prepare(BUCKET))
    error = ended.steps[0].error
    assert ended.status == "failed"
    assert error is not None
    assert error.code == "aws_operation_aborted"
    assert "Try again in a minute" in error.detail
    assert 280 < sum(clock.slept) <= 300
    assert waiting.wire.effects == []


def test_undoing_waits_longest_for_a_name(waiting: WiredExecutor, clock: FakeClock) -> None:
    waiting.client("s3").create_bucket(
        Bucket="an-old-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    delete = step("delete_s3_bucket", "gone", bucket_name="an-old-bucket")
    plan = waiting.prepare(delete, BUCKET.model_copy(update={"needs": ("gone",)}))

    def fault(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        aborts = clock.now < began + 700 if "an-old-bucket" in request.url else None
        if aborts is None:
            return denied()(request, forward)
        return ABORTED(request, forward) if aborts else forward()

    began = clock.now
    waiting.wire.always["CreateBucket"] = fault
    ended = waiting.run(plan)
    assert ended.status == "failed"
    assert {each.id: each.status for each in ended.steps} == {"gone": "undone", "bucket": "failed"}
    assert 690 < sum(clock.slept) < 900


def test_a_role_that_trusts_a_role_made_moments_ago_is_waited_for(waiting: WiredExecutor) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:role/reader"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    second = step("create_iam_role", "second", ("role",), name="truster", policy_document=trust)
    refusals = [refuses("MalformedPolicyDocument", "Invalid principal in policy", 400)] * 4

    def fault(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        return refusals.pop()(request, forward) if "truster" in str(request.body) and refusals else forward()

    waiting.wire.always["CreateRole"] = fault
    assert waiting.run(waiting.prepare(ROLE, second)).status == "done"
    assert refusals == []


def test_a_principal_that_nobody_made_lately_is_refused_at_once(waiting: WiredExecutor, clock: FakeClock) -> None:
    waiting.wire.always["CreateRole"] = refuses("MalformedPolicyDocument", "Invalid principal in policy", 400)
    assert waiting.run(waiting.prepare(ROLE)).status == "failed"
    assert clock.slept == []


def test_a_role_that_iam_does_not_know_everywhere_yet_gets_its_policy(waiting: WiredExecutor) -> None:
    waiting.wire.faults["AttachRolePolicy"] = [refuses("NoSuchEntity", "The role cannot be found.", 404)] * 3
    ended = waiting.run(waiting.prepare(ROLE, POLICY))
    assert ended.status == "done"
    assert waiting.wire.counted["AttachRolePolicy"] == 1


def test_a_role_that_another_plan_of_the_session_made_moments_ago_is_waited_for(waiting: WiredExecutor) -> None:
    assert waiting.run(waiting.prepare(ROLE)).status == "done"
    attach = step("assign_policy_to_role", "policy", role_name="reader", policy_arn=POLICY.arguments["policy_arn"])
    waiting.wire.faults["AttachRolePolicy"] = [refuses("NoSuchEntity", "The role cannot be found.", 404)] * 3
    assert waiting.run(waiting.prepare(attach)).status == "done"


def test_a_cancellation_ends_the_wait_and_nothing_is_sent(waiting: WiredExecutor, clock: FakeClock) -> None:
    plan = waiting.prepare(BUCKET)
    waiting.wire.always["CreateBucket"] = ABORTED
    slept = clock.clock.sleep

    def sleep(seconds: float) -> None:
        slept(seconds)
        if sum(clock.slept) > 20:
            cancel(waiting, plan)

    waiting.clock = replace(clock.clock, sleep=sleep)
    ended = waiting.run(plan)
    assert (ended.status, ended.steps[0].status, ended.steps[0].waiting) == ("cancelled", "skipped", None)
    assert sum(clock.slept) < 25


def test_a_run_that_takes_over_waits_no_longer_in_all(waiting: WiredExecutor, clock: FakeClock) -> None:
    plan = waiting.prepare(BUCKET)
    waiting.wire.always["CreateBucket"] = ABORTED
    slept, dying = clock.clock.sleep, [True]

    def sleep(seconds: float) -> None:
        slept(seconds)
        if dying and sum(clock.slept) > 200:
            dying.clear()
            raise Killed

    waiting.clock = replace(clock.clock, sleep=sleep)
    approval = waiting.approve(plan)
    with pytest.raises(Killed):
        waiting.run(plan, approval)
    expire_leases(waiting.redis)
    ended = waiting.run(plan, approval)
    assert ended.status == "failed"
    # The look at what became of the last send of the first run comes on top.
    assert 280 < sum(clock.slept) <= 300 + waiting.settings.settle_seconds


def hides(times: int) -> Callable[[AWSPreparedRequest, Forward], AWSResponse]:
    """IAM does not show the role yet, this many times."""
    left = [times]

    def fault(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        left[0] -= 1
        return refuses("NoSuchEntity", "no", 404)(request, forward) if left[0] >= 0 else forward()

    return fault


def test_undoing_is_as_patient_with_what_iam_does_not_show_yet(waiting: WiredExecutor) -> None:
    plan = waiting.prepare(ROLE, BUCKET.model_copy(update={"needs": ("role",)}))

    def fault(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        waiting.wire.always["GetRole"] = hides(4)
        return denied()(request, forward)

    waiting.wire.always["CreateBucket"] = fault
    ended = waiting.run(plan)
    assert {each.id: each.status for each in ended.steps} == {"role": "undone", "bucket": "failed"}
    assert waiting.client("iam").list_roles()["Roles"] == []


def test_a_policy_that_was_detached_moments_ago_keeps_no_role_from_being_deleted(waiting: WiredExecutor) -> None:
    iam = waiting.client("iam")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))
    iam.attach_role_policy(RoleName="reader", PolicyArn=str(POLICY.arguments["policy_arn"]))
    detach: ProposedStep = step(
        "detach_policy_from_role", "off", role_name="reader", policy_arn=POLICY.arguments["policy_arn"]
    )
    waiting.wire.faults["DeleteRole"] = [
        refuses("DeleteConflict", "Cannot delete entity, must detach all policies.")
    ] * 2
    ended = waiting.run(waiting.prepare(detach, step("delete_iam_role", "gone", ("off",), name="reader")))
    assert ended.status == "done"


def test_throttling_is_waited_for_whatever_its_status(waiting: WiredExecutor) -> None:
    waiting.wire.faults["CreateBucket"] = [
        lambda request, forward: answer(503, "SlowDown", {"x-amzn-requestid": "r"})(request.url)
    ] * 3
    assert waiting.run(waiting.prepare(BUCKET)).status == "done"
