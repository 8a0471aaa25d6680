"""A secret in a proposed change is found where it is, and nothing else is taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.errors import InvalidArguments
from shared.plans.step import ProposedStep
from shared.secrets.in_plans import REMOVED, check_steps, find, is_secret_name, without

KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz9Qe4aTqL"
PASSWORD = "Hunter2-and-more"
SECRETS: list[tuple[dict[str, Any], str]] = [
    ({"tags": {"DB_PASSWORD": PASSWORD}}, "tags.DB_PASSWORD"),
    ({"tags": [{"Key": "db-password", "Value": PASSWORD}]}, "tags.0.Value"),
    ({"tags": [{"key": "owner", "value": KEY}]}, "tags.0.value"),
    ({"tags": {"a": {KEY: "x"}}}, "tags.a"),
    ({"environment": {"Variables": {"API_KEY": PASSWORD}}}, "environment.Variables.API_KEY"),
    ({"environment": {"URL": "postgres://app:Xk29fLq0v@db.internal/main"}}, "environment.URL"),
    ({"description": f"the password is {PASSWORD}"}, "description"),
    ({"description": f"client_secret={PASSWORD}"}, "description"),
    ({"policy_document": json.dumps({"Statement": [{"Sid": KEY}]})}, "policy_document"),
    ({"policy_document": {"Statement": [{"Sid": KEY}]}}, "policy_document.Statement.0.Sid"),
    ({"settings": json.dumps({"password": PASSWORD})}, "settings"),
    ({"name": REMOVED}, "name"),
    ({"token": 123456}, "token"),
]
HARMLESS: list[dict[str, Any]] = [
    {"tags": {"Owner": "team-password-reset", "SecretArn": PASSWORD, "TokenBucket": "10-per-second"}},
    {"tags": {"secret": "true", "password": "/prod/db/password"}},
    {"environment": {"DB_PASSWORD": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"}},
    {"environment": {"DB_PASSWORD": "{{resolve:secretsmanager:db:SecretString:password}}"}},
    {"password": {"$from": "role.arn"}},
    {"description": "Reads the password from Secrets Manager; rotates the API key: monthly"},
    {
        "policy_document": json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.example.com"},
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Condition": {
                            "StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/app:ref:main"},
                            "StringLike": {"aws:PrincipalTag/api-key": "customer-17", "sts:ExternalId": "customer-17"},
                        },
                    }
                ],
            }
        )
    },
]


@pytest.mark.parametrize(("arguments", "path"), SECRETS)
def test_a_secret_is_refused_by_its_place_and_not_repeated(arguments: dict[str, Any], path: str) -> None:
    steps = [ProposedStep(operation="delete_s3_bucket"), ProposedStep(id="b", operation="x", arguments=arguments)]
    with pytest.raises(InvalidArguments) as refused:
        check_steps("A goal", steps)
    assert (refused.value.code, refused.value.status) == ("secret_in_plan", 422)
    assert refused.value.detail.startswith(f"step 2 (b), argument {path}")
    assert KEY not in str(vars(refused.value))
    assert PASSWORD not in str(vars(refused.value))


@pytest.mark.parametrize(("arguments", "path"), SECRETS)
def test_what_is_taken_out_leaves_a_proposal_that_is_refused(arguments: dict[str, Any], path: str) -> None:
    left = without(arguments)
    assert KEY not in json.dumps(left)
    assert PASSWORD not in json.dumps(left)
    assert find(left) is not None
    assert without(left) == left


@pytest.mark.parametrize("arguments", HARMLESS)
def test_references_names_and_conditions_are_no_secrets(arguments: dict[str, Any]) -> None:
    assert find(arguments) is None
    assert without(arguments) == arguments


@pytest.mark.parametrize(
    "step",
    [
        ProposedStep(operation=f"secret {KEY}"),
        ProposedStep(operation="x", needs=(f"secret {KEY}",)),
    ],
)
def test_nothing_of_a_step_holds_one(step: ProposedStep) -> None:
    with pytest.raises(InvalidArguments, match="step 1"):
        check_steps("A goal", [step])
    with pytest.raises(InvalidArguments, match="goal"):
        check_steps(f"use secret {KEY}", [])


def test_a_name_tells_by_its_end() -> None:
    assert all(map(is_secret_name, ("password", "DbPassword", "MASTER_PASSWORD", "client_secret", "GITHUB_TOKEN")))
    assert not any(map(is_secret_name, ("PasswordPolicy", "secret_arn", "TokenCount", "key", "KeyName", "sort-key")))
