"""A plan that changes the assistant's own access says so, with high severity, whatever way it takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.executor.operations import OPERATIONS
from services.executor.proposal.own_access import of_steps, owned
from services.executor.proposal.permissions import Need, needs_of
from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from shared.iam.documents import CallerPolicies, NamedPolicy
from shared.messages import Finding, SessionInfo
from shared.sessions.credentials import AgentSession, Credentials
from tests.unit.executor.conftest import Executor, step

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/assistant"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/Changes"
PLACE = Location("aws", ACCOUNT, "eu-west-1")


def session(caller: str = USER, role: str | None = ROLE) -> AgentSession:
    info = SessionInfo(
        session_id="ses_one",
        account=ACCOUNT,
        caller_arn=caller,
        region="eu-west-1",
        regions=("eu-west-1",),
        expires_at=0,
    )
    return AgentSession(info=info, credentials=Credentials(access_key_id="A", secret_access_key="s"), role_arn=role)


READ = (
    CallerPolicies((NamedPolicy("Changes", "attached to role assistant", {}, POLICY),), arn=ROLE),
    CallerPolicies((), NamedPolicy("Limit", "permissions boundary", {}, f"{POLICY}Limit"), USER, ("devs",)),
)


def found(*needs: Need, values: dict[str, Any] | None = None, of: AgentSession | None = None) -> list[Finding]:
    return list(of_steps({"s1": needs}, {"s1": values or {}}, owned(of or session(), READ)))


def planned(operation: str, of: AgentSession | None = None, **arguments: Any) -> list[Finding]:
    declared = OPERATIONS[operation]
    values = declared.validate(arguments)
    return found(*needs_of(declared, values, PLACE), values=values, of=of)


TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def trusting(principal: dict[str, Any]) -> dict[str, Any]:
    return {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": principal}]}  # type: ignore[dict-item]  # a list


OWN_STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "a policy attached": (
        "assign_policy_to_role",
        {"role_name": "assistant", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    ),
    "a policy detached": ("detach_policy_from_role", {"role_name": "assistant", "policy_arn": POLICY}),
    "the role deleted": ("delete_iam_role", {"name": "assistant"}),
    "a role that it may become": ("create_iam_role", {"name": "new", "policy_document": trusting({"AWS": ROLE})}),
    "a role that its caller may become": (
        "create_iam_role",
        {"name": "new", "policy_document": trusting({"AWS": [USER]})},
    ),
    "the role for a function": (
        "create_lambda_function",
        {"function_name": "f", "runtime": "python3.12", "handler": "a.b", "role_arn": ROLE, "region": "eu-west-1"},
    ),
}


@pytest.mark.parametrize("way", OWN_STEPS)
def test_every_operation_that_touches_the_sessions_role_or_caller_is_named(way: str) -> None:
    operation, arguments = OWN_STEPS[way]
    [finding] = planned(operation, **arguments)

    assert (finding.code, finding.severity, finding.step) == ("changes_own_access", "high", "s1")
    assert "assistant" in finding.message or "user ann" in finding.message


OWN_NEEDS = {
    "the role": Need("iam:PutRolePolicy", ROLE),
    "every role": Need("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/*"),
    "every role of any account": Need("iam:PutRolePermissionsBoundary", "arn:aws:iam::*:role/team/*"),
    "its tags": Need("iam:TagRole", ROLE),
    "the caller": Need("iam:AttachUserPolicy", USER),
    "the caller's keys": Need("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/*"),
    "its group": Need("iam:PutGroupPolicy", f"arn:aws:iam::{ACCOUNT}:group/all/devs"),
    "a policy of the role": Need("iam:CreatePolicyVersion", POLICY),
    "the caller's boundary": Need("iam:DeletePolicyVersion", f"{POLICY}Limit"),
    "hands it on": Need("iam:PassRole", ROLE),
}


@pytest.mark.parametrize("what", OWN_NEEDS)
def test_so_is_everything_that_the_sessions_power_hangs_on(what: str) -> None:
    assert [finding.code for finding in found(OWN_NEEDS[what])] == ["changes_own_access"]


@pytest.mark.parametrize(
    "values",
    [
        {"service": "iam", "operation": "PutRolePolicy", "parameters": {"RoleName": "assistant"}},
        {"service": "iam", "parameters": json.dumps({"PolicyDocument": {"Resource": ROLE}})},
    ],
)
def test_a_step_that_names_no_resource_is_judged_by_its_arguments(values: dict[str, Any]) -> None:
    assert found(Need("iam:PutRolePolicy", "*"), values=values)
    cloud_control = {"type_name": "AWS::IAM::RolePolicy", "properties": {"RoleName": "assistant"}}
    assert found(Need("cloudformation:CreateResource", "*"), values=cloud_control)


def test_a_role_session_is_its_role() -> None:
    of = session(f"arn:aws:sts::{ACCOUNT}:assumed-role/builder/run-1", role=None)

    assert planned("delete_iam_role", of=of, name="builder")
    assert not planned("delete_iam_role", of=of, name="assistant")


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("delete_iam_role", {"name": "assistant-2"}),
        ("create_iam_role", {"name": "new", "policy_document": TRUST}),
        ("assign_policy_to_role", {"role_name": "other", "policy_arn": POLICY}),
        ("create_s3_bucket", {"bucket_name": "assistant", "region": "eu-west-1"}),
    ],
)
def test_another_role_or_a_bucket_of_the_same_name_is_not_its_own(operation: str, arguments: dict[str, Any]) -> None:
    assert not planned(operation, **arguments)
    assert not found(Need("iam:GetRole", ROLE), Need("iam:SimulatePrincipalPolicy", "*"))


DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}


def made(type_name: str, **properties: Any) -> list[Finding]:
    return planned("create_aws_resource", type_name=type_name, properties=properties, region="us-east-1")


def test_a_policy_or_role_made_by_its_type_is_its_own_only_where_it_reaches_the_sessions_role_caller_or_group() -> None:
    policy = {"ManagedPolicyName": "Lists", "PolicyDocument": DOCUMENT}
    assert not made("AWS::IAM::ManagedPolicy", **policy)
    assert not made("AWS::IAM::ManagedPolicy", **policy, Roles=["other"])
    assert not made("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST)
    assert not made("AWS::IAM::User", UserName="bob")
    assert made("AWS::IAM::ManagedPolicy", **policy, Roles=["other", "assistant"])
    assert made("AWS::IAM::ManagedPolicy", **policy, Users=["ann"])
    assert made("AWS::IAM::ManagedPolicy", **policy, Groups=["devs"])
    assert made("AWS::IAM::ManagedPolicy", **policy, Roles=[UNKNOWN])
    assert made("AWS::IAM::Role", AssumeRolePolicyDocument=trusting({"AWS": ROLE}))
    assert made("AWS::IAM::User", UserName="bob", Groups=["devs"])
    assert made("AWS::IAM::RolePolicy", RoleName="assistant", PolicyName="p", PolicyDocument=DOCUMENT)


def test_a_policy_that_is_there_is_its_own_where_it_is_attached_to_it_or_is_attached_anew() -> None:
    def changed(identifier: str, **changes: Any) -> list[Finding]:
        about = {"type_name": "AWS::IAM::ManagedPolicy", "identifier": identifier, "region": "us-east-1"}
        return planned("update_aws_resource" if changes else "delete_aws_resource", **about, **changes)

    assert changed(POLICY)
    assert changed(POLICY, changes={"PolicyDocument": DOCUMENT})
    assert not changed(f"{POLICY}2")
    assert not changed(f"{POLICY}2", changes={"PolicyDocument": DOCUMENT})
    assert changed(f"{POLICY}2", changes={"Roles": []})
    assert planned("delete_aws_resource", type_name="AWS::IAM::Role", identifier="assistant", region="us-east-1")


def test_a_stored_plan_has_the_finding(executor: Executor) -> None:
    caller = executor.info.caller_arn
    plan = executor.prepare(step("create_iam_role", name="new", policy_document=trusting({"AWS": caller})))

    assert ("changes_own_access", "high") in [(finding.code, finding.severity) for finding in plan.findings]
    assert "assistant's own access" in plan.summary
