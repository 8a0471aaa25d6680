"""A plan that could not succeed is refused when it is proposed, by what the account has already."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

import pytest

from tests.e2e.client import User

READ_S3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }
)
ELSEWHERE = {"bucket_name": "acme-staging-empty", "region": "eu-west-1"}


def propose(user: User, operation: str, **arguments: str) -> Any:
    steps = [{"id": "one", "operation": operation, "arguments": arguments}]
    return user.http.post("/v1/plans", json={"goal": "A test", "steps": steps})


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("create_s3_bucket", ELSEWHERE, "name_taken"),
        ("delete_s3_bucket", {"bucket_name": "acme-backups"}, "bucket_not_empty"),
        ("delete_s3_bucket", {"bucket_name": "acme-never-was"}, "missing_resource"),
        ("create_iam_role", {"name": "data-pipeline-role", "policy_document": TRUST}, "name_taken"),
        ("delete_iam_role", {"name": "never-was"}, "missing_resource"),
        ("delete_iam_role", {"name": "lambda-basic-execution"}, "role_has_attached_policies"),
        ("detach_policy_from_role", {"role_name": "data-pipeline-role", "policy_arn": READ_S3}, "not_attached"),
        ("assign_policy_to_role", {"role_name": "web-server-role", "policy_arn": READ_S3}, "already_attached"),
        ("assign_policy_to_role", {"role_name": "never-was", "policy_arn": READ_S3}, "missing_resource"),
        ("delete_lambda_function", {"function_name": "never-was"}, "missing_resource"),
    ],
)
def test_a_step_that_cannot_succeed_is_refused_by_name(
    user: User, operation: str, arguments: dict[str, str], code: str
) -> None:
    answer = propose(user, operation, **arguments)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, code), body
    assert f"step 'one' ({operation})" in body["detail"]


def test_nothing_is_left_unchecked_for_a_role_that_may_look(user: User) -> None:
    began = time.monotonic()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def main(event, context): ...")
    file = user.ok(user.http.post("/v1/files", files={"file": ("app.zip", packed.getvalue(), "application/zip")}))
    steps = [
        {"id": "bucket", "operation": "create_s3_bucket", "arguments": {**ELSEWHERE, "bucket_name": "acme-free-name"}},
        {
            "id": "role",
            "operation": "create_iam_role",
            "arguments": {"name": "free", "policy_document": TRUST},
        },
        {
            "id": "attach",
            "operation": "assign_policy_to_role",
            "arguments": {"role_name": "free", "policy_arn": READ_S3},
        },
        {
            "id": "function",
            "operation": "create_lambda_function",
            "arguments": {
                "function_name": "free",
                "runtime": "python3.13",
                "handler": "app.main",
                "role_arn": {"$from": "role.arn"},
                "zip_file_path": file["file_id"],
            },
        },
    ]
    plan = user.ok(user.http.post("/v1/plans", json={"goal": "A test", "steps": steps}))
    assert "conflicts_unchecked" not in [finding["code"] for finding in plan["findings"]], plan["findings"]
    assert {step["id"]: step["needs"] for step in plan["steps"]} == {
        "bucket": [],
        "role": [],
        "attach": ["role"],
        "function": ["role"],
    }
    assert "Order: 1 and 2 at the same time; 3 and 4 after 2 at the same time" in plan["summary"]
    assert time.monotonic() - began < 40
