"""A plan's page and the advisor say the same of a policy: one linter, the same codes and severities."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pydantic import SecretStr
from redis import Redis

from services.bedrock_advisor.answers import PolicyInPlan
from services.bedrock_advisor.plan_review import find
from services.executor.proposal.draft import Draft
from services.executor.records.files import Files
from services.executor.settings import ExecutorSettings
from shared.errors import InvalidArguments
from shared.iam.lint.codes import CODES
from shared.iam.lint.linter import lint, refused
from shared.messages import Finding, SessionInfo
from shared.plans.step import ProposedStep

ACCOUNT = "111111111111"
LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
ONE = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"


def policy(*statements: object, version: str | None = "2012-10-17") -> dict[str, Any]:
    return {**({"Version": version} if version else {}), "Statement": list(statements)}


def permissions(**changes: Any) -> dict[str, Any]:
    return policy({key: value for key, value in {**ONE, **changes}.items() if value is not None})


def trust(**changes: Any) -> dict[str, Any]:
    return policy({key: value for key, value in {**LAMBDA, **changes}.items() if value is not None})


PERMISSIONS = [
    permissions(),
    permissions(Action="*", Resource="*"),
    permissions(Action="*:*", Resource="*"),
    permissions(Action="*"),
    permissions(Action="*", Resource="*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    permissions(Action=["S3:*", "IAM:*"], Resource="*"),
    permissions(Action="iam:PassRole", Resource="*"),
    permissions(
        Action="iam:PassRole", Resource="*", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    ),
    permissions(Action="sts:AssumeRole", Resource="*"),
    permissions(Action=["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"], Resource="*"),
    permissions(Action="iam:AttachRolePolicy", Resource=f"arn:aws:iam::{ACCOUNT}:role/x"),
    permissions(Action="s3:PutObject", Resource="*"),
    permissions(Action=["secretsmanager:GetSecretValue", "kms:Decrypt"], Resource="*"),
    permissions(Action=["s3:List*", "ec2:Describe*"], Resource="*"),
    permissions(Action=None, NotAction="iam:*", Resource="*"),
    permissions(Resource=None, NotResource="arn:aws:s3:::secret"),
    permissions(Effect="Deny", Action="*", Resource="*"),
    permissions(Action="s3:GetObjects"),
    permissions(Action="nothing:Here"),
    permissions(Resource="arn:aws:s3:::photos"),
    permissions(Condition={"StringEquals": {"s3:prefx": "x"}}),
    permissions(Condition={"IpAddress": {"aws:SourceIp": "here"}}),
    policy(ONE, version=None),
    policy({**ONE, "Resource": "arn:aws:s3:::home/${aws:username}/*"}, version="2008-10-17"),
    policy(*[{**ONE, "Sid": f"S{number}", "Action": "dynamodb:*", "Resource": "*"} for number in range(60)]),
]
TRUSTS = [
    trust(),
    trust(Principal="*"),
    trust(Principal={"AWS": "*"}),
    trust(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
    trust(Principal="*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
    trust(Principal={"AWS": "222222222222"}),
    trust(Principal={"AWS": "arn:aws:iam::222222222222:root"}, Condition={"StringEquals": {"sts:ExternalId": "x"}}),
    trust(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci"}),
    trust(Principal={"AWS": "AROAEXAMPLEEXAMPLE123"}),
    trust(Principal={"Service": "glue.amazonaws.com"}),
    trust(Principal={"Federated": "accounts.google.com"}),
    trust(Principal={"Federated": GITHUB}, Action="sts:AssumeRoleWithWebIdentity"),
    trust(
        Principal={"Federated": GITHUB},
        Action="sts:AssumeRoleWithWebIdentity",
        Condition={"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}},
    ),
    trust(Effect="Deny", Principal={"AWS": "222222222222"}),
    trust(Action="sts:*"),
]
MANAGED = [
    f"arn:aws:iam::aws:policy/{name}"
    for name in (
        *("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "AmazonS3FullAccess", "AmazonS3ReadOnlyAccess"),
        *("job-function/SystemAdministrator", "job-function/ViewOnlyAccess", "AWSLambda_FullAccess"),
    )
] + [f"arn:aws:iam::{ACCOUNT}:policy/AdministratorAccess"]
REFUSED = [
    policy(),
    permissions(Effect="allow"),
    permissions(Action="GetObject"),
    permissions(Resource="photos"),
    permissions(Condition={"StringEqual": {"s3:prefix": "x"}}),
    permissions(Principal="*"),
    policy("x"),
]
REFUSED_TRUSTS = [
    trust(Resource="*"),
    trust(Action="s3:GetObject"),
    trust(Principal={"AWS": "someone"}),
    trust(Principal=None),
    trust(Principal=None, NotPrincipal={"AWS": "222222222222"}),
]


@pytest.fixture
def draft() -> Draft:
    info = SessionInfo(
        session_id="ses_1",
        account=ACCOUNT,
        caller_arn=f"arn:aws:iam::{ACCOUNT}:user/ann",
        region="eu-west-1",
        regions=("eu-west-1",),
        expires_at=time.time() + 3600,
    )
    settings = ExecutorSettings(
        signing_key=SecretStr("s"),
        private_key=SecretStr("p"),
        approval_key=SecretStr("a"),
        audit_signing_key=SecretStr("a"),
    )
    # Nothing here asks for an uploaded file.
    return Draft(info, Files(Redis(), info.session_id, 1_000_000), settings)


def role(trust_policy: Any, permissions: Any = None) -> ProposedStep:
    arguments = {"name": "reader", "policy_document": trust_policy, "permissions": permissions}
    return ProposedStep(id="role", operation="create_iam_role", arguments=arguments)


def said(findings: tuple[Finding, ...]) -> list[tuple[str, str, str | None]]:
    return [(one.code, one.severity, one.step) for one in findings]


def advised(draft: Draft) -> tuple[Finding, ...]:
    """What the advisor finds in what the executor sends it: JSON."""
    sent = [one.model_dump(mode="json", exclude_none=True) for one in draft.policies]
    return find([PolicyInPlan.model_validate(one) for one in sent], ACCOUNT)


@pytest.mark.parametrize(
    "step", [*(role(trust(), one) for one in PERMISSIONS), *(role(one) for one in TRUSTS)], ids=lambda _: ""
)
def test_of_a_role(draft: Draft, step: ProposedStep) -> None:
    draft.add_all([step])
    assert said(draft.findings()) == said(advised(draft))
    direct = [*lint(step.arguments["policy_document"], "trust", ACCOUNT)]
    if step.arguments["permissions"]:
        direct += lint(step.arguments["permissions"], "identity", ACCOUNT)
    assert [(code, severity) for code, severity, _ in said(draft.findings())] == [
        (one.code, one.severity) for one in direct
    ]


@pytest.mark.parametrize("arn", MANAGED)
def test_of_a_managed_policy(draft: Draft, arn: str) -> None:
    arguments: Any = {"role_name": "reader", "policy_arn": arn}
    draft.add_all([ProposedStep(id="policy", operation="assign_policy_to_role", arguments=arguments)])
    assert said(draft.findings()) == said(advised(draft))
    assert bool(draft.findings()) == (":aws:policy/" in arn and "S3ReadOnly" not in arn)


@pytest.mark.parametrize(
    ("step", "kind"),
    [*((role(trust(), one), "identity") for one in REFUSED), *((role(one), "trust") for one in REFUSED_TRUSTS)],
    ids=lambda _: "",
)
def test_what_the_advisor_calls_invalid_is_no_plan(draft: Draft, step: ProposedStep, kind: Any) -> None:
    wrong = step.arguments["permissions" if kind == "identity" else "policy_document"]
    assert refused(wrong, kind)
    with pytest.raises(InvalidArguments):
        draft.add_all([step])


def test_the_policies_above_have_findings_of_most_kinds() -> None:
    found = {one.code for document in PERMISSIONS for one in lint(document, "identity")}
    found |= {one.code for document in TRUSTS for one in lint(document, "trust", ACCOUNT)}
    risks = {name for name, code in CODES.items() if not code.refused}
    assert len(found & risks) >= 25
