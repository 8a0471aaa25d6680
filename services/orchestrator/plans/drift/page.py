"""A plan's drift as one page of text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from services.orchestrator.plans.drift.model import ByWhom, Changer, PlanDrift, StepFound
from services.orchestrator.plans.drift.words import NOBODY, STATES, VERDICTS, in_numbers, shown
from shared.plans.drift import MovedValue
from shared.plans.page.lines import framed
from shared.text.plain import named, quoted


def drift_page(found: PlanDrift) -> str:
    """The page; every line begins with `lines.MARK`."""
    return framed(_lines(found))


def _lines(found: PlanDrift) -> Iterator[str]:
    yield f"Drift of plan {named(found.plan_id)}, as of {_moment(found.looked_at)}"
    yield f"{VERDICTS[found.verdict]}."
    yield f"In numbers: {in_numbers(found)}."
    yield ""
    for step in found.steps:
        yield from _step(step)
    for gap in found.gaps:
        where = f" in {named(gap.region)}" if gap.region else ""
        yield f"Not covered{where} ({named(gap.code)}): {quoted(gap.detail)}"


def _step(found: StepFound) -> Iterator[str]:
    drift = found.drift
    undone = ", undone" if drift.undone else ""
    yield f"  [{named(drift.step)}{undone}] {quoted(found.title)}: {STATES[drift.state]}"
    if drift.why:
        yield f"      {quoted(drift.why)}"
    for value in drift.values:
        yield f"      {_value(value)}"
    if drift.values_left_out:
        yield f"      and {drift.values_left_out} more values"
    if found.by_whom is not None:
        yield from _by_whom(found.by_whom)
    if drift.compares:
        yield f"      Compared: {drift.compares}."


def _value(moved: MovedValue) -> str:
    path = f"{named(moved.path)}: " if moved.path else ""
    if moved.hidden:
        return f"{path}differs; it may hold a secret and is not shown"
    left, now = shown(moved.left, moved.left_size), shown(moved.now, moved.now_size)
    return f"{path}was left {quoted(left)}, is now {quoted(now)}"


def _by_whom(found: ByWhom) -> Iterator[str]:
    for one in found.events:
        yield f"      {_changer(one)}"
    if found.more:
        yield f"      and {found.more} earlier changes"
    if not found.events:
        yield f"      By whom: {NOBODY if found.verdict == 'none_recorded' else 'not known'}."
    if found.unread:
        yield f"      Not read: {quoted(found.unread)}"


def _changer(found: Changer) -> str:
    event = found.event
    who = f"the plan {named(found.plan_id)}" if found.plan_id else named(event.principal or event.name or "not told")
    through = f" through {named(event.invoked_by)}" if event.invoked_by else ""
    request = f", request {named(event.request_id)}" if event.request_id else ""
    return f"By {who}{through}: {named(event.event_name)} at {_moment(event.time)}{request}"


def _moment(timestamp: float) -> str:
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC"
