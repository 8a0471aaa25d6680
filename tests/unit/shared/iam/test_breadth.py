"""An administrator is one by whatever route, and nobody else is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from sandbox.aws.account.contents import ASSISTANT_PERMISSIONS, ASSUME_ASSISTANT_ROLE
from shared.iam.breadth import administrator
from shared.iam.documents import CallerPolicies, NamedPolicy, parse

MANAGED: dict[str, Any] = json.loads(aws_managed_policies_data)
ANN = "arn:aws:iam::111122223333:user/ann"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def caller(*documents: Any, boundary: Any = None, arn: str = ANN) -> CallerPolicies:
    named = [NamedPolicy(f"p{number}", "attached to group ops", one) for number, one in enumerate(documents)]
    return CallerPolicies(tuple(named), NamedPolicy("limit", "boundary", boundary) if boundary else None, arn)


SELF = "arn:aws:iam::111122223333:user/${aws:username}"
ADMINISTRATORS = {
    "AdministratorAccess": document(allow("*")),
    "every service": document(allow("*:*")),
    "question marks": document(allow("?*:*")),
    "wide ARNs": document(allow("*", "arn:aws:*")),
    "NotAction": document({"Effect": "Allow", "NotAction": "support:*", "Resource": "*"}),
    "NotAction without IAM": document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
    "NotResource": document({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::secret"}),
    "IAM": document(allow("iam:*")),
    "IAM by wildcard": document(allow("i*:*")),
    "IAM but one": document(allow("iam:*"), {"Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": "*"}),
    "adds up": document(*(allow(f"{letter}*:*") for letter in "abcdefghijklmnopqrstuvwxyz")),
    "with MFA": document(allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    "denied without MFA": document(
        allow("*"),
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
        },
    ),
    "gives itself": document(allow("iam:PutUserPolicy", SELF)),
    "gives itself by name": document(allow("iam:AttachUserPolicy", ANN)),
    "rewrites policies": document(allow("iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/*")),
    "denied all but a variable without a value": document(
        allow("*"), {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::${aws:PrincipalTag/nobody}"}
    ),
    "denied by what is no ARN": document(allow("*"), {"Effect": "Deny", "Action": "*", "Resource": "arn:*"}),
    "not understood": document({**allow("s3:*"), "Surprise": 1}),
}
OTHERS = {
    "nothing": document(),
    "one service": document(allow("s3:*")),
    "some services": document(*(allow(f"{service}:*") for service in ("s3", "ec2", "lambda", "dynamodb", "logs"))),
    "reads": document(allow(["*:Get*", "*:List*", "*:Describe*"])),
    "roles": document(allow(["iam:*Role", "iam:*RolePolicy", "iam:PassRole"])),
    "own keys": document(allow(["iam:*AccessKey*", "iam:*LoginProfile"], SELF)),
    "listed policies only": document(
        allow(
            "iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}
        )
    ),
    "with a boundary only": document(
        allow("iam:PutUserPolicy", Condition={"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::1:policy/b"}})
    ),
    "denied": document(allow("*"), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}),
    "one bucket": document(allow("*", ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"])),
}


@pytest.mark.parametrize("route", ADMINISTRATORS)
def test_an_administrator_is_found_by_every_route(route: str) -> None:
    found = administrator(caller(ADMINISTRATORS[route]))

    assert found is not None
    assert found.code == "administrator"
    assert "policy p0 (attached to group ops)" in found.message


@pytest.mark.parametrize("actor", OTHERS)
def test_who_is_none_is_not_taken_for_one(actor: str) -> None:
    assert administrator(caller(OTHERS[actor])) is None


def test_several_policies_add_up_and_the_statements_are_named() -> None:
    letters = [allow(f"{letter}*:*", Sid=f"All{letter}") for letter in "abcdefghijklmnopqrstuvwxyz"]
    found = administrator(caller(document(*letters[:13]), document(*letters[13:])))

    assert found is not None
    assert "'Alls' of policy p1" in found.message
    assert found.path == "Statement[5] 'Alls' of policy p1 (attached to group ops)"


def test_a_boundary_narrows_an_administrator() -> None:
    everything = document(allow("*"))

    assert administrator(caller(everything, boundary=document(allow(["s3:*", "lambda:*"])))) is None
    assert administrator(caller(everything, boundary=everything)) is not None
    assert administrator(caller(everything, boundary=document(allow(["s3:*", "iam:*"])))) is not None


def test_the_assistants_own_user_and_role_are_none() -> None:
    assert administrator(caller(ASSISTANT_PERMISSIONS, ASSUME_ASSISTANT_ROLE)) is None
    assert administrator(caller(ASSISTANT_PERMISSIONS, arn="arn:aws:iam::111122223333:role/AssistantRole")) is None


def test_of_awss_own_policies_only_the_widest_are_administrators() -> None:
    widest = ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"]
    harmless = ["ReadOnlyAccess", "SecurityAudit", "ViewOnlyAccess", "AmazonS3FullAccess", "AmazonEC2FullAccess"]

    assert all(administrator(caller(MANAGED[name]["Document"])) for name in widest)
    assert not any(administrator(caller(MANAGED[name]["Document"])) for name in harmless)


def test_every_policy_of_awss_own_is_understood() -> None:
    assert all(parse(policy["Document"]) for policy in MANAGED.values())
