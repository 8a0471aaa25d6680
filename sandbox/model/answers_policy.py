"""Answers about policies: what one means, whether it is valid, and a narrower one."""

from __future__ import annotations

from typing import Any

from sandbox.model.focus import Focus
from sandbox.model.generic import describe_value, document
from sandbox.model.types import JsonObject


def explanation(result: JsonObject, _focus: Focus) -> str:
    """Claude's explanation next to the deterministic findings."""
    parts = [str(result.get("summary") or "")]
    statements = result.get("statements") or []
    if statements:
        parts.append(
            "Statement by statement:\n" + "\n".join(_statement(n, each) for n, each in enumerate(statements, 1))
        )
    parts += [_risks(result), _findings(result), _bullets("Recommendations", result.get("recommendations"))]
    if result.get("suggested_policy"):
        parts.append("A narrower policy that was suggested:\n" + document(result["suggested_policy"]))
    parts.append(_reviewed(result))
    return _joined(parts) or describe_value("explain_policy_with_claude", result)


def validation(result: JsonObject, _focus: Focus) -> str:
    """Whether a policy is valid, with what was found."""
    parts = []
    if "valid" in result:
        parts.append("The policy is valid." if result["valid"] else "The policy is not valid.")
    parts += [str(result.get("summary") or ""), _findings(result), _risks(result), _reviewed(result)]
    return _joined(parts) or describe_value("validate_policy", result)


def optimization(result: JsonObject, _focus: Focus) -> str:
    """A narrower policy and what changed."""
    parts = [str(result.get("summary") or "")]
    suggested = result.get("suggested_policy") or result.get("policy") or result.get("optimized_policy")
    parts.append("Suggested policy:\n" + document(suggested) if suggested else "No narrower policy was suggested.")
    parts += [_bullets("Changes", result.get("changes") or result.get("recommendations")), _findings(result)]
    parts.append(_reviewed(result))
    return _joined(parts)


def review_lines(review: JsonObject) -> str:
    """A plan's review: its summary, risks, suggestions and the narrower policy it suggests."""
    verdict = f" (verdict: {review['verdict']})" if review.get("verdict") else ""
    summary = review.get("summary")
    parts = [f"Claude's review{verdict}: {summary}" if summary else "", _risks(review)]
    parts.append(_bullets("Suggestions", review.get("suggestions") or review.get("recommendations")))
    suggested = review.get("suggested_policy") or review.get("suggestion")
    if suggested:
        parts.append("A narrower policy that the review suggests:\n" + document(suggested))
    parts.append(_reviewed(review))
    return _joined(parts)


def finding_lines(findings: Any) -> str:
    """Deterministic findings, one per line."""
    return _findings({"findings": findings})


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _statement(number: int, statement: Any) -> str:
    if not isinstance(statement, dict):
        return f"{number}. {statement}"
    label = " ".join(str(part) for part in (statement.get("effect"), statement.get("sid")) if part)
    return f"{number}. {label + ': ' if label else ''}{statement.get('explanation', '')}"


def _risks(result: JsonObject) -> str:
    risks = [risk for risk in result.get("risks") or [] if isinstance(risk, dict)]
    lines = [
        f"- {risk.get('severity', 'risk')}: {risk.get('title', '')}. {risk.get('detail', '')}".rstrip()
        for risk in risks
    ]
    return "Risks:\n" + "\n".join(lines) if lines else ""


def _findings(result: JsonObject) -> str:
    found = [each for each in result.get("findings") or [] if isinstance(each, dict)]
    lines = [f"- {each.get('severity', 'note')}: {each.get('message', '')} ({each.get('code', '')})" for each in found]
    return "Findings of the deterministic check:\n" + "\n".join(lines) if lines else ""


def _bullets(title: str, entries: Any) -> str:
    lines = [f"- {entry}" for entry in entries or []]
    return f"{title}:\n" + "\n".join(lines) if lines else ""


def _reviewed(result: JsonObject) -> str:
    if result.get("reviewed") is False or result.get("status") == "not_reviewed":
        reason = result.get("reason_not_reviewed") or result.get("reason") or "no reason was given"
        return f"Claude did not review this: {reason}."
    return ""
