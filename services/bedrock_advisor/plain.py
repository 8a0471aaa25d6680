"""Policies in plain words without Claude: the explanation that is there when Bedrock is not."""

from __future__ import annotations

from collections.abc import Sequence

from services.bedrock_advisor.answers import StatementExplanation
from shared.iam.policy_json import PolicyDocument, statements
from shared.iam.words import sentence
from shared.messages import Finding
from shared.plans.plan import Risk
from shared.text.plain import named

# Of each list in a statement, and of each name in it. The policy itself is at hand.
MAX_NAMED = 8
MAX_CHARACTERS = 200


def explain_statements(document: PolicyDocument) -> tuple[StatementExplanation, ...]:
    """One sentence per statement."""
    return tuple(
        StatementExplanation(
            sid=item["Sid"] if isinstance(item.get("Sid"), str) else None,
            effect=str(item.get("Effect", "missing")),
            explanation=sentence(item, short, MAX_NAMED),
        )
        for item in statements(document)
    )


def summarize(document: PolicyDocument, findings: Sequence[Finding]) -> str:
    """The policy in one or two sentences."""
    found = statements(document)
    allows = sum(item.get("Effect") == "Allow" for item in found)
    denies = sum(item.get("Effect") == "Deny" for item in found)
    serious = sum(item.severity == "high" for item in findings)
    checked = f"The automatic checks found {len(findings)} points, {serious} of them serious."
    if not findings:
        checked = "The automatic checks found nothing to complain about."
    return f"The policy has {len(found)} statements: {allows} allow and {denies} deny. {checked}"


def as_risks(findings: Sequence[Finding]) -> tuple[Risk, ...]:
    """The findings that are risks, in the shape of Claude's."""
    return tuple(
        Risk(
            severity="high" if item.severity == "high" else "medium",
            title=item.code.replace("_", " "),
            detail=f"{item.message} ({item.path})" if item.path else item.message,
        )
        for item in findings
        if item.severity in ("high", "medium")
    )


def short(text: str) -> str:
    """Text of a policy or of AWS, safe to show and of bounded length."""
    return named(text[:MAX_CHARACTERS])
