"""Policies in plain words without Claude: the explanation that is there when Bedrock is not."""

from __future__ import annotations

from collections.abc import Sequence

from services.bedrock_advisor.answers import StatementExplanation
from shared.iam.lint.principals import condition_keys
from shared.iam.policy_json import PolicyDocument, statements, texts
from shared.messages import Finding, Risk


def explain_statements(document: PolicyDocument) -> tuple[StatementExplanation, ...]:
    """One sentence per statement."""
    return tuple(
        StatementExplanation(
            sid=item["Sid"] if isinstance(item.get("Sid"), str) else None,
            effect=str(item.get("Effect", "missing")),
            explanation=_sentence(item),
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


def _sentence(item: PolicyDocument) -> str:
    verb = {"Allow": "Allows", "Deny": "Denies"}.get(str(item.get("Effect")), "Neither allows nor denies")
    words = [verb, _things(item, "Action", "action")]
    if "Resource" in item or "NotResource" in item:
        words += ["on", _things(item, "Resource", "resource")]
    if "Principal" in item or "NotPrincipal" in item:
        words += ["to", _principals(item)]
    keys = condition_keys(item)
    if keys:
        words.append(f"where the condition on {_list(sorted(keys))} holds")
    return " ".join(words) + "."


def _things(item: PolicyDocument, name: str, word: str) -> str:
    if f"Not{name}" in item:
        return f"every {word} but {_list(texts(item[f'Not{name}']))}"
    found = texts(item.get(name))
    return f"every {word}" if "*" in found else _list(found)


def _principals(item: PolicyDocument) -> str:
    name = "Principal" if "Principal" in item else "NotPrincipal"
    value = item[name]
    if isinstance(value, dict):
        found = [f"{type_} {one}" for type_, ones in value.items() for one in texts(ones)]
    else:
        found = ["everyone"] if value == "*" else texts(value)
    return ("everyone but " if name == "NotPrincipal" else "") + _list(found)


def _list(found: list[str]) -> str:
    if not found:
        return "nothing"
    rest = f" and {len(found) - 8} more" if len(found) > 8 else ""
    return ", ".join(one[:200] for one in found[:8]) + rest
