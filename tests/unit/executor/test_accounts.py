"""Plans in one of a session's accounts, and within its fences: whatever the gateway says, and whoever changed what."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest

from services.executor.credentials.renewal import renew
from services.executor.tools import prepare_undo
from shared.errors import AssistantError
from shared.keys.signing import sign_decision
from shared.keys.vault import new_private_key, public_key_of, signed, unseal
from shared.messages import Owner
from shared.plans.decisions import Grant
from shared.plans.plan import Plan
from shared.sessions.credentials import AccountAccess, AgentSession
from shared.sessions.fences import Fences
from tests.unit.executor.conftest import APPROVAL_KEY, Executor, step

MAIN, SECOND, THIRD = "123456789012", "222222222222", "333333333333"
BUCKET = step("create_s3_bucket", "bucket", bucket_name="accounts-first", region="eu-west-1")
ROLE = "arn:aws:iam::{}:role/assistant"


@pytest.fixture
def many(make_executor: Callable[..., Executor]) -> Executor:
    """A session of three accounts, each with a role; the third denies."""
    made = make_executor()
    accounts = (
        AccountAccess(account=MAIN),
        AccountAccess(account=SECOND, name="prod", role_arn=ROLE.format(SECOND), external_id="x-2"),
        AccountAccess(account=THIRD, name="old", state="denied", reason="AWS denied AssumeRole"),
    )
    made.session = made.session.model_copy(update={"role_arn": ROLE.format(MAIN), "accounts": accounts})
    return made


def fenced(executor: Executor, **fences: Any) -> Executor:
    executor.session = executor.session.model_copy(update={"fences": Fences.model_validate(fences)})
    return executor


def refused(executor: Executor, *steps: Any, **more: Any) -> AssistantError:
    with pytest.raises(AssistantError) as raised:
        executor.prepare(*(steps or (BUCKET,)), **more)
    return raised.value


def buckets(account: str) -> list[str]:
    sts = boto3.client("sts", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    keys = sts.assume_role(RoleArn=ROLE.format(account), RoleSessionName="look")["Credentials"]
    s3 = boto3.client(
        "s3",
        "eu-west-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    return [one["Name"] for one in s3.list_buckets()["Buckets"]]


def test_a_plan_names_its_account_where_the_session_holds_several(many: Executor) -> None:
    error = refused(many)
    assert (error.code, error.status) == ("account_required", 422)
    assert f"prod ({SECOND})" in error.detail


def test_an_account_that_is_denied_or_not_there_is_refused(many: Executor) -> None:
    assert refused(many, account="old").code == "account_denied"
    assert refused(many, account="nowhere").code == "unknown_account"


@pytest.mark.parametrize("named", ["prod", "PROD", SECOND])
def test_a_plan_lands_in_its_account_and_is_undone_there(many: Executor, named: str) -> None:
    plan = many.prepare(BUCKET, account=named)
    assert (plan.identity.account, plan.identity.account_name) == (SECOND, "prod")
    assert plan.identity.role_arn == ROLE.format(SECOND)
    assert plan.owner == Owner(account=MAIN, principal="AIDA" + "A" * 17)
    assert f'Account: {SECOND} ("prod")' in plan.summary
    assert many.run(plan).status == "done"
    assert (buckets(SECOND), buckets(MAIN)) == (["accounts-first"], [])
    undo: Plan = prepare_undo(many.context("prepare_undo"), plan.plan_id)
    assert undo.identity.account == SECOND
    assert many.run(undo).status == "done"
    assert buckets(SECOND) == []


def test_the_account_is_in_the_digest(many: Executor) -> None:
    plan = many.prepare(BUCKET, account="prod")
    moved = many.stored(plan)
    moved = moved.model_copy(update={"identity": moved.identity.model_copy(update={"account": MAIN})})
    approval = many.approve(plan)
    many.redis.set(f"plan:{plan.plan_id}", moved.model_dump_json())
    with pytest.raises(AssistantError) as raised:
        many.run(plan, approval)
    assert raised.value.code == "stale_digest"
    assert buckets(MAIN) == []


def test_a_session_without_the_account_does_not_run_its_plan(many: Executor) -> None:
    plan = many.prepare(BUCKET, account="prod")
    many.session = many.session.model_copy(update={"accounts": ()})
    with pytest.raises(AssistantError) as raised:
        many.run(plan)
    assert raised.value.code == "approval_mismatch"


def test_a_session_with_another_role_there_does_not_run_it(many: Executor) -> None:
    plan = many.prepare(BUCKET, account="prod")
    other = many.session.accounts[1].model_copy(update={"role_arn": f"arn:aws:iam::{SECOND}:role/other"})
    accounts = (many.session.accounts[0], other, many.session.accounts[2])
    many.session = many.session.model_copy(update={"accounts": accounts})
    with pytest.raises(AssistantError) as raised:
        many.run(plan)
    assert raised.value.code == "approval_mismatch"


def test_a_standing_grant_covers_its_own_account_alone(many: Executor) -> None:
    plan = many.prepare(BUCKET, account="prod")
    grant = Grant(
        grant_id="grt_1",
        session_id=many.info.session_id,
        owner=many.info.owner,
        account=MAIN,
        operation="create_s3_bucket",
        resource="arn:aws:s3:::accounts-*",
        max_uses=5,
        created_at=0,
        expires_at=plan.expires_at + 60,
    )

    def begin(given: Grant) -> Plan:
        many.redis.set("grant:grt_1", sign_decision(APPROVAL_KEY.encode(), given).model_dump_json())
        return many.run(plan, many.approve(plan, grant_id="grt_1"))

    for wrong in (grant, grant.model_copy(update={"account": None})):
        with pytest.raises(AssistantError) as raised:
            begin(wrong)
        assert raised.value.code == "grant_not_valid"
    assert begin(grant.model_copy(update={"account": SECOND})).status == "done"


@pytest.mark.parametrize(
    ("fences", "code"),
    [
        ({"read_only": True}, "session_read_only"),
        ({"services": ["ec2"]}, "service_outside_fence"),
        ({"operations": ["s3:Get*", "s3:List*"]}, "operation_outside_fence"),
        ({"regions": ["us-*"]}, "region_outside_fence"),
        ({"accounts": [SECOND]}, "account_outside_fence"),
    ],
)
def test_what_a_fence_leaves_out_is_neither_proposed_nor_run(
    executor: Executor, fences: dict[str, Any], code: str
) -> None:
    plan = executor.prepare(BUCKET)
    # A gateway that was taken over may send what it likes: the fences are sealed with the executor's credentials.
    fenced(executor, **fences)
    assert refused(executor, step("create_s3_bucket", bucket_name="accounts-2", region="eu-west-1")).code == code
    with pytest.raises(AssistantError) as raised:
        executor.run(plan)
    assert raised.value.code == code
    assert executor.stored(plan).status == "proposed"


def test_the_operators_fence_holds_whatever_was_sealed(executor: Executor) -> None:
    executor.settings = executor.settings.model_copy(update={"fences": Fences(services=("ec2",))})
    error = refused(executor)
    assert error.code == "service_outside_fence"
    assert "the operator" in error.detail


def test_what_is_inside_the_fences_runs(executor: Executor) -> None:
    fenced(executor, services=["s3"], operations=["s3:*"], regions=["eu-west-1"], accounts=[MAIN])
    assert executor.run(executor.prepare(BUCKET)).status == "done"


def test_a_plan_that_has_begun_is_finished_or_undone_whatever_a_fence_says_now(executor: Executor) -> None:
    plan = executor.prepare(BUCKET)
    done = executor.run(plan)
    fenced(executor, read_only=True)
    assert executor.run(plan, executor.approve(plan)).status == done.status == "done"


def test_a_stored_step_that_was_changed_does_not_widen_a_fence(executor: Executor) -> None:
    plan = executor.prepare(BUCKET)
    stored = json.loads(executor.stored(plan).model_dump_json())
    stored["steps"][0]["iam_actions"] = ["ec2:DescribeInstances"]
    approval = executor.approve(plan)
    executor.redis.set(f"plan:{plan.plan_id}", json.dumps(stored))
    fenced(executor, services=["ec2"])
    with pytest.raises(AssistantError) as raised:
        executor.run(plan, approval)
    assert raised.value.code == "service_outside_fence"


def test_a_renewal_gives_info_credentials_of_every_account_and_the_same_fences(many: Executor) -> None:
    key = new_private_key()
    fenced(many, services=["s3"])
    many.session = many.session.model_copy(update={"policies": {"info": '{"Version":"2012-10-17","Statement":[]}'}})
    many.settings = many.settings.model_copy(update={"public_key_info": public_key_of(key)})
    renewed = renew(many.context("renew_credentials"))

    session_id = many.info.session_id
    entry = signed(renewed.boxes["info"], "info", session_id, b"k")
    info: AgentSession = unseal(entry, "info", session_id, key, b"k")
    assert info.fences == Fences(services=("s3",))
    assert [one.state for one in info.accounts] == ["ready", "ready", "denied"]
    prod = info.of_account(SECOND)
    assert (prod.info.account, prod.role_arn) == (SECOND, None)
    assert prod.credentials.access_key_id != info.credentials.access_key_id
    assert (info.accounts[2].credentials, renewed.accounts[THIRD].state) == (None, "denied")


def test_the_audit_says_who_acts_and_not_where(many: Executor) -> None:
    context = many.context("prepare_plan").in_account(SECOND)
    assert (context.aws.info.account, context.aws.session.main_account) == (SECOND, MAIN)
    assert replace(context).perimeter == context.perimeter
