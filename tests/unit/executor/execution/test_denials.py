"""What a person should ask for where AWS denied a step."""

from __future__ import annotations

import pytest

from services.executor.execution.denials import explain_denial
from shared.errors import AwsError, Forbidden


@pytest.mark.parametrize(
    ("message", "ask"),
    [
        (
            "User: u is not authorized to perform: s3:CreateBucket on resource: "
            '"arn:aws:s3:::acme" because no identity-based policy allows the s3:CreateBucket action',
            "Ask the account's administrator to allow s3:CreateBucket on arn:aws:s3:::acme.",
        ),
        (
            "User: u is not authorized to perform: iam:CreateRole on resource: x with an explicit deny",
            "A policy denies iam:CreateRole on x explicitly",
        ),
        ("Access Denied", "Ask the account's administrator to allow what the step needs (s3:CreateBucket)."),
    ],
)
def test_awss_denial_at_run_time_says_what_to_ask_for(message: str, ask: str) -> None:
    explained = explain_denial(Forbidden(message, code="aws_access_denied"), ["s3:CreateBucket"])

    assert explained.code == "aws_access_denied"
    assert explained.detail.startswith(message)
    assert ask in explained.detail


def test_other_errors_are_left_as_they_are() -> None:
    error = AwsError("slow down", code="aws_throttled")

    assert explain_denial(error, []) is error
