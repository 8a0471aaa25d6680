"""Findings, risks and suggestions about policies in words, for the advisor's answers and plans."""

from typing import Any

from sandbox.model.phrasing import document, paragraphs
from sandbox.model.types import JsonObject


def review_lines(review: JsonObject) -> str:
    """A plan's review: its summary, risks, suggestions and the narrower policy it suggests."""
    verdict = f" (verdict: {review['verdict']})" if review.get("verdict") else ""
    suggested = review.get("suggested_policy") or review.get("suggestion")
    return paragraphs(
        f"Claude's review{verdict}: {review['summary']}" if review.get("summary") else "",
        risks(review),
        bullets("Suggestions", review.get("suggestions") or review.get("recommendations")),
        "A narrower policy that the review suggests:\n" + document(suggested) if suggested else "",
        reviewed(review),
    )


def risks(result: JsonObject) -> str:
    """Risks that Claude sees, one per line."""
    found = [risk for risk in result.get("risks") or [] if isinstance(risk, dict)]
    lines = [
        f"{risk.get('severity', 'risk')}: {risk.get('title', '')}. {risk.get('detail', '')}".rstrip() for risk in found
    ]
    return bullets("Risks", lines)


def findings(result: JsonObject) -> str:
    """Deterministic findings, one per line."""
    found = [each for each in result.get("findings") or [] if isinstance(each, dict)]
    lines = [f"{each.get('severity', 'note')}: {each.get('message', '')} ({each.get('code', '')})" for each in found]
    return bullets("Findings of the deterministic check", lines)


def unwrapped(result: JsonObject) -> str:
    """What was taken away or replaced to read a policy that was pasted; empty where it stood there plainly."""
    return "\n".join(str(note) for note in result.get("unwrapped") or [])


def bullets(title: str, entries: Any) -> str:
    """A list under its title; empty when there is nothing in it."""
    lines = [f"- {entry}" for entry in entries or []]
    return f"{title}:\n" + "\n".join(lines) if lines else ""


def reviewed(result: JsonObject) -> str:
    """Why Claude did not review this; empty when it did."""
    if result.get("reviewed") is False or result.get("status") == "not_reviewed":
        reason = result.get("reason_not_reviewed") or result.get("reason") or "no reason was given"
        return f"Claude did not review this: {reason}."
    return ""
