"""Who may assume a role, by its trust policy."""

from __future__ import annotations

from typing import Any

import pytest

from shared.iam.trust import admits, anyone, notes

ACCOUNT = "111122223333"
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
ORG = "o-a1b2c3d4e5"


def trust(principal: Any = "*", action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


OPEN = {
    "everyone": trust(),
    "everyone in a list": trust({"AWS": [f"arn:aws:iam::{ACCOUNT}:root", "*"]}),
    "every action": trust(action="sts:*"),
    "a wildcard action": trust(action=["sts:TagSession", "sts:Assume*"]),
    "NotAction": {"Effect": "Allow", "Principal": "*", "NotAction": "sts:TagSession"},
    "NotPrincipal": {"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"},
    "a place and not a person": trust(**when("IpAddress", "aws:SourceIp", "0.0.0.0/0")),
    "TLS": trust(**when("Bool", "aws:SecureTransport", "true")),
    "any ARN": trust(**when("ArnLike", "aws:PrincipalArn", "*")),
    "any account's ARN": trust(**when("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/admin")),
    "one value that is anyone": trust(**when("StringLike", "aws:PrincipalOrgID", [ORG, "*"])),
    "all but one account": trust(**when("StringNotEquals", "aws:PrincipalAccount", ACCOUNT)),
    "who has no key": trust(**when("StringEqualsIfExists", "aws:PrincipalOrgID", ORG)),
    "an empty set": trust(**when("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", f"{ORG}/r-1/")),
    "any external id": trust(**when("StringLike", "sts:ExternalId", "*")),
    "GitHub": trust({"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity"),
    "GitHub for AWS": trust(
        {"Federated": GITHUB},
        "sts:AssumeRoleWithWebIdentity",
        **when("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com"),
    ),
    "any repository": trust(
        {"Federated": GITHUB},
        "sts:AssumeRoleWithWebIdentity",
        **when("StringLike", "token.actions.githubusercontent.com:sub", "repo:*"),
    ),
    "Google": trust({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity"),
}
CLOSED = {
    "the account": trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
    "a user": trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}),
    "a service": trust({"Service": "lambda.amazonaws.com"}),
    "the organisation": trust(**when("StringEquals", "aws:PrincipalOrgID", ORG)),
    "one role": trust(**when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/admin-*")),
    "an external id": trust(**when("StringEquals", "sts:ExternalId", "4f81c0de")),
    "one repository": trust(
        {"Federated": GITHUB},
        "sts:AssumeRoleWithWebIdentity",
        **when("StringLike", "token.actions.githubusercontent.com:sub", "repo:acme/site:*"),
    ),
    "SAML": trust({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/sso"}, "sts:AssumeRoleWithSAML"),
    "tagging only": trust(action="sts:TagSession"),
}


@pytest.mark.parametrize("case", OPEN)
def test_a_role_open_to_the_world_is_seen(case: str) -> None:
    assert anyone(document(trust({"Service": "ec2.amazonaws.com"}), OPEN[case]))


@pytest.mark.parametrize("case", CLOSED)
def test_one_that_says_who_is_not_taken_for_it(case: str) -> None:
    assert anyone(document(CLOSED[case])) is None


def test_a_deny_for_strangers_closes_it_and_another_one_does_not() -> None:
    strangers = {**trust(), "Effect": "Deny", **when("StringNotEquals", "aws:PrincipalAccount", ACCOUNT)}
    some = {
        **trust(),
        "Effect": "Deny",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}, "Bool": {"aws:SecureTransport": "false"}},
    }

    assert anyone(document(trust(), strangers)) is None
    assert anyone(document(trust(), some))
    assert anyone(document(trust(), {**trust({"AWS": ACCOUNT}), "Effect": "Deny"}))


@pytest.mark.parametrize("text", ["{", "[]", "1"])
def test_a_policy_that_is_none_is_open(text: str) -> None:
    assert anyone(text)


ANN = f"arn:aws:iam::{ACCOUNT}:user/ops/ann"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/builder/run-1"


@pytest.mark.parametrize(
    ("principal", "caller", "how"),
    [
        ({"AWS": ANN}, ANN, "by name"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci/builder"}, SESSION, "by name"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ANN, "by account"),
        ({"AWS": ACCOUNT}, SESSION, "by account"),
        ("*", ANN, "by account"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, ANN, None),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}, SESSION, None),
        ({"AWS": "210987654321"}, ANN, None),
        ({"Service": "ec2.amazonaws.com"}, ANN, None),
    ],
)
def test_whom_a_role_lets_in(principal: Any, caller: str, how: str | None) -> None:
    assert admits(document(trust(principal)), caller) == how


def test_accounts_and_conditions_are_noted() -> None:
    assert "everyone in account" in " ".join(notes(document(CLOSED["the account"]), ACCOUNT))
    foreign = " ".join(notes(document(trust({"AWS": "210987654321"})), ACCOUNT))
    assert "external id" in foreign
    assert not list(notes(document(CLOSED["a user"]), ACCOUNT))
    with_id = trust({"AWS": "210987654321"}, **when("StringEquals", "sts:ExternalId", "4f81c0de"))
    assert not list(notes(document(with_id), ACCOUNT))
