"""An approved plan is carried out as approved, or not at all."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from services.executor.calls.step_calls import StepCalls
from services.executor.operations import OPERATIONS
from services.executor.records.journal import Journal
from services.executor.registry import operation as registry_module
from shared.aws.clients import Aws
from shared.errors import AssistantError
from shared.messages import Owner
from shared.plans.plan import Plan
from tests.fakes.clock import FakeClock
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, POLICY, READ_S3, ROLE, SETUP, Executor, step
from tests.unit.executor.faults import errs, wired

NO_SUCH_ROLE = "arn:aws:iam::123456789012:role/nobody"


class replaced:
    """Run with another function behind a registered operation."""

    def __init__(self, name: str, function: Any) -> None:
        self.operation, self.function = OPERATIONS[name], function

    def __enter__(self) -> None:
        self.original = self.operation.function
        object.__setattr__(self.operation, "function", self.function)

    def __exit__(self, *_: object) -> None:
        object.__setattr__(self.operation, "function", self.original)


def bucket(name: str = "a-new-bucket", region: str = "eu-west-1", id: str = "bucket") -> Any:
    return step("create_s3_bucket", id, bucket_name=name, region=region)


def statuses(plan: Plan) -> dict[str, str]:
    return {item.id: item.status for item in plan.steps}


def role_names(executor: Executor) -> list[str]:
    return [role["RoleName"] for role in executor.client("iam").list_roles()["Roles"]]


def refused(executor: Executor, plan: Plan, **approval: Any) -> str:
    session_id = approval.pop("call_session", None)
    with pytest.raises(AssistantError) as caught:
        executor.run(plan, executor.approve(plan, **approval), session_id)
    assert executor.stored(plan).status == "proposed"
    assert role_names(executor) == []
    return caught.value.code


def test_a_run_that_continues_a_plan_says_so_in_the_audit_log(executor: Executor) -> None:
    plan = executor.prepare(ROLE)
    approval = executor.approve(plan)
    executor.redis.set(f"plan:{plan.plan_id}", plan.model_copy(update={"status": "running"}).model_dump_json())
    assert executor.run(plan, approval).status == "done"
    entries: Any = executor.redis.xrange(f"audit:log:{plan.session_id}")
    found = [json.loads(fields["entry"]) for _, fields in entries]
    [resumed] = [entry["data"] for entry in found if entry["kind"] == "plan.resumed"]
    assert (resumed["plan_id"], resumed["code"]) == (plan.plan_id, "run_interrupted")


def test_role_policy_and_function_are_made_in_one_plan(executor: Executor) -> None:
    plan = executor.prepare(FUNCTION, POLICY, ROLE)
    ended = executor.run(plan)
    assert ended.status == "done"
    assert [item.id for item in ended.steps] == ["role", "function", "policy"]
    results: dict[str, Any] = {item.id: item.result for item in ended.steps}
    role_id = results["role"]["role_id"]
    assert results["policy"] == {"role_name": "reader", "policy_arn": READ_S3, "role_id": role_id}
    made = executor.client("lambda").get_function_configuration(FunctionName="hello")
    assert made["Role"] == results["role"]["arn"] == results["function"]["role_arn"]
    assert results["function"]["packaged"] == "minimal"
    assert results["function"]["code_sha256"] == made["CodeSha256"]
    assert executor.stored(plan) == ended


def test_what_is_made_is_tagged_with_plan_and_step(executor: Executor) -> None:
    plan = executor.run(executor.prepare(ROLE, FUNCTION, bucket()))
    wanted = {"assistant:plan": plan.plan_id}
    role = executor.client("iam").get_role(RoleName="reader")["Role"]["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in role} == wanted | {"assistant:step": "role"}
    found = executor.client("s3").get_bucket_tagging(Bucket="a-new-bucket")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == wanted | {"assistant:step": "bucket"}
    function = executor.client("lambda").get_function(FunctionName="hello")
    assert function["Tags"] == wanted | {"assistant:step": "function"}


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_bucket_is_made_in_the_region_named(executor: Executor, region: str) -> None:
    ended = executor.run(executor.prepare(bucket(region=region)))
    assert ended.steps[0].result == {
        "bucket_name": "a-new-bucket",
        "arn": "arn:aws:s3:::a-new-bucket",
        "region": region,
    }
    location = executor.client("s3").get_bucket_location(Bucket="a-new-bucket")["LocationConstraint"]
    assert (location or "us-east-1") == region


def test_a_bucket_that_exists_is_neither_adopted_nor_undone(executor: Executor) -> None:
    executor.client("s3", "us-east-1").create_bucket(Bucket="a-new-bucket")
    ended = executor.run(executor.prepare(bucket(region="us-east-1")))
    error = ended.steps[0].error
    assert error is not None
    assert error.code == "aws_bucket_already_owned_by_you"
    assert [found["Name"] for found in executor.client("s3").list_buckets()["Buckets"]] == ["a-new-bucket"]


def test_a_failed_plan_is_undone_in_reverse_and_says_why(executor: Executor) -> None:
    failing = step("assign_policy_to_role", "last", ("policy",), role_name="nobody", policy_arn=READ_S3)
    after = bucket().model_copy(update={"needs": ("last",)})
    ended = executor.run(executor.prepare(ROLE, POLICY, failing, after))
    assert ended.status == "failed"
    assert statuses(ended) == {"role": "undone", "policy": "undone", "last": "failed", "bucket": "skipped"}
    error = ended.steps[2].error
    assert error is not None
    assert error.code == "aws_no_such_entity"
    assert "nobody" in error.detail
    assert role_names(executor) == []


def test_keep_leaves_what_was_made(executor: Executor) -> None:
    failing = step("delete_lambda_function", "last", ("role",), function_name="nothing")
    ended = executor.run(executor.prepare(ROLE, failing, on_failure="keep"))
    assert statuses(ended) == {"role": "done", "last": "failed"}
    assert role_names(executor) == ["reader"]


def test_a_step_that_cannot_be_undone_stays_done_and_says_so(executor: Executor) -> None:
    made = executor.run(executor.prepare(ROLE, FUNCTION))
    assert made.status == "done"
    gone = step("delete_lambda_function", "gone", function_name="hello")
    failing = step("delete_lambda_function", "last", ("gone",), function_name="nothing")
    ended = executor.run(executor.prepare(gone, failing))
    assert statuses(ended) == {"gone": "done", "last": "failed"}
    assert ended.steps[0].error is not None
    assert ended.steps[0].error.code == "not_reversible"


def test_a_failed_compensation_is_recorded_and_the_rest_is_still_undone(executor: Executor) -> None:
    role = ROLE.model_copy(update={"needs": ("bucket",)})
    plan = executor.prepare(
        bucket(), role, step("delete_lambda_function", "last", ("role", "bucket"), function_name="nothing")
    )
    original = OPERATIONS["create_iam_role"].function

    def fill_the_bucket_meanwhile(context: registry_module.OperationContext, **arguments: Any) -> Any:
        executor.client("s3").put_object(Bucket="a-new-bucket", Key="k", Body=b"x")
        return original(context, **arguments)

    with replaced("create_iam_role", fill_the_bucket_meanwhile):
        ended = executor.run(plan)
    assert statuses(ended) == {"bucket": "done", "role": "undone", "last": "failed"}
    assert ended.steps[0].error is not None
    assert ended.steps[0].error.code == "world_moved_on"
    assert ended.steps[0].error.detail.startswith("could not be undone")


def test_a_step_that_fails_half_way_leaves_nothing_behind(executor: Executor) -> None:
    # An ARN by its form, and none that moto takes for a resource.
    nowhere = "arn:aws:iam::123456789012:root"
    permissions: Any = {"Statement": [{"Effect": "Allow", "Action": "iam:GetRole", "Resource": nowhere}]}
    ended = executor.run(
        executor.prepare(step("create_iam_role", name="half", policy_document=LAMBDA_TRUST, permissions=permissions))
    )
    assert ended.status == "failed"
    assert role_names(executor) == []


def test_a_policy_that_is_attached_already_is_refused(executor: Executor) -> None:
    iam = executor.client("iam")
    iam.create_role(RoleName="old", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))
    iam.attach_role_policy(RoleName="old", PolicyArn=READ_S3)
    ended = executor.run(executor.prepare(step("assign_policy_to_role", role_name="old", policy_arn=READ_S3)))
    assert ended.steps[0].error is not None
    assert ended.steps[0].error.code == "already_attached"
    assert iam.list_attached_role_policies(RoleName="old")["AttachedPolicies"]


def test_a_role_with_attached_policies_is_not_deleted(executor: Executor) -> None:
    executor.run(executor.prepare(ROLE, POLICY))
    ended = executor.run(executor.prepare(step("delete_iam_role", name="reader")))
    assert ended.steps[0].error is not None
    assert READ_S3 in ended.steps[0].error.detail
    detach = step("detach_policy_from_role", "off", role_name="reader", policy_arn=READ_S3)
    ended = executor.run(executor.prepare(detach, step("delete_iam_role", "role", ("off",), name="reader")))
    assert ended.status == "done"
    assert role_names(executor) == []


def test_approvals_that_do_not_fit_are_refused_before_anything_happens(executor: Executor) -> None:
    plan = executor.prepare(ROLE)
    assert refused(executor, plan, key="a guess") == "bad_signature"
    assert refused(executor, plan, digest="0" * 64) == "stale_digest"
    assert refused(executor, plan, plan_id="pln_other") == "approval_mismatch"
    assert refused(executor, plan, session_id="ses_other") == "approval_mismatch"
    assert refused(executor, plan, expires_at=time.time() - 1) == "plan_expired"
    assert refused(executor, plan, call_session="ses_other") == "plan_not_found"


def test_a_plan_runs_in_another_session_of_its_owner_which_the_approval_names(make_executor: Any) -> None:
    executor = make_executor()
    plan = executor.prepare(ROLE)
    later = make_executor(session_id="ses_later")
    assert refused(later, plan) == "approval_mismatch", "an approval that names the session of the day before"

    done = later.run(plan, later.approve(plan, session_id="ses_later"))

    assert (done.status, done.owner) == ("done", executor.info.owner)
    entries: Any = later.redis.xrange("audit:log:ses_later")
    assert "step.done" in {json.loads(fields["entry"])["kind"] for _, fields in entries}


def test_a_session_of_another_role_account_or_owner_does_not_run_it(make_executor: Any) -> None:
    executor = make_executor()
    plan = executor.prepare(ROLE)
    other_role = make_executor(session_id="ses_later")
    other_role.session = other_role.session.model_copy(update={"role_arn": "arn:aws:iam::123456789012:role/Other"})
    owner = Owner(account="123456789012", principal="AIDA" + "B" * 17)
    other_owner = make_executor(session_id="ses_later", owner=owner)
    moved = make_executor(session_id="ses_later", account="210987654321")

    assert refused(other_role, plan, session_id="ses_later") == "approval_mismatch"
    assert refused(other_owner, plan, session_id="ses_later") == "plan_not_found"
    assert refused(moved, plan, session_id="ses_later") == "approval_mismatch"


def test_a_plan_whose_owner_was_changed_in_redis_does_not_run(make_executor: Any) -> None:
    executor = make_executor()
    plan = executor.prepare(ROLE)
    thief = make_executor(session_id="ses_thief", owner=Owner(account="123456789012", principal="AIDA" + "B" * 17))
    taken = plan.model_copy(update={"owner": thief.info.owner})
    executor.redis.set(f"plan:{plan.plan_id}", taken.model_dump_json())

    assert refused(thief, taken, session_id="ses_thief") == "stale_digest"


def test_a_signed_approval_that_was_not_recorded_is_refused(executor: Executor) -> None:
    plan = executor.prepare(ROLE)
    approval = executor.approve(plan)
    for decision in (
        None,
        {"decision": "reject"},
        {"decision": "approve", "approval": {**approval.model_dump(), "nonce": "x"}},
    ):
        executor.redis.delete(f"decision:{plan.plan_id}")
        if decision:
            executor.redis.set(f"decision:{plan.plan_id}", json.dumps(decision))
        with pytest.raises(AssistantError) as caught:
            executor.run(plan, approval)
        assert caught.value.code in ("not_approved", "approval_mismatch")
    assert role_names(executor) == []


def test_an_expired_plan_is_refused(executor: Executor) -> None:
    executor.settings = executor.settings.model_copy(update={"plan_ttl_seconds": -1})
    assert refused(executor, executor.prepare(ROLE)) == "plan_expired"


def test_a_plan_changed_in_redis_after_its_approval_is_refused(executor: Executor) -> None:
    plan = executor.prepare(ROLE)
    approval = executor.approve(plan)
    forged = plan.steps[0].model_copy(update={"arguments": {**plan.steps[0].arguments, "name": "other"}})
    executor.redis.set(f"plan:{plan.plan_id}", plan.model_copy(update={"steps": (forged,)}).model_dump_json())
    with pytest.raises(AssistantError, match="not what was approved"):
        executor.run(plan, approval)


def test_a_plan_that_ended_is_returned_and_not_run_again(executor: Executor) -> None:
    plan = executor.prepare(ROLE)
    approval = executor.approve(plan)
    first = executor.run(plan, approval)
    executor.client("iam").delete_role(RoleName="reader")
    assert executor.run(plan, approval) == first
    assert role_names(executor) == []


def interrupted(executor: Executor, plan: Plan, **by_step: dict[str, Any]) -> None:
    """Leave the plan in Redis as a killed worker would."""
    steps = tuple(item.model_copy(update=by_step.get(item.id, {})) for item in plan.steps)
    executor.redis.set(
        f"plan:{plan.plan_id}", plan.model_copy(update={"status": "running", "steps": steps}).model_dump_json()
    )


def test_a_step_that_was_begun_and_never_sent_is_run_by_the_next_run(executor: Executor) -> None:
    plan = executor.prepare(ROLE)
    interrupted(executor, plan, role={"status": "running"})
    assert executor.run(plan).status == "done"
    assert role_names(executor) == ["reader"]


def test_a_redelivered_plan_between_two_steps_goes_on(executor: Executor) -> None:
    plan = executor.prepare(bucket(), ROLE)
    interrupted(executor, plan, bucket={"status": "done", "result": {}})
    ended = executor.run(plan)
    assert ended.status == "done"
    assert role_names(executor) == ["reader"]
    assert executor.client("s3").list_buckets()["Buckets"] == []


def test_a_defect_leaves_the_plan_in_doubt(executor: Executor) -> None:
    def crash(context: registry_module.OperationContext, **arguments: Any) -> Any:
        raise KeyError("a defect")

    with replaced("create_iam_role", crash):
        ended = executor.run(executor.prepare(ROLE))
    assert ended.status == "in_doubt"
    assert ended.steps[0].error is not None
    assert "KeyError" in ended.steps[0].error.detail


def test_a_function_waits_until_lambda_knows_its_new_role(executor: Executor) -> None:
    clock = FakeClock()

    def role_appears(seconds: float) -> None:
        clock.sleep(seconds)
        if len(clock.slept) == 2:
            executor.client("iam").create_role(RoleName="nobody", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))

    settings = executor.settings.model_copy(update={"role_wait_seconds": 30})
    aws = Aws(executor.session, time.time() + 60, SETUP)
    journal = Journal(executor.redis, "pln_x")
    calls = StepCalls(aws, journal, settings, "s1", "pln_x", replace(clock.clock, sleep=role_appears))
    context = registry_module.OperationContext(aws, "pln_x", "s1", calls, settings, lambda _: b"", role_appears)
    arguments = {"function_name": "f", "runtime": "nodejs22.x", "handler": "index.handler", "role_arn": NO_SUCH_ROLE}
    with journal.lease(lambda: None):
        made = OPERATIONS["create_lambda_function"].run(context, arguments)
    assert made["role_arn"] == NO_SUCH_ROLE
    assert len(clock.slept) == 2
    assert clock.slept[1] > clock.slept[0]


def test_waiting_for_a_role_that_never_comes_is_bounded(executor: Executor) -> None:
    clock = FakeClock()
    executor.clock = clock.clock
    ended = executor.run(
        executor.prepare(FUNCTION.model_copy(update={"arguments": {**FUNCTION.arguments, "role_arn": NO_SUCH_ROLE}}))
    )
    assert ended.status == "failed"
    assert ended.steps[0].error is not None
    assert "cannot be assumed by Lambda" in ended.steps[0].error.detail
    assert 0 < sum(clock.slept) <= executor.settings.role_wait_seconds


def test_what_a_failed_step_could_not_clean_up_is_named_with_why_it_failed(executor: Executor) -> None:
    quick = wired(executor)
    quick.wire.always["PutRolePolicy"] = errs(400, "MalformedPolicyDocument")
    quick.wire.always["DeleteRole"] = errs(403, "AccessDenied")
    permissions: Any = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    made = step("create_iam_role", name="half", policy_document=LAMBDA_TRUST, permissions=permissions)
    error = quick.run(quick.prepare(made)).steps[0].error
    assert error is not None
    assert error.code == "aws_malformed_policy_document"
    assert "the role half was made before, and not deleted again" in error.detail
    assert "DeleteRole" in error.detail
