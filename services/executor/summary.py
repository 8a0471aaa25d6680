"""A plan in words: the one page a person reads before deciding."""

from __future__ import annotations

import time

from services.executor.operations import OPERATIONS
from shared.messages import Finding, Plan, Review, Step

_REGION_SOURCES = {
    "argument": "named in the plan",
    "session": "the session's region",
    "default": "a default nobody chose",
}
_REVERSIBLE = {"yes": "can be undone", "partly": "can be undone in part", "no": "CANNOT be undone"}
_PERMISSIONS = {"allowed": "allowed", "denied": "DENIED", "unknown": "not certain"}
_VERDICTS = {"looks_fine": "looks fine", "concerns": "has concerns", "dangerous": "dangerous"}


def summarize(plan: Plan) -> str:
    """The summary of a prepared plan, as plain text."""
    identity = plan.identity
    expires = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(plan.expires_at))
    lines = [
        f"Goal: {plan.goal}",
        f"Account: {identity.account}",
        f"As: {identity.caller_arn}",
        f"Region: {identity.region} ({_REGION_SOURCES[identity.region_source]})",
        f"Approve until: {expires}",
        "",
        "Steps:",
    ]
    for number, step in enumerate(plan.steps, 1):
        lines += _step(number, step)
    lines += ["", f"If a step fails: {_on_failure(plan)}", "", "Findings:"]
    lines += [_finding(finding) for finding in plan.findings] or ["  none"]
    if plan.review:
        lines += ["", *_review(plan.review)]
    # A line break inside a value must not make a line of its own: it could pass for one of ours.
    return "\n".join(" ".join(line.splitlines()) for line in lines)


def _step(number: int, step: Step) -> list[str]:
    after = f" (after {', '.join(step.needs)})" if step.needs else ""
    return [
        f"{number}. {step.title} [{step.id}]{after}",
        f"   {_undoing(step)}; needs {', '.join(step.iam_actions)}: {_PERMISSIONS[step.permission]}",
        *(f"   Note: {note}" for note in step.notes),
    ]


def _undoing(step: Step) -> str:
    undo = OPERATIONS[step.operation].undo
    how = f" with {undo.operation}" if undo else ""
    note = f", {undo.note}" if undo and undo.note else ""
    return f"{_REVERSIBLE[step.reversible]}{how}{note}"


def _on_failure(plan: Plan) -> str:
    if plan.on_failure == "keep":
        return "what was done before it is kept."
    final = [step.id for step in plan.steps if step.reversible == "no"]
    return "what was done before it is undone" + (f", except {', '.join(final)}." if final else ".")


def _finding(finding: Finding) -> str:
    where = f" [{finding.step}]" if finding.step else ""
    return f"  {finding.severity.upper()}: {finding.message}{where}"


def _review(review: Review) -> list[str]:
    if review.status == "not_reviewed":
        return [f"Claude's review: none ({review.reason})"]
    verdict = _VERDICTS[review.verdict] if review.verdict else "no verdict"
    return [
        f"Claude's review (advice): {verdict}. {review.summary or ''}".rstrip(),
        *(f"  {risk.severity.upper()}: {risk.title}: {risk.detail}" for risk in review.risks),
        *(f"  Suggestion: {suggestion}" for suggestion in review.suggestions),
    ]
