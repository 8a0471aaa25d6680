"""A suggestion may only narrow: containment by wildcards, and no when in doubt."""

from __future__ import annotations

from typing import Any

import pytest

from services.bedrock_advisor.grants import what_it_adds

BASE = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::photos*"}
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize(
    "suggested",
    [
        BASE,
        {**BASE, "Sid": "Renamed"},
        {**BASE, "Action": ["s3:GetObject", "S3:List*"]},
        {**BASE, "Resource": ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"]},
        {**BASE, "Condition": MFA},
    ],
)
def test_a_narrower_policy_adds_nothing(suggested: dict[str, Any]) -> None:
    assert what_it_adds(policy(BASE), policy(suggested)) is None


@pytest.mark.parametrize(
    "suggested",
    [
        {**BASE, "Action": ["s3:GetObject", "iam:PassRole"]},
        {**BASE, "Action": "*"},
        {**BASE, "Resource": "*"},
        {**BASE, "Resource": "arn:aws:s3:::other"},
        {"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": "arn:aws:s3:::photos"},
        {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secret"},
    ],
)
def test_a_wider_policy_is_caught(suggested: dict[str, Any]) -> None:
    assert what_it_adds(policy(BASE), policy(suggested))


def test_actions_and_resources_must_lie_in_the_same_statement() -> None:
    original = policy(
        {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:Put*", "Resource": "arn:aws:s3:::inbox/*"},
    )
    mixed = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::photos/*"}
    assert what_it_adds(original, policy(mixed))


def test_conditions_and_denies_must_stay() -> None:
    conditioned = {**BASE, "Condition": MFA}
    deny = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    assert what_it_adds(policy(conditioned), policy(BASE))
    assert what_it_adds(policy(BASE, deny), policy(BASE))
    assert what_it_adds(policy(BASE, deny), policy(deny, BASE)) is None


def test_an_exception_list_may_become_plain_actions_outside_it() -> None:
    original = policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    assert what_it_adds(original, policy({**BASE, "Action": "s3:GetObject"})) is None
    assert what_it_adds(original, policy({**BASE, "Action": "iam:PassRole"}))
    assert what_it_adds(original, policy({**BASE, "Action": "i*:PassRole"}))


def test_principals_may_only_become_fewer() -> None:
    both = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ["111111111111", "222222222222"]}}
    one = {**both, "Principal": {"AWS": "111111111111"}}
    assert what_it_adds(policy(both), policy(one)) is None
    assert what_it_adds(policy(one), policy(both))
    assert what_it_adds(policy(one), policy({**one, "Principal": "*"}))


def test_a_new_version_may_not_wake_sleeping_variables() -> None:
    old = {**policy({**BASE, "Resource": "arn:aws:s3:::${aws:username}"}), "Version": "2008-10-17"}
    assert what_it_adds(old, {**old, "Version": "2012-10-17"})
