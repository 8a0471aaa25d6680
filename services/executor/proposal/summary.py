"""A plan in words: the one page a person reads before deciding."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Sequence

from services.executor.operations import OPERATIONS
from services.executor.proposal import cost
from services.executor.scope import limits
from services.executor.settings import ExecutorSettings
from shared.messages import Finding, Plan, Review, Step

_REGION_SOURCES = {
    "argument": "named in the plan",
    "session": "the session's region",
    "default": "a default nobody chose",
}
_REVERSIBLE = {"yes": "yes", "partly": "in part", "no": "IMPOSSIBLE"}
_PERMISSIONS = {"allowed": "allowed", "denied": "DENIED", "unknown": "not certain"}
_VERDICTS = {"looks_fine": "looks fine", "concerns": "has concerns", "dangerous": "dangerous"}
# Line breaks and spaces of all kinds become a space; what is not seen, or turns text around, becomes its code.
_SPACES = {"Zl", "Zp", "Zs"}
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
# Claude's words are advice and may be long: the page keeps room for what is certain. The plan's JSON has all.
MAX_ADVICE_LINES = 5
MAX_ADVICE_CHARACTERS = 300


def summarize(plan: Plan, settings: ExecutorSettings) -> str:
    """The summary of a prepared plan, as plain text."""
    identity = plan.identity
    expires = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(plan.expires_at))
    lines = [
        f"Goal: {plan.goal}",
        *([f"Takes back: the plan {plan.undoes}"] if plan.undoes else []),
        f"Account: {identity.account}",
        f"As: {identity.caller_arn}",
        f"Region: {identity.region} ({_REGION_SOURCES[identity.region_source]})",
        f"Approve until: {expires}",
        "",
        "Steps:",
    ]
    for number, step in enumerate(plan.steps, 1):
        lines += _step(number, step)
    lines += [
        "",
        *([f"Order: {in_order(plan.steps)}"] if len(plan.steps) > 1 else []),
        f"If a step fails: {_on_failure(plan)}",
        f"Starts to cost: {cost.total(step.cost for step in plan.steps)}",
        f"Limits: {limits.in_words(plan, settings)}",
        "",
        "Findings:",
    ]
    lines += [_finding(finding) for finding in plan.findings] or ["  none"]
    if plan.review:
        lines += ["", *_review(plan.review)]
    # A line break inside a value must not make a line of its own: it could pass for one of ours.
    return "\n".join(plain(line) for line in lines)


def plain(text: str) -> str:
    """The text as one line in which every character is seen: nothing in it can move, hide or reorder the rest."""
    return "".join(_seen(character) for character in text.replace("\r\n", "\n"))


def in_order(steps: Sequence[Step]) -> str:
    """Which steps, by number, start together, and after which the others do: "1 and 2 at the same time; 3 after 1"."""
    numbers = {step.id: number for number, step in enumerate(steps, 1)}
    together: dict[tuple[int, ...], list[int]] = {}
    for step in steps:
        together.setdefault(tuple(sorted(numbers[needed] for needed in step.needs)), []).append(numbers[step.id])
    parts = []
    for needed, started in together.items():
        at_once = " at the same time" if len(started) > 1 else ""
        parts.append(_and(started) + (f" after {_and(needed)}" if needed else " first" * (not at_once)) + at_once)
    return "; ".join(parts)


def _seen(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace() or category in _SPACES:
        return " "
    return f"\\u{ord(character):04x}" if category in _UNSEEN else character


def _and(numbers: Sequence[int]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last


def _step(number: int, step: Step) -> list[str]:
    after = f" (after {', '.join(step.needs)})" if step.needs else ""
    return [
        f"{number}. {step.title} [{step.id}]{after}",
        f"   Undo: {_undoing(step)}",
        f"   Permissions: {_PERMISSIONS[step.permission]} ({', '.join(step.iam_actions)})",
        f"   Cost: {_cost(step)}",
        *(f"   Note: {note}" for note in step.notes),
    ]


def _undoing(step: Step) -> str:
    undo = OPERATIONS[step.operation].undo
    how = f", with {undo.operation}" if undo else ""
    note = f": {undo.note}" if undo and undo.note else ""
    return f"{_REVERSIBLE[step.reversible]}{how}{note}"


def _cost(step: Step) -> str:
    return f"{cost.total([step.cost])}. {step.cost.note}".rstrip(". ") + "."


def _on_failure(plan: Plan) -> str:
    if plan.on_failure == "keep":
        return "what was done before it is kept."
    partly = [step.id for step in plan.steps if OPERATIONS[step.operation].reversible == "partly"]
    final = [step.id for step in plan.steps if OPERATIONS[step.operation].reversible == "no"]
    return (
        "what was done before it is undone"
        + (f", only in part: {', '.join(partly)}" if partly else "")
        + (f", except {', '.join(final)}" if final else "")
        + "."
    )


def _finding(finding: Finding) -> str:
    where = f" [{finding.step}]" if finding.step else ""
    return f"  {finding.severity.upper()}: {finding.message}{where}"


def _review(review: Review) -> list[str]:
    if review.status == "not_reviewed":
        return [f"Claude's review: none ({review.reason})"]
    verdict = _VERDICTS[review.verdict] if review.verdict else "no verdict"
    advice = [
        *(f"  {risk.severity.upper()}: {risk.title}: {risk.detail}" for risk in review.risks),
        *(f"  Suggestion: {suggestion}" for suggestion in review.suggestions),
    ]
    more = len(advice) - MAX_ADVICE_LINES
    return [
        f"Claude's review (advice): {verdict}. {_cut(review.summary or '')}".rstrip(),
        *map(_cut, advice[:MAX_ADVICE_LINES]),
        *([f"  And {more} more, in the plan's JSON."] if more > 0 else []),
    ]


def _cut(text: str) -> str:
    return text if len(text) <= MAX_ADVICE_CHARACTERS else text[:MAX_ADVICE_CHARACTERS] + " … (cut)"
