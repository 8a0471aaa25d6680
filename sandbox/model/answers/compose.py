"""Composes the answer of a turn from its tools' results, and from nothing else."""

from sandbox.model.answers.overview import headlines, in_order
from sandbox.model.answers.plan import plan_answer
from sandbox.model.changes.undo import UNDO_TOOL
from sandbox.model.phrasing import describe_value, paragraphs
from sandbox.model.reading.history import plans_of
from sandbox.model.tools import READ_TOOLS, RESOURCES, name_in
from sandbox.model.types import Focus, Outcome


def compose(outcomes: list[Outcome], focus: Focus) -> str:
    """The whole answer: each result in the order of its call, then plans, then what is missing."""
    reads = in_order([outcome for outcome in _newest(outcomes) if outcome.plan is None])
    results = [_part(outcome, focus) for outcome in reads]
    return paragraphs(headlines(reads), *results, *(plan_answer(plan) for plan in plans_of(outcomes)))


def _newest(outcomes: list[Outcome]) -> list[Outcome]:
    """One outcome per call; a call that was corrected and made again counts by its last outcome."""
    last: dict[str, Outcome] = {}
    for outcome in outcomes:
        if outcome.error.get("code") == "invalid_arguments":
            key = f"{outcome.call.name}?"
        else:
            key = str(outcome.call)
            last.pop(f"{outcome.call.name}?", None)
        last[key] = outcome
    return list(last.values())


def _part(outcome: Outcome, focus: Focus) -> str:
    if not outcome.ok:
        return _error(outcome)
    tool = READ_TOOLS.get(outcome.call.name)
    text = tool.tell(outcome.result, focus) if tool else ""
    return (text or describe_value(outcome.call.name, outcome.result)) + _gaps(outcome)


def _error(outcome: Outcome) -> str:
    """An honest word about a tool that failed, with its own detail."""
    code = outcome.error.get("code", "error")
    detail = outcome.error.get("detail") or outcome.error.get("message") or "it gave no reason"
    if outcome.call.name == UNDO_TOOL:
        return f"I cannot undo that: {detail} ({code}). Nothing was changed."
    name = next((name for each in RESOURCES.values() if (name := name_in(outcome.call.arguments, each))), "")
    subject = f" for {name}" if name else ""
    return f"I could not get an answer from {outcome.call.name}{subject}: {detail} ({code})."


def _gaps(outcome: Outcome) -> str:
    """What a result does not cover; an incomplete answer always says so."""
    if not outcome.gaps:
        return "" if outcome.complete else "\n\nThis answer is incomplete: the tool says that something is missing."
    lines = []
    for gap in outcome.gaps:
        where = gap.get("region") or gap.get("resource") or gap.get("account")
        reason = gap.get("detail") or gap.get("code") or "no reason given"
        lines.append(f"- {where}: {reason}" if where else f"- {reason}")
    return "\n\nThis answer is incomplete. Missing:\n" + "\n".join(lines)
