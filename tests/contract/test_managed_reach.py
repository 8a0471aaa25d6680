"""What the executor knows of AWS's common managed policies is what their documents allow."""

from __future__ import annotations

from scripts.managed_reach import text
from services.executor.proposal.reach import MANAGED_REACH_FILE, known_reach


def test_the_common_policies_are_fresh() -> None:
    message = "run `make aws-tables`"
    assert MANAGED_REACH_FILE.read_text(encoding="utf-8") == text(), message


def test_a_policy_of_the_same_name_in_an_account_is_not_known() -> None:
    assert known_reach("arn:aws:iam::aws:policy/AmazonS3FullAccess") == (
        "every action of s3, s3-object-lambda; on every resource"
    )
    assert known_reach("arn:aws:iam::123456789012:policy/AmazonS3FullAccess") == ""
