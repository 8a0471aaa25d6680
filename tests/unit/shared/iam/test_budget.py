"""Policies that are written to be slow to evaluate cost a bounded time, and are then not trusted."""

from __future__ import annotations

import time
from typing import Any

import pytest

from shared.errors import Forbidden
from shared.iam import breadth
from shared.iam.breadth import administrator
from shared.iam.budget import Budget
from shared.iam.documents import CallerPolicies, NamedPolicy
from shared.iam.evaluate import Evaluator, request_of

USER = "arn:aws:iam::123456789012:user/dev"


def caller(*statements: dict[str, Any], arn: str = USER) -> CallerPolicies:
    return CallerPolicies((NamedPolicy("p", "", {"Version": "2012-10-17", "Statement": list(statements)}),), None, arn)


def allow(action: str, resources: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resources}


def seconds_of(policies: CallerPolicies) -> float:
    """Processor seconds, which a busy machine does not change."""
    before = time.thread_time()
    administrator(policies)
    return time.thread_time() - before


def test_variables_that_never_end_are_read_once() -> None:
    # 18 s before, for one policy of the size AWS takes.
    assert seconds_of(caller(allow("*", "arn:aws:s3:::" + "${" * 5000))) < 2


def test_accounts_that_a_policy_names_by_the_hundred_are_not_all_tried() -> None:
    # 70 s before.
    assert seconds_of(caller(allow("*", [f"arn:aws:iam::{10**11 + number}:user/x" for number in range(300)]))) < 4


def test_the_callers_own_account_is_always_tried() -> None:
    others = [f"arn:aws:iam::{10**11 + number}:user/x" for number in range(100)]
    found = administrator(caller(allow("iam:PutUserPolicy", [*others, "arn:aws:iam::123456789012:user/*"])))

    assert found is not None
    assert "iam:PutUserPolicy" in found.message


def test_policies_that_take_longer_are_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breadth, "SECONDS", 0.05)
    statements = [allow("*", [f"arn:aws:s3:::b{number}{other}" for other in range(20)]) for number in range(200)]

    with pytest.raises(Forbidden) as raised:
        administrator(caller(*statements))

    assert raised.value.code == "credentials_unverifiable"


def test_a_budget_begins_with_the_first_decision() -> None:
    evaluator = Evaluator(caller(allow("s3:*", "*")).policies, budget=Budget(0.0))

    assert evaluator.decide(request_of("s3:GetObject", "arn:aws:s3:::b/k", {})).allowed
    with pytest.raises(Forbidden, match="0 s of processor time"):
        evaluator.decide(request_of("s3:GetObject", "arn:aws:s3:::b/k", {}))
