"""Whom an identity provider's conditions let in: their values are judged, not that there is one."""

from __future__ import annotations

from typing import Any

import pytest

from shared.iam.lint.linter import lint, refused
from shared.iam.trust import anyone

ACCOUNT = "111122223333"
GITHUB = "token.actions.githubusercontent.com"
GITLAB, TERRAFORM, CIRCLE = "gitlab.com", "app.terraform.io", "oidc.circleci.com"
EKS = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
BITBUCKET = "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc"
COGNITO = "cognito-identity.amazonaws.com"
POOL = "eu-west-1:12345678-90ab-cdef-1234-567890abcdef"


def trust(host: str, *conditions: tuple[str, str, Any]) -> dict[str, Any]:
    named = host if host in (COGNITO, "accounts.google.com") else f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": named},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    for operator, claim, value in conditions:
        key = claim if ":" in claim else f"{host}:{claim}"
        statement.setdefault("Condition", {}).setdefault(operator, {})[key] = value
    return {"Version": "2012-10-17", "Statement": [statement]}


def codes(document: dict[str, Any]) -> dict[str, str]:
    return {one.code: one.severity for one in lint(document, "trust", ACCOUNT)}


AUD = ("StringEquals", "aud", "sts.amazonaws.com")
OPEN: dict[str, tuple[str, list[tuple[str, str, Any]]]] = {
    "GitHub, any subject": (GITHUB, [AUD, ("StringLike", "sub", "*")]),
    "GitHub, any repository": (GITHUB, [AUD, ("StringLike", "sub", "repo:*")]),
    "GitHub, any organisation": (GITHUB, [AUD, ("StringLike", "sub", "repo:*/site:ref:refs/heads/main")]),
    "GitHub, an organisation that begins so": (GITHUB, [AUD, ("StringLike", "sub", "repo:acme*/site:*")]),
    "GitHub, an organisation with a ?": (GITHUB, [AUD, ("StringLike", "sub", "repo:acm?/site:*")]),
    "GitHub, any branch called main": (GITHUB, [AUD, ("StringLike", "sub", "*:ref:refs/heads/main")]),
    "GitHub, an environment": (GITHUB, [AUD, ("StringEquals", "sub", "environment:production")]),
    "GitHub, one good value and one open one": (GITHUB, [AUD, ("StringLike", "sub", ["repo:acme/site:*", "repo:*"])]),
    "GitHub, no value": (GITHUB, [AUD, ("StringLike", "sub", [])]),
    "GitLab, any group": (GITLAB, [("StringLike", "sub", "project_path:*:ref_type:branch:ref:main")]),
    "GitLab, the audience only": (GITLAB, [("StringEquals", "aud", "https://gitlab.com")]),
    "Terraform, any organisation": (TERRAFORM, [("StringLike", "sub", "organization:*:workspace:prod:*")]),
    "Terraform, the audience only": (TERRAFORM, [("StringEquals", "aud", "aws.workload.identity")]),
    "CircleCI, any organisation": (CIRCLE, [("StringLike", "sub", "org/*/project/*")]),
    "Cognito, any pool": (COGNITO, [("StringLike", "aud", "*"), ("ForAnyValue:StringLike", "amr", "authenticated")]),
    "Cognito, no pool": (COGNITO, [("ForAnyValue:StringLike", "amr", "authenticated")]),
    "Azure DevOps, any project": ("vstoken.dev.azure.com", [("StringLike", "sub", "sc://*")]),
    "Google, any mail address": ("accounts.google.com", [("StringLike", "email", "*")]),
    "Bitbucket, all of it": ("api.bitbucket.org", [("StringLike", "sub", "*:production")]),
    "Vercel, any team": ("oidc.vercel.com", [("StringLike", "sub", "owner:*:project:site:*")]),
}
CLOSED: dict[str, tuple[str, list[tuple[str, str, Any]]]] = {
    "GitHub, a repository": (GITHUB, [AUD, ("StringLike", "sub", "repo:acme/site:*")]),
    "GitHub, a branch": (GITHUB, [AUD, ("StringEquals", "sub", "repo:acme/site:ref:refs/heads/main")]),
    "GitHub, several repositories": (GITHUB, [AUD, ("StringLike", "sub", ["repo:acme/a:*", "repo:acme/b:*"])]),
    "GitHub, the repository's own claim": (GITHUB, [AUD, ("StringEquals", "repository_id", "74")]),
    "GitHub, an open subject beside a closed claim": (
        GITHUB,
        [("StringLike", "sub", "repo:*"), ("StringEquals", "repository", "acme/site")],
    ),
    "GitLab, a project": (GITLAB, [("StringEquals", "sub", "project_path:acme/site:ref_type:branch:ref:main")]),
    "Terraform, a workspace": (
        TERRAFORM,
        [("StringLike", "sub", "organization:acme:project:p:workspace:prod:run_phase:*")],
    ),
    "CircleCI, a project": (CIRCLE, [("StringLike", "sub", "org/8f1/project/77a/*")]),
    "CircleCI, an organisation's own": (f"{CIRCLE}/org/8f1", [("StringLike", "sub", "org/8f1/project/77a/*")]),
    "Bitbucket, a workspace's own": (BITBUCKET, [("StringLike", "sub", "{0b5a}:*")]),
    "Cognito, a pool": (COGNITO, [("StringEquals", "aud", POOL), ("ForAnyValue:StringLike", "amr", "authenticated")]),
    "EKS": (EKS, [("StringEquals", "sub", "system:serviceaccount:shop:web")]),
    "Google": ("accounts.google.com", [("StringEquals", "sub", "108392")]),
}


@pytest.mark.parametrize("case", OPEN)
def test_a_value_that_everyone_has_is_found_at_a_shared_provider(case: str) -> None:
    host, conditions = OPEN[case]
    document = trust(host, *conditions)
    assert codes(document)["federation_subject_open"] == "high"
    assert refused(document, "trust") == ()
    assert anyone(document)


@pytest.mark.parametrize("case", CLOSED)
def test_a_value_that_names_a_party_is_not_complained_of(case: str) -> None:
    host, conditions = CLOSED[case]
    document = trust(host, *conditions)
    assert codes(document) == {}
    assert anyone(document) is None


def test_a_provider_without_any_condition_or_without_a_subject_is_found() -> None:
    assert codes(trust(GITHUB)) == {"federation_unconditioned": "high"}
    assert codes(trust(GITHUB, AUD)) == {"github_subject_missing": "high"}
    assert codes(trust(GITHUB, ("StringNotLike", "sub", "repo:evil/*"))) == {"github_subject_missing": "high"}
    assert codes(trust(BITBUCKET, ("StringEquals", "aud", "ari:cloud:bitbucket::workspace/1"))) == {
        "federation_condition_missing": "medium"
    }
    assert codes(trust("accounts.google.com", ("StringEquals", "aud", "12.apps.googleusercontent.com"))) == {
        "federation_condition_missing": "medium"
    }


@pytest.mark.parametrize("operator", ["ForAllValues:StringLike", "StringLikeIfExists", "ForAllValues:StringEquals"])
def test_a_condition_that_holds_without_the_claim_is_weak(operator: str) -> None:
    document = trust(GITHUB, AUD, (operator, "sub", "repo:acme/site:ref:refs/heads/main"))
    assert ("weak_condition", "medium") in {(one.code, one.severity) for one in lint(document, "trust")}
    assert anyone(document)


@pytest.mark.parametrize(
    ("host", "value"),
    [
        (GITHUB, "repo:acme/*"),
        (GITHUB, "repository_owner:acme"),
        (GITLAB, "project_path:acme/*"),
        (TERRAFORM, "organization:acme:*"),
        (TERRAFORM, "organization:acme:project:*:workspace:*:run_phase:*"),
    ],
)
def test_all_of_one_party_is_said(host: str, value: str) -> None:
    document = trust(host, ("StringLike", "sub", value))
    assert codes(document) == {"federation_subject_broad": "low"}
    assert anyone(document) is None


@pytest.mark.parametrize("value", ["*", "system:serviceaccount:*", "system:serviceaccount:*:web"])
def test_a_provider_of_ones_own_that_asks_for_nothing_is_found_too(value: str) -> None:
    document = trust(EKS, ("StringLike", "sub", value))
    assert codes(document) == {"federation_subject_open": "medium"}
    assert anyone(document) is None


def test_a_wildcard_that_is_compared_letter_by_letter_is_said() -> None:
    document = trust(GITHUB, AUD, ("StringEquals", "sub", "repo:acme/site:*"))
    assert codes(document) == {"bad_condition_value": "medium"}
    assert anyone(document) is None


def test_guests_of_an_identity_pool_are_said() -> None:
    pool = ("StringEquals", "aud", POOL)
    assert codes(trust(COGNITO, pool))["federation_guests"] == "medium"
    assert "federation_guests" in codes(trust(COGNITO, pool, ("ForAnyValue:StringLike", "amr", "unauthenticated")))


def test_the_claim_of_another_provider_protects_nothing() -> None:
    document = trust(GITHUB, ("StringLike", f"{GITLAB}:sub", "project_path:acme/site:*"))
    assert codes(document)["github_subject_missing"] == "high"
    assert anyone(document)


def test_saml_is_judged_by_its_audience() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    }
    any_audience = {**statement, "Condition": {"StringLike": {"SAML:aud": "*"}}}
    assert codes({"Version": "2012-10-17", "Statement": [statement]}) == {}
    assert codes({"Version": "2012-10-17", "Statement": [any_audience]}) == {"federation_subject_open": "medium"}
