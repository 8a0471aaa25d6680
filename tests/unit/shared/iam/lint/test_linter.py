"""The linter finds what it should, only that, and survives any JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.iam.lint.linter import lint, refused
from shared.iam.lint.managed import lint_managed
from shared.iam.policy_json import PolicyKind

KINDS: tuple[PolicyKind, ...] = ("identity", "trust", "resource", "session", "boundary")
GOOD = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::photos"}
OBJECT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}/*"}
TAG = {"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "arn:aws:ec2:*:111111111111:instance/*"}
LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def policy(*statements: object, version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def codes(document: object, kind: PolicyKind = "identity", account: str | None = None) -> dict[str, str]:
    return {item.code: item.severity for item in lint(document, kind, account)}


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (policy(GOOD), "identity"),
        ({"Version": "2012-10-17", "Statement": GOOD}, "identity"),
        (policy(LAMBDA), "trust"),
        (policy({**GOOD, "Principal": {"AWS": "111111111111"}}), "resource"),
        (policy(OBJECT), "identity"),
        (policy({**TAG, "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*"]}}}), "identity"),
    ],
)
def test_a_narrow_policy_has_no_findings(document: dict[str, Any], kind: PolicyKind) -> None:
    assert lint(document, kind, "111111111111") == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Effect": None}, "missing_effect"),
        ({"Effect": "allow"}, "bad_effect"),
        ({"Action": None}, "missing_action"),
        ({"NotAction": "s3:GetObject"}, "both_actions"),
        ({"Action": "ListBucket"}, "bad_action"),
        ({"Action": "s3*:List"}, "bad_action"),
        ({"Action": []}, "bad_action"),
        ({"Action": ["s3:ListBucket", 7]}, "bad_action"),
        ({"Resource": None}, "missing_resource"),
        ({"Resource": "photos"}, "malformed_arn"),
        ({"Resource": "arn:aws:s3:photos"}, "malformed_arn"),
        ({"Resource": "arn:gcp:s3:::photos"}, "malformed_arn"),
        ({"Principal": "*"}, "principal_not_allowed"),
        ({"Sid": "with space"}, "bad_sid"),
        ({"Condition": {"StringEqual": {"a": "b"}}}, "bad_condition_operator"),
        ({"Condition": []}, "bad_condition"),
        ({"effect": "Deny"}, "unknown_element"),
    ],
)
def test_a_broken_statement_is_refused(change: dict[str, Any], code: str) -> None:
    statement = {key: value for key, value in {**GOOD, **change}.items() if value is not None}
    assert codes(policy(statement))[code] == "high"
    assert code in {item.code for item in refused(policy(statement), "identity")}


def test_versions_and_their_variables() -> None:
    assert codes(policy(GOOD, version="2012-10-18")) == {"bad_version": "high"}
    assert codes(policy(GOOD, version="2008-10-17")) == {"old_version": "low"}
    assert codes({"Statement": [OBJECT]}) == {"old_version": "low", "variables_need_version": "medium"}


def test_equal_sids_are_refused() -> None:
    twice = [{**GOOD, "Sid": "One"}, {**GOOD, "Sid": "One"}]
    assert codes(policy(*twice)) == {"duplicate_sid": "high"}


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        ({"Action": "*", "Resource": "*"}, "admin_access", "high"),
        ({"Action": "*"}, "wildcard_action", "high"),
        ({"Action": "S3:*"}, "service_wildcard", "medium"),
        ({"Action": "IAM:*"}, "service_wildcard", "high"),
        ({"Action": "s3:PutObject", "Resource": "*"}, "write_on_any_resource", "medium"),
        ({"Action": "secretsmanager:Get*", "Resource": "*"}, "sensitive_read_any", "medium"),
        ({"Action": "iam:passrole", "Resource": "*"}, "pass_role_any", "high"),
        ({"Action": "sts:Assume*", "Resource": "*"}, "assume_role_any", "high"),
        ({"Action": "iam:Put*", "Resource": "*"}, "privilege_escalation", "high"),
        ({"Action": "lambda:updatefunctioncode"}, "privilege_escalation", "medium"),
    ],
)
def test_what_is_too_broad_is_found(change: dict[str, Any], code: str, severity: str) -> None:
    assert codes(policy({**GOOD, **change}))[code] == severity


def test_allow_with_an_exception_list_is_found() -> None:
    assert "allow_not_action" in codes(policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}))
    assert "allow_not_resource" in codes(
        policy({"Effect": "Allow", "Action": "s3:Get*", "NotResource": "arn:aws:s3:::a"})
    )


def test_listing_everything_is_fine_and_so_is_denying_everything() -> None:
    assert codes(policy({"Effect": "Allow", "Action": ["s3:List*", "ec2:Describe*"], "Resource": "*"})) == {}
    assert codes(policy({"Effect": "Deny", "Action": "*", "Resource": "*"})) == {}


def test_an_escalation_may_be_spread_over_statements() -> None:
    pass_role = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111111111111:role/x"}
    run = {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}
    assert codes(policy(pass_role, run))["privilege_escalation"] == "medium"
    assert "privilege_escalation" not in codes(policy(run))


def test_a_boundary_grants_nothing_so_its_breadth_weighs_less() -> None:
    assert codes(policy({"Effect": "Allow", "Action": "*", "Resource": "*"}), "boundary") == {"admin_access": "medium"}


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        ({"Principal": "*"}, "public_principal", "high"),
        ({"Principal": {"AWS": ["*"]}}, "public_principal", "high"),
        (
            {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
            "public_principal_conditioned",
            "low",
        ),
        (
            {"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
            "public_principal_conditioned",
            "medium",
        ),
        ({"Principal": {"AWS": "arn:aws:iam::222222222222:root"}}, "missing_external_id", "medium"),
        ({"Principal": {"AWS": "arn:aws:iam::111111111111:role/*"}}, "wildcard_in_principal", "high"),
        ({"Principal": {"AWS": "someone"}}, "bad_principal", "high"),
        ({"Principal": {"Federated": "accounts.google.com"}}, "federation_unconditioned", "high"),
        ({"Action": "s3:GetObject"}, "trust_action_not_sts", "high"),
        ({"Resource": "*"}, "resource_in_trust_policy", "high"),
        ({"Principal": None, "NotPrincipal": {"AWS": "111111111111"}}, "not_principal_in_trust_policy", "high"),
        ({"Principal": {"AWS": "222222222222"}}, "foreign_account", "low"),
        ({"Principal": {"Service": "lambda"}}, "bad_principal", "high"),
        ({"Principal": {"Group": "admins"}}, "bad_principal", "high"),
        ({"Principal": {"AWS": []}}, "bad_principal", "high"),
        ({"Principal": {"Service": "glue.amazonaws.com"}}, "missing_source_condition", "low"),
        ({"Action": "sts:AssumeRoleWithWebIdendity"}, "trust_action_not_sts", "high"),
        ({"Action": "sts:AssumeRoleWithSAML"}, "principal_type_mismatch", "medium"),
        ({"Principal": None}, "missing_principal", "high"),
    ],
)
def test_whom_a_trust_policy_lets_in(change: dict[str, Any], code: str, severity: str) -> None:
    statement = {key: value for key, value in {**LAMBDA, **change}.items() if value is not None}
    assert codes(policy(statement), "trust", "111111111111")[code] == severity


def test_an_external_id_and_the_own_account_need_no_hint() -> None:
    other = {**LAMBDA, "Principal": {"AWS": "222222222222"}, "Condition": {"StringEquals": {"sts:ExternalId": "x"}}}
    own = {**LAMBDA, "Principal": {"AWS": "arn:aws:iam::111111111111:role/ci"}}
    assert "missing_external_id" not in codes(policy(other, own), "trust", "111111111111")


@pytest.mark.parametrize("who", ["222222222222", "arn:aws:iam::222222222222:role/reader"])
def test_a_resource_that_lets_another_account_in_is_said_to(who: str) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "kms:Decrypt", "Resource": "arn:aws:kms:::k"}
    assert codes(policy(statement), "resource", "111111111111")["foreign_account"] == "medium"
    assert "foreign_account" not in codes(policy(statement), "resource", "222222222222")
    assert "foreign_account" not in codes(policy({**statement, "Effect": "Deny"}), "resource", "111111111111")


def test_github_needs_a_subject() -> None:
    provider = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
    key = "token.actions.githubusercontent.com:"
    statement = {**LAMBDA, "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": provider}}
    audience = {**statement, "Condition": {"StringEquals": {key + "aud": "sts.amazonaws.com"}}}
    subject = {**statement, "Condition": {"StringLike": {key + "sub": "repo:me/mine:*"}}}
    assert codes(policy(audience), "trust") == {"github_subject_missing": "high"}
    assert codes(policy(subject), "trust") == {}


def test_a_deny_with_not_principal_is_found() -> None:
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": "111111111111"}, "Action": "s3:*", "Resource": "*"}
    assert codes(policy(statement), "resource") == {"deny_not_principal": "medium"}


def test_findings_come_worst_first_and_say_where() -> None:
    found = lint({"Statement": [GOOD, {**GOOD, "Action": "*"}]}, "identity")
    assert [item.severity for item in found] == ["high", "low"]
    assert found[0].path == "Statement[1].Action"


def test_a_long_policy_is_found() -> None:
    assert "policy_too_long" in codes(policy({**LAMBDA, "Sid": "a" * 3000}), "trust")


@pytest.mark.parametrize(
    ("arn", "severity"),
    [
        ("arn:aws:iam::aws:policy/AdministratorAccess", "high"),
        ("arn:aws:iam::aws:policy/IAMFullAccess", "high"),
        ("arn:aws:iam::aws:policy/AmazonS3FullAccess", "medium"),
        ("arn:aws-cn:iam::aws:policy/AWSXrayFullAccess", "medium"),
        ("arn:aws:iam::aws:policy/job-function/SystemAdministrator", "high"),
        ("arn:aws:iam::aws:policy/AWSLambda_FullAccess", "high"),
        ("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", None),
        ("arn:aws:iam::111111111111:policy/AdministratorAccess", None),
        ("nonsense", None),
    ],
)
def test_managed_policies_are_judged_by_name(arn: str, severity: str | None) -> None:
    assert [one.severity for one in lint_managed(arn)] == ([severity] if severity else [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
WORDS = st.sampled_from(["*", "s3:*", "iam:PassRole", "arn:aws:s3:::b/*", "Allow", "Deny", "111111111111", "${a}", ""])
VALUE = JSON | WORDS | st.lists(WORDS, max_size=3)
ELEMENTS = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"]
TYPES = st.dictionaries(st.sampled_from(["AWS", "Service", "Federated", "StringEquals"]), VALUE, max_size=2)
STATEMENT = st.dictionaries(st.sampled_from(ELEMENTS), VALUE | TYPES, max_size=6)
DOCUMENT = st.fixed_dictionaries(
    {"Statement": STATEMENT | st.lists(STATEMENT | JSON, max_size=3) | JSON}, optional={"Version": VALUE, "Id": JSON}
)


@given(document=DOCUMENT | JSON, kind=st.sampled_from(KINDS))
@settings(max_examples=400)
def test_any_json_gives_findings_and_never_an_exception(document: object, kind: PolicyKind) -> None:
    found = lint(document, kind, "111111111111")
    assert json.dumps([item.model_dump_json() for item in found]).encode("utf-8")
    assert {item.code for item in refused(document, kind)} <= {item.code for item in found}
    if not isinstance(document, dict) or "Statement" not in document:
        assert refused(document, kind)


def test_surrogates_and_depth_do_not_break_it() -> None:
    deep: object = "x"
    for _ in range(5000):
        deep = [deep]
    assert codes({"Statement": deep}) == {"nested_too_deeply": "high"}
    assert "unknown_element" in codes({"\ud800": 1, "Statement": [GOOD]})
