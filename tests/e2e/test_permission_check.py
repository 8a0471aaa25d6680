"""A plan says before it is approved what its caller may do, and is not made where a step is denied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.client import User

ROLE = "AssistantRole"
SID = "NoSecretBuckets"
DENY = {"Sid": SID, "Effect": "Deny", "Action": "s3:CreateBucket", "Resource": "arn:aws:s3:::secret-*"}


def proposal(operation: str, **arguments: str) -> dict[str, Any]:
    return {"goal": "A test", "steps": [{"id": "one", "operation": operation, "arguments": arguments}]}


@pytest.fixture
def denied(user: User) -> Iterator[None]:
    """The session's role may make no bucket called secret-…."""
    iam = user.aws("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [DENY]})
    iam.put_role_policy(RoleName=ROLE, PolicyName="Limits", PolicyDocument=document)
    yield
    iam.delete_role_policy(RoleName=ROLE, PolicyName="Limits")


@pytest.mark.usefixtures("denied")
def test_an_explicit_deny_refuses_the_plan_and_names_the_statement(user: User) -> None:
    answer = user.http.post("/v1/plans", json=proposal("create_s3_bucket", bucket_name="secret-1", region="eu-west-1"))
    body = answer.json()

    assert (answer.status_code, body["code"]) == (403, "permission_denied")
    for part in ("'one'", "s3:CreateBucket on arn:aws:s3:::secret-1", f"'{SID}' of policy Limits", "Ask the account's"):
        assert part in body["detail"]


@pytest.mark.usefixtures("denied")
def test_what_is_allowed_says_so_on_the_plan(user: User) -> None:
    proposed = proposal("create_s3_bucket", bucket_name="acme-fine", region="eu-west-1")
    plan = user.ok(user.http.post("/v1/plans", json=proposed))

    assert [step["permission"] for step in plan["steps"]] == ["allowed"]
    assert "permissions_unchecked" not in [finding["code"] for finding in plan["findings"]]


def test_without_a_role_what_iam_does_not_show_is_unknown_and_said(user: User) -> None:
    # IAM takes no temporary credentials made without MFA, which is all that the executor has here.
    alone = User(user.facts, role_arn=None)
    proposed = proposal("create_s3_bucket", bucket_name="acme-fine", region="eu-west-1")
    plan = alone.ok(alone.http.post("/v1/plans", json=proposed))

    assert [step["permission"] for step in plan["steps"]] == ["unknown"]
    assert "permissions_unchecked" in [finding["code"] for finding in plan["findings"]]
