"""A plan's steps say what the policies they name allow, and what the roles may do that they hand on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import InvalidArguments
from shared.plans.plan import Plan
from shared.plans.step import PolicyReach, RoleReach
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, POLICY, READ_S3, ROLE, Executor, step
from tests.unit.pages import text_of

WRITE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="us-east-1")
READS = "reads of contents and secrets in s3; reads in s3; on every resource"


@pytest.fixture
def looking(make_executor: Callable[..., Executor]) -> Executor:
    """An executor that looks at the account while it prepares a plan."""
    executor = make_executor()
    executor.settings = executor.settings.model_copy(update={"conflicts_seconds": 20})
    return executor


def existing_role(executor: Executor, name: str = "worker", path: str = "/", **more: Any) -> str:
    iam = executor.client("iam")
    role = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST), **more)["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(WRITE))
    iam.attach_role_policy(RoleName=name, PolicyArn=READ_S3)
    return str(role["Arn"])


def function_of(role_arn: str) -> Any:
    return FUNCTION.model_copy(update={"arguments": {**FUNCTION.arguments, "role_arn": role_arn}})


def policies_of(plan: Plan, step_id: str) -> tuple[PolicyReach, ...]:
    return next(step.policies for step in plan.steps if step.id == step_id)


def role_of(plan: Plan, step_id: str = "function") -> RoleReach:
    (role,) = next(step.roles for step in plan.steps if step.id == step_id)
    return role


def test_an_attached_policy_of_the_account_is_told_statement_by_statement(looking: Executor) -> None:
    existing_role(looking, "other")
    plan = looking.prepare(step("detach_policy_from_role", "gone", role_name="other", policy_arn=READ_S3))
    (policy,) = policies_of(plan, "gone")
    assert policy == PolicyReach(
        policy=READ_S3, why="", allows=READS, statements=("Allows s3:Get* on every resource.",)
    )
    page = text_of(plan.summary)
    assert f"Policy {READ_S3}: allows {READS}\n      Allows s3:Get* on every resource." in page


def test_a_function_says_what_a_role_of_the_plan_will_be_allowed(looking: Executor) -> None:
    role = ROLE.model_copy(update={"arguments": {**ROLE.arguments, "permissions": WRITE}})
    plan = looking.prepare(role, POLICY, FUNCTION)
    found = role_of(plan)
    assert found.role_arn == "arn:aws:iam::123456789012:role/reader"
    assert found.trusts == ("Allows sts:AssumeRole to the service lambda.amazonaws.com.",)
    assert [(one.policy, one.why, one.allows) for one in found.policies] == [
        ("reader-permissions", "inline, of step role", "changes in s3; on every resource"),
        (READ_S3, "attached by step policy", READS),
    ]
    assert found.unread is None


def test_a_function_says_what_its_role_has_already_and_what_the_plan_adds(looking: Executor) -> None:
    arn = existing_role(looking)
    iam = looking.client("iam")
    more = iam.create_policy(PolicyName="more", PolicyDocument=json.dumps(WRITE))["Policy"]["Arn"]
    attach = step("assign_policy_to_role", "attach", role_name="worker", policy_arn=more)
    detach = step("detach_policy_from_role", "detach", role_name="worker", policy_arn=READ_S3)
    plan = looking.prepare(attach, detach, function_of(arn))
    found = role_of(plan)
    assert found.trusts
    assert [(one.policy, one.why) for one in found.policies] == [
        (more, "attached by step attach"),
        ("own", "before this plan, inline in role worker"),
    ]
    page = text_of(plan.summary)
    assert f"Role {arn}, which this step hands to a service, as this plan leaves it:" in page
    assert "own (before this plan, inline in role worker): allows changes in s3; on every resource" in page


def test_a_role_with_a_path_and_a_boundary_is_read_too(looking: Executor) -> None:
    arn = existing_role(looking, path="/service/", PermissionsBoundary=READ_S3)
    found = role_of(looking.prepare(function_of(arn)))
    assert ("read-s3", "before this plan, permissions boundary") in [(one.policy, one.why) for one in found.policies]


def test_a_role_of_another_account_is_not_taken_for_one_of_this(looking: Executor) -> None:
    existing_role(looking)
    with pytest.raises(InvalidArguments, match="not of its own account"):
        looking.prepare(function_of("arn:aws:iam::210987654321:role/worker"))


def test_what_could_not_be_read_in_time_is_said_and_refuses_nothing(executor: Executor) -> None:
    existing_role(executor)
    managed = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    attach = step("assign_policy_to_role", "attach", role_name="worker", policy_arn=managed)
    plan = executor.prepare(
        attach, POLICY.model_copy(update={"arguments": {"role_name": "worker", "policy_arn": READ_S3}})
    )
    (known,), (unknown,) = policies_of(plan, "attach"), policies_of(plan, "policy")
    assert (known.allows, known.unread) == (
        "every action of s3, s3-object-lambda; on every resource",
        "there was no time",
    )
    assert (unknown.allows, unknown.unread) == ("", "there was no time")
    page = text_of(plan.summary)
    assert f'Policy {READ_S3}: its document was not read: "there was no time"\n' in page
    assert "As AWS publishes it, it allows every action of s3" in page


def test_a_plan_without_policies_and_roles_asks_nothing(looking: Executor) -> None:
    (made,) = looking.prepare(BUCKET).steps
    assert (made.policies, made.roles) == ((), ())
