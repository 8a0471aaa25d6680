"""The account is read under a policy of what the questions need, and nothing else."""

from __future__ import annotations

import json
from typing import Any

from services.executor.operations.iam.role_state import attached_policies, role_trust
from services.executor.operations.s3.bucket_state import bucket_owner
from services.executor.proposal import account_reads
from services.executor.registry.facts import Unread, fact_actions
from tests.unit.executor.conftest import Executor

ROLE_ARN = "arn:aws:iam::123456789012:role/assistant"
QUESTIONS = [role_trust.about("reader"), attached_policies.about("reader"), role_trust.about("reader")]


def test_a_session_with_a_role_reads_under_a_policy_of_the_actions_asked_for(
    executor: Executor, monkeypatch: Any
) -> None:
    executor.session = executor.session.model_copy(update={"role_arn": ROLE_ARN})
    policies: list[str] = []
    real = account_reads.assume

    def assume(aws: Any, name: str, policy: str, seconds: int) -> Any:
        policies.append(policy)
        return real(aws, name, policy, seconds)

    monkeypatch.setattr(account_reads, "assume", assume)
    answers = account_reads.read(executor.aws(), QUESTIONS, "pln_1", 20)
    [statement] = json.loads(policies[0])["Statement"]
    assert statement["Action"] == ["iam:GetRole", "iam:ListAttachedRolePolicies"]
    assert set(statement["Action"]) <= set(fact_actions())
    assert answers == dict.fromkeys(QUESTIONS)


def test_a_role_that_cannot_be_assumed_leaves_everything_unread(executor: Executor) -> None:
    executor.session = executor.session.model_copy(update={"role_arn": "not-an-arn"})
    answers = account_reads.read(executor.aws(), QUESTIONS, "pln_1", 20)
    assert [type(answer) for answer in answers.values()] == [Unread, Unread]


def test_without_questions_nothing_is_asked(executor: Executor) -> None:
    assert account_reads.read(executor.aws(), [], "pln_1", 20) == {}


def test_a_question_is_told_in_words() -> None:
    assert str(bucket_owner.about("acme")) == "the bucket name acme"
    assert bucket_owner.about("acme") == bucket_owner.about("acme") != bucket_owner.about("other")
