"""An ended plan is taken back by a plan of its own, as far as the world has not moved on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from services.executor.tools import prepare_undo
from shared.errors import Conflict, NotFound
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, POLICY, READ_S3, Executor, step
from tests.unit.executor.decisions.test_in_doubt import PERMISSIONS, doubtful
from tests.unit.executor.faults import WiredExecutor, errs, wired

ROLE = step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST, permissions=PERMISSIONS)
BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1")
FAILING = step("delete_lambda_function", "last", ("bucket",), function_name="nothing")


@pytest.fixture
def quick(executor: Executor) -> WiredExecutor:
    return wired(executor)


def undo(executor: Executor, plan: Plan) -> Plan:
    made: Plan = prepare_undo(executor.context("prepare_undo"), plan.plan_id)
    return made


def refusal(executor: Executor, plan: Plan) -> str:
    with pytest.raises(Conflict) as caught:
        undo(executor, plan)
    assert caught.value.code == "cannot_undo"
    return caught.value.detail


def statuses(plan: Plan) -> dict[str, str]:
    return {item.id: item.status for item in plan.steps}


def is_empty(executor: Executor) -> bool:
    return not (
        executor.client("iam").list_roles()["Roles"]
        or executor.client("s3").list_buckets()["Buckets"]
        or executor.client("lambda").list_functions()["Functions"]
    )


def test_an_undo_that_a_program_proposes_says_so_and_its_arguments_are_the_records(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(BUCKET))
    by_program: Plan = prepare_undo(quick.context("prepare_undo"), done.plan_id, by_program=True)
    assert by_program.proposed_by == "program"
    assert "Proposed by: a program over REST, as the command line is one." in by_program.summary
    assert not any(item.untrusted for item in by_program.steps)
    assert undo(quick, done).proposed_by is None


def test_a_finished_plan_is_taken_back_in_reverse(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(ROLE, POLICY, FUNCTION, BUCKET))
    proposed = undo(quick, done)
    assert (proposed.status, proposed.undoes, proposed.on_failure) == ("proposed", done.plan_id, "keep")
    needs = {item.id: set(item.needs) for item in proposed.steps}
    assert needs["undo-role"] >= {"undo-policy", "undo-function"}
    assert {item.undoes.step for item in proposed.steps if item.undoes} == {"role", "policy", "function", "bucket"}
    assert not is_empty(quick)
    ended = quick.run(proposed)
    assert ended.status == "done"
    assert is_empty(quick)
    original = quick.stored(done)
    assert original.status == "undone"
    assert set(statuses(original).values()) == {"undone"}
    assert [item.result for item in original.steps] == [item.result for item in done.steps]


def test_an_undo_is_approved_for_what_it_takes_back_and_not_as_a_plan_of_the_same_deletes(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(BUCKET))
    proposed = undo(quick, done)
    by_hand = proposed.model_copy(update={"undoes": None})
    by_hand = by_hand.model_copy(
        update={"steps": tuple(item.model_copy(update={"undoes": None}) for item in proposed.steps)}
    )
    approval = quick.approve(proposed)
    quick.redis.set(f"plan:{proposed.plan_id}", by_hand.model_dump_json())
    with pytest.raises(Conflict, match="not what was approved"):
        quick.run(proposed, approval)
    assert not is_empty(quick)


def test_the_same_call_proposes_one_undo(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(BUCKET))
    context = quick.context("prepare_undo", "the.same")
    assert prepare_undo(context, done.plan_id) == prepare_undo(context, done.plan_id)


def test_another_sessions_plan_is_not_there(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(BUCKET))
    with pytest.raises(NotFound):
        prepare_undo(quick.context("prepare_undo", session_id="ses_other"), done.plan_id)


def fill_bucket(executor: Executor) -> None:
    executor.client("s3").put_object(Bucket="a-new-bucket", Key="k", Body=b"x")


def retag_bucket(executor: Executor) -> None:
    executor.client("s3").put_bucket_tagging(Bucket="a-new-bucket", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})


def delete_bucket(executor: Executor) -> None:
    executor.client("s3").delete_bucket(Bucket="a-new-bucket")


def change_trust(executor: Executor) -> None:
    document = {**LAMBDA_TRUST, "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]}
    executor.client("iam").update_assume_role_policy(RoleName="reader", PolicyDocument=json.dumps(document))


def add_inline(executor: Executor) -> None:
    executor.client("iam").put_role_policy(
        RoleName="reader", PolicyName="another", PolicyDocument=json.dumps(PERMISSIONS)
    )


def change_inline(executor: Executor) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    executor.client("iam").put_role_policy(
        RoleName="reader", PolicyName="reader-permissions", PolicyDocument=json.dumps(document)
    )


def detach(executor: Executor) -> None:
    executor.client("iam").detach_role_policy(RoleName="reader", PolicyArn=READ_S3)


def change_code(executor: Executor) -> None:
    executor.client("lambda").update_function_code(FunctionName="hello", ZipFile=b"other code")


def change_handler(executor: Executor) -> None:
    executor.client("lambda").update_function_configuration(FunctionName="hello", Handler="app.other")


def give_more_memory(executor: Executor) -> None:
    executor.client("lambda").update_function_configuration(FunctionName="hello", MemorySize=512)


def give_a_variable(executor: Executor) -> None:
    variables = {"Variables": {"STAGE": "live"}}
    executor.client("lambda").update_function_configuration(FunctionName="hello", Environment=variables)


CHANGES: list[tuple[tuple[ProposedStep, ...], Callable[[Executor], None], str]] = [
    ((BUCKET,), fill_bucket, "is not empty any more"),
    ((BUCKET,), retag_bucket, "has lost this plan's tags"),
    ((BUCKET,), delete_bucket, "is gone already"),
    ((ROLE,), change_trust, "who may assume the role reader"),
    ((ROLE,), add_inline, "changed the inline policies"),
    ((ROLE,), change_inline, "changed the inline policies"),
    ((ROLE, POLICY), detach, "no longer has the policy"),
    ((ROLE, FUNCTION), change_code, "changed the code of the function hello"),
    ((ROLE, FUNCTION), change_handler, "changed the configuration of the function hello"),
    ((ROLE, FUNCTION), give_more_memory, "changed the configuration of the function hello"),
    ((ROLE, FUNCTION), give_a_variable, "changed the configuration of the function hello"),
]


@pytest.mark.parametrize(("steps", "change", "reason"), CHANGES, ids=[change.__name__ for _, change, _ in CHANGES])
def test_where_the_world_has_moved_on_an_undo_is_refused_with_the_reason(
    quick: WiredExecutor, steps: tuple[ProposedStep, ...], change: Callable[[Executor], None], reason: str
) -> None:
    done = quick.run(quick.prepare(*steps))
    change(quick)
    assert reason in refusal(quick, done)


def test_what_moves_on_after_the_approval_stops_that_step_and_those_that_need_it(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(ROLE, POLICY, BUCKET))
    proposed = undo(quick, done)
    fill_bucket(quick)
    ended = quick.run(proposed)
    assert ended.status == "failed"
    by_id = {item.id: item for item in ended.steps}
    error = by_id["undo-bucket"].error
    assert error is not None
    assert error.code == "world_moved_on"
    undone = {item.undoes.step for item in ended.steps if item.undoes and item.status == "done"}
    original = quick.stored(done)
    assert original.status == "done"
    assert {name for name, status in statuses(original).items() if status == "undone"} == undone
    # What is left of it can still be taken back.
    quick.client("s3").delete_object(Bucket="a-new-bucket", Key="k")
    assert quick.run(undo(quick, original)).status == "done"
    assert quick.stored(done).status == "undone"
    assert is_empty(quick)


def test_a_bucket_that_is_made_anew_between_approval_and_run_is_left_alone(quick: WiredExecutor) -> None:
    proposed = undo(quick, quick.run(quick.prepare(BUCKET)))
    delete_bucket(quick)
    quick.client("s3", "us-east-1").create_bucket(Bucket="a-new-bucket")
    assert quick.run(proposed).status == "failed"
    assert not is_empty(quick)
    assert "DeleteBucket" not in quick.wire.sent


def test_an_undo_is_undone(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(ROLE, POLICY, BUCKET))
    first = quick.run(undo(quick, done))
    second = quick.run(undo(quick, first))
    assert second.status == "done"
    iam = quick.client("iam")
    made = iam.get_role(RoleName="reader")["Role"]
    assert made["AssumeRolePolicyDocument"] == LAMBDA_TRUST
    inline = iam.get_role_policy(RoleName="reader", PolicyName="reader-permissions")["PolicyDocument"]
    assert inline == PERMISSIONS
    assert [found["PolicyArn"] for found in iam.list_attached_role_policies(RoleName="reader")["AttachedPolicies"]] == [
        READ_S3
    ]
    assert quick.stored(first).status == "undone"
    assert quick.run(undo(quick, second)).status == "done"
    assert is_empty(quick)


def test_what_a_failed_plan_kept_can_be_undone(quick: WiredExecutor) -> None:
    failed = quick.run(quick.prepare(BUCKET, FAILING, on_failure="keep"))
    assert failed.status == "failed"
    assert quick.run(undo(quick, failed)).status == "done"
    original = quick.stored(failed)
    assert (original.status, statuses(original)) == ("undone", {"bucket": "undone", "last": "failed"})
    assert is_empty(quick)


def test_nothing_is_left_of_a_plan_that_was_taken_back(quick: WiredExecutor) -> None:
    failed = quick.run(quick.prepare(BUCKET, FAILING))
    assert "nothing of it is left" in refusal(quick, failed)


def test_what_cannot_be_undone_is_said(quick: WiredExecutor) -> None:
    quick.client("iam").create_role(RoleName="old", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))
    role_arn = "arn:aws:iam::123456789012:role/old"
    quick.run(quick.prepare(FUNCTION.model_copy(update={"arguments": {**FUNCTION.arguments, "role_arn": role_arn}})))
    gone = quick.run(quick.prepare(step("delete_lambda_function", function_name="hello")))
    assert "cannot be undone" in refusal(quick, gone)


@pytest.mark.parametrize("status", ["proposed", "running", "undoing", "rejected", "undone"])
def test_only_a_plan_that_has_ended_is_undone(quick: WiredExecutor, status: Any) -> None:
    plan = quick.prepare(BUCKET)
    quick.redis.set(f"plan:{plan.plan_id}", plan.model_copy(update={"status": status}).model_dump_json())
    assert f"the plan is {status}" in refusal(quick, plan)


def test_a_plan_in_doubt_is_resolved_before_it_is_undone(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE)
    doubtful(quick, "CreateRole", "GetRole", happened=True)
    assert "say first whether" in refusal(quick, quick.run(plan))


def test_a_look_at_the_world_that_fails_stops_the_step_and_changes_nothing(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(BUCKET))
    proposed = undo(quick, done)
    sent = len(quick.wire.sent)
    quick.wire.always["GetBucketTagging"] = errs(403, "AccessDenied")
    ended = quick.run(proposed)
    assert ended.status == "failed"
    assert len(quick.wire.sent) == sent
    assert quick.stored(done).status == "done"


def test_a_policy_that_somebody_attached_to_the_role_refuses_the_undo(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(ROLE, POLICY))
    foreign = READ_S3.replace("read-s3", "of-another")
    quick.client("iam").create_policy(PolicyName="of-another", PolicyDocument=json.dumps(PERMISSIONS))
    quick.client("iam").attach_role_policy(RoleName="reader", PolicyArn=foreign)
    assert foreign in refusal(quick, done)


def test_where_one_step_has_moved_on_nothing_of_the_plan_is_taken_back(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(ROLE, FUNCTION, BUCKET))
    proposed = undo(quick, done)
    quick.client("s3").put_object(Bucket="a-new-bucket", Key="k", Body=b"x")
    ended = quick.run(proposed)
    assert ended.status == "failed"
    assert statuses(ended) == {"undo-bucket": "failed", "undo-function": "skipped", "undo-role": "skipped"}
    assert quick.client("lambda").list_functions()["Functions"]
    assert quick.stored(done).status == "done"


def test_what_the_proposal_is_refused_for_is_why_the_plan_cannot_be_undone(
    quick: WiredExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> Plan:
        raise Conflict("there is no role reader", code="missing_resource")

    done = quick.run(quick.prepare(BUCKET))
    monkeypatch.setattr("services.executor.proposal.undo.prepare", refused)
    assert "there is no role reader" in refusal(quick, done)
