"""What is deleted, its answer lost, and made anew by somebody else under the same name is not deleted again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from moto.s3.models import s3_backends

from services.executor.records.journal import Journal
from services.executor.tools import prepare_undo
from shared.plans.plan import Plan
from tests.unit.executor.conftest import LAMBDA_TRUST, READ_S3, Executor, step
from tests.unit.executor.decisions.test_in_doubt import answer
from tests.unit.executor.faults import Fault, Forward, Killed, WiredExecutor, denied, expire_leases, passes, wired

PERMISSIONS: Any = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}],
}
ROLE = step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST)
DELETES = {
    "DeleteBucket": step("delete_s3_bucket", "gone", bucket_name="data"),
    "DeleteRole": step("delete_iam_role", "gone", name="old"),
    "DeleteRolePolicy": step("delete_iam_role", "gone", name="old"),
    "DetachRolePolicy": step("detach_policy_from_role", "gone", role_name="old", policy_arn=READ_S3),
    "DeleteFunction": step("delete_lambda_function", "gone", function_name="hello", region="eu-west-1"),
}


# S3 tells a bucket's creation to the second, so each is made on a day of its own.
DAYS = count()


def furnish(executor: Executor, delete: str) -> None:
    """What the step is to delete; called again it makes somebody else's of the same name, alike in all it can be."""
    iam = executor.client("iam")
    if delete == "DeleteBucket":
        executor.client("s3", "us-east-1").create_bucket(Bucket="data")
        made = s3_backends["123456789012"]["aws"].buckets["data"]
        made.creation_date = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=next(DAYS))
        return
    iam.create_role(RoleName="old", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))
    if delete == "DeleteRolePolicy":
        iam.put_role_policy(RoleName="old", PolicyName="mine", PolicyDocument=json.dumps(PERMISSIONS))
    elif delete == "DetachRolePolicy":
        iam.attach_role_policy(RoleName="old", PolicyArn=READ_S3)
    elif delete == "DeleteFunction":
        executor.client("lambda").create_function(
            FunctionName="hello",
            Runtime="python3.13",
            Handler="app.main",
            Role="arn:aws:iam::123456789012:role/old",
            Code={"ZipFile": b"z"},
        )


def succeed(executor: Executor, delete: str) -> None:
    """Somebody deletes what is left of it, and makes it anew."""
    iam = executor.client("iam")
    if delete == "DeleteFunction":
        try:
            executor.client("lambda").delete_function(FunctionName="hello")
        except executor.client("lambda").exceptions.ResourceNotFoundException:
            pass
    if delete == "DeleteBucket":
        if executor.client("s3").list_buckets()["Buckets"]:
            executor.client("s3").delete_bucket(Bucket="data")
    else:
        for role in iam.list_roles()["Roles"]:
            for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                iam.delete_role_policy(RoleName=role["RoleName"], PolicyName=name)
            for policy in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=policy["PolicyArn"])
            iam.delete_role(RoleName=role["RoleName"])
    furnish(executor, delete)


def loses(then: Callable[[], object]) -> Fault:
    """AWS does it, the answer is lost, and something else happens before anybody looks."""

    def fault(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        forward()
        then()
        raise ConnectionClosedError(endpoint_url=request.url)

    return fault


def is_there(executor: Executor, delete: str) -> bool:
    iam = executor.client("iam")
    if delete == "DeleteBucket":
        return bool(executor.client("s3").list_buckets()["Buckets"])
    if delete == "DeleteFunction":
        return bool(executor.client("lambda").list_functions()["Functions"])
    if not iam.list_roles()["Roles"]:
        return False
    if delete == "DetachRolePolicy":
        return bool(iam.list_attached_role_policies(RoleName="old")["AttachedPolicies"])
    return delete != "DeleteRolePolicy" or bool(iam.list_role_policies(RoleName="old")["PolicyNames"])


@pytest.fixture
def quick(executor: Executor) -> WiredExecutor:
    return wired(executor)


@pytest.mark.parametrize(
    ("delete", "status"),
    [
        ("DeleteBucket", "in_doubt"),
        ("DeleteRole", "done"),
        ("DeleteRolePolicy", "failed"),
        ("DetachRolePolicy", "done"),
        ("DeleteFunction", "in_doubt"),
    ],
)
def test_a_successor_is_not_deleted_where_the_answer_was_lost(quick: WiredExecutor, delete: str, status: str) -> None:
    furnish(quick, delete)
    plan = quick.prepare(DELETES[delete])
    quick.wire.faults[delete] = [loses(lambda: succeed(quick, delete))]
    ended = quick.run(plan)
    assert (ended.status, ended.steps[0].status) == (status, status), ended.steps[0].error
    assert quick.wire.effects == [delete]
    assert is_there(quick, delete)


def test_what_is_attached_again_is_not_detached_again(quick: WiredExecutor) -> None:
    furnish(quick, "DetachRolePolicy")
    plan = quick.prepare(DELETES["DetachRolePolicy"])
    attach = lambda: quick.client("iam").attach_role_policy(RoleName="old", PolicyArn=READ_S3)  # noqa: E731
    quick.wire.faults["DetachRolePolicy"] = [loses(attach)]
    ended = quick.run(plan)
    assert ended.status == "in_doubt"
    assert ended.steps[0].error is not None
    assert "detached and attached again by somebody" in ended.steps[0].error.detail
    assert quick.wire.effects == ["DetachRolePolicy"]


@pytest.mark.parametrize("delete", DELETES)
def test_a_successor_is_not_deleted_where_the_executor_died_before_it_sent_anything(
    quick: WiredExecutor, delete: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was to be deleted is on record; the process dies before the intent, and the next one finds another."""
    furnish(quick, delete)
    plan = quick.prepare(DELETES[delete])
    write = Journal.write

    def die(journal: Journal, plan: Plan | None = None, entries: Any = None) -> None:
        if any("/" in field for field in entries or {}):
            raise Killed
        write(journal, plan, entries)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "write", die)
        with pytest.raises(Killed):
            quick.run(plan)
    expire_leases(quick.redis)
    succeed(quick, delete)
    ended = quick.run(plan)
    assert ended.status == "failed"
    assert ended.steps[0].error is not None
    assert ended.steps[0].error.code == "world_moved_on"
    assert quick.wire.sent == []
    assert is_there(quick, delete)


@pytest.mark.parametrize("delete", [name for name in DELETES if name != "DetachRolePolicy"])
def test_what_is_still_the_same_is_deleted_in_a_second_send(quick: WiredExecutor, delete: str) -> None:
    furnish(quick, delete)
    plan = quick.prepare(DELETES[delete])

    def closes(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        raise ConnectionClosedError(endpoint_url=request.url)

    quick.wire.faults[delete] = [closes]
    assert quick.run(plan).status == "done"
    assert quick.wire.counted[delete] == 1
    assert not is_there(quick, delete)


def test_a_bucket_that_was_changed_meanwhile_is_in_doubt(quick: WiredExecutor) -> None:
    furnish(quick, "DeleteBucket")
    plan = quick.prepare(DELETES["DeleteBucket"])

    def tagged(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        tags = {"TagSet": [{"Key": "owner", "Value": "bob"}]}
        quick.client("s3").put_bucket_tagging(Bucket="data", Tagging=tags)
        raise ConnectionClosedError(endpoint_url=request.url)

    quick.wire.faults["DeleteBucket"] = [tagged]
    assert quick.run(plan).status == "in_doubt"
    assert quick.wire.effects == []


def test_the_clean_up_of_a_failed_creation_does_not_take_a_successor(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE.model_copy(update={"arguments": {**ROLE.arguments, "permissions": PERMISSIONS}}))
    iam = quick.client("iam")

    def anew() -> None:
        iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))

    quick.wire.faults["PutRolePolicy"] = [denied()]
    quick.wire.faults["DeleteRole"] = [loses(anew)]
    assert quick.run(plan).status == "failed"
    assert quick.wire.effects == ["CreateRole", "DeleteRole"]
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["reader"]


def test_permissions_are_not_put_on_a_role_that_was_made_anew(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE.model_copy(update={"arguments": {**ROLE.arguments, "permissions": PERMISSIONS}}))
    iam = quick.client("iam")

    def anew(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        iam.delete_role(RoleName="reader")
        iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))
        raise ConnectionClosedError(endpoint_url=request.url)

    quick.wire.faults["PutRolePolicy"] = [anew]
    assert quick.run(plan).status == "failed"
    assert quick.wire.effects == ["CreateRole"]
    assert iam.list_role_policies(RoleName="reader")["PolicyNames"] == []


def test_a_failed_function_is_deleted_once_and_never_another_one(
    quick: WiredExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(quick, "DeleteRole")
    create = step(
        "create_lambda_function",
        "function",
        function_name="hello",
        runtime="python3.13",
        handler="app.main",
        role_arn="arn:aws:iam::123456789012:role/old",
    )
    plan = quick.prepare(create)
    monkeypatch.setattr(
        "services.executor.operations.lambda_.activation.function_state",
        lambda client, name: client.get_function_configuration(FunctionName=name) | {"State": "Failed"},
    )
    quick.wire.faults["DeleteFunction"] = [loses(lambda: furnish_function(quick))]
    ended = quick.run(plan)
    assert ended.status == "in_doubt"
    assert quick.wire.effects == ["CreateFunction", "DeleteFunction"]
    assert quick.client("lambda").list_functions()["Functions"]


def furnish_function(executor: Executor) -> None:
    executor.client("lambda").create_function(
        FunctionName="hello",
        Runtime="python3.13",
        Handler="app.main",
        Role="arn:aws:iam::123456789012:role/old",
        Code={"ZipFile": b"z"},
    )


def test_an_attachment_on_a_role_that_was_made_anew_is_not_undone(quick: WiredExecutor) -> None:
    furnish(quick, "DeleteRole")
    done = quick.run(quick.prepare(step("assign_policy_to_role", "on", role_name="old", policy_arn=READ_S3)))
    undo = prepare_undo(quick.context("prepare_undo"), done.plan_id)
    succeed(quick, "DetachRolePolicy")
    ended = quick.run(undo)
    assert ended.status == "failed"
    assert ended.steps[0].error is not None
    assert "made anew" in ended.steps[0].error.detail
    assert "DetachRolePolicy" not in quick.wire.effects


def test_a_bucket_swapped_while_its_undoing_looks_at_it_is_left_alone(quick: WiredExecutor) -> None:
    done = quick.run(quick.prepare(step("create_s3_bucket", "b", bucket_name="data", region="us-east-1")))
    undo = prepare_undo(quick.context("prepare_undo"), done.plan_id)
    # The look before the step is over; the operation reads what it will delete, and that is another one by now.
    quick.wire.faults["GetBucketLocation"] = [passes(lambda: succeed(quick, "DeleteBucket"))]
    ended = quick.run(undo)
    assert (ended.status, is_there(quick, "DeleteBucket")) == ("failed", True)
    assert "DeleteBucket" not in quick.wire.effects


def test_a_step_under_way_whose_resource_cannot_be_looked_at_goes_on_once_a_person_looked(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE.model_copy(update={"arguments": {**ROLE.arguments, "permissions": PERMISSIONS}}))

    def hide(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        quick.wire.always["GetRole"] = denied()
        return forward()

    quick.wire.faults["CreateRole"] = [hide]
    doubtful = quick.run(plan)
    assert doubtful.status == "in_doubt"
    assert doubtful.steps[0].error is not None
    assert "iam:PutRolePolicy was not sent for this step" in doubtful.steps[0].error.detail
    quick.wire.always.clear()
    answer(quick, doubtful, "role", False)
    assert quick.run(plan).status == "done"
    assert quick.wire.effects == ["CreateRole", "PutRolePolicy"]


def test_a_role_that_a_person_saw_gets_its_permissions_though_its_id_is_not_told(quick: WiredExecutor) -> None:
    plan = quick.prepare(ROLE.model_copy(update={"arguments": {**ROLE.arguments, "permissions": PERMISSIONS}}))

    def hide(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        forward()
        quick.wire.always["GetRole"] = denied()
        raise ConnectionClosedError(endpoint_url=request.url)

    quick.wire.faults["CreateRole"] = [hide]
    doubtful = quick.run(plan)
    assert doubtful.status == "in_doubt"
    answer(quick, doubtful, "role", True)
    assert quick.run(plan).status == "done"
    assert quick.wire.effects == ["CreateRole", "PutRolePolicy"]


EDITS: dict[str, Callable[[Executor], object]] = {
    "DeleteBucket": lambda executor: executor.client("s3", "us-east-1").put_bucket_tagging(
        Bucket="data", Tagging={"TagSet": [{"Key": "owner", "Value": "data-team"}]}
    ),
    "DeleteFunction": lambda executor: executor.client("lambda").update_function_configuration(
        FunctionName="hello", Timeout=77
    ),
    "DeleteRole": lambda executor: executor.client("iam").put_role_policy(
        RoleName="old", PolicyName="theirs", PolicyDocument=json.dumps(PERMISSIONS)
    ),
    "DeleteRolePolicy": lambda executor: executor.client("iam").delete_role_policy(RoleName="old", PolicyName="mine"),
}


def looked_at(executor: Executor, delete: str) -> Plan:
    """The plan of the deletion, for which the account was read."""
    executor.settings = executor.settings.model_copy(update={"conflicts_seconds": 60})
    furnish(executor, delete)
    return executor.prepare(DELETES[delete])


@pytest.mark.parametrize("delete", EDITS)
def test_what_somebody_edits_after_the_plan_was_made_is_not_deleted(executor: Executor, delete: str) -> None:
    plan = looked_at(executor, delete)
    assert plan.steps[0].changes
    EDITS[delete](executor)
    ended = executor.run(plan)
    error = ended.steps[0].error
    assert (ended.status, error and error.code) == ("failed", "world_moved_on")


@pytest.mark.parametrize("delete", EDITS)
def test_what_nobody_edits_is_deleted_as_it_was_shown(executor: Executor, delete: str) -> None:
    assert executor.run(looked_at(executor, delete)).status == "done"
