"""A plan's evidence as one page of text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from services.orchestrator.plans.evidence.model import ComparedCall, Evidence, ForeignEvent
from services.orchestrator.plans.evidence.words import ADVICE, KINDS, STATES, VERDICTS, in_numbers
from shared.plans.page.lines import framed
from shared.text.plain import named, quoted

# Of the events that are no alarm; the answer in JSON has more of them.
MAX_OTHERS = 30


def evidence_page(found: Evidence) -> str:
    """The page; every line begins with `lines.MARK`."""
    return framed(_lines(found))


def _lines(found: Evidence) -> Iterator[str]:
    yield f"Evidence of plan {named(found.plan_id)}, as of {_moment(found.asked_at)}"
    yield f"{VERDICTS[found.verdict]}."
    if ADVICE[found.verdict]:
        yield ADVICE[found.verdict]
    yield f"In numbers: {in_numbers(found)}."
    yield ""
    if found.alarms:
        yield "Only AWS has:"
        for event in found.alarms:
            yield from _event(event)
        yield ""
    yield "Requests of the journal:"
    for call in found.calls:
        yield from _call(call)
    if not found.calls:
        yield "  none"
    others = [event for event in found.events if event.kind != "only_by_aws"]
    if others:
        yield ""
        yield "Further events under the plan's name, none of them an alarm:"
        for event in others[:MAX_OTHERS]:
            yield _head(event)
    more = len(others[MAX_OTHERS:]) + found.not_listed
    if more:
        yield f"  and {more} more"
    yield ""
    names = ", ".join(map(named, found.session_names))
    yield f"Role sessions: {names}; events since {_moment(found.searched_from)}"
    yield f"Regions searched: {', '.join(map(named, found.regions_searched)) or 'none'}"
    for gap in found.gaps:
        where = f" in {named(gap.region)}" if gap.region else ""
        yield f"Not covered{where} ({named(gap.code)}): {quoted(gap.detail)}"
    yield f"AWS has delivered all events after {_moment(found.complete_after)}."


def _call(call: ComparedCall) -> Iterator[str]:
    what = f"{named(call.service)}:{named(call.operation)}"
    back = ", undoing" if call.undoing else ""
    answer = f", AWS answered {call.status}" if call.status else ", no answer was read"
    error = f" {named(call.error_code)}" if call.error_code else ""
    where = f" in {named(call.region)}" if call.region else ""
    yield f"  [{named(call.step)}{back}] {what}{where} at {_moment(call.sent_at)}{answer}{error}: {STATES[call.state]}"
    if call.request_id:
        yield f"      request {named(call.request_id)}" + (f", event {named(call.event_id)}" if call.event_id else "")


def _head(event: ForeignEvent) -> str:
    what = f"{named(event.event_source)} {named(event.event_name)}"
    error = f", {named(event.error_code)}" if event.error_code else ""
    return f"  {what} in {named(event.region)} at {_moment(event.time)}{error}: {KINDS[event.kind]}"


def _event(event: ForeignEvent) -> Iterator[str]:
    yield _head(event)
    facts = {
        "session": event.session_name,
        "from": event.source_address,
        "request": event.request_id,
        "event": event.event_id,
    }
    yield "      " + ", ".join(f"{name} {named(value)}" for name, value in facts.items() if value)
    if event.user_agent:
        yield f"      program {quoted(event.user_agent)}"
    if event.resources:
        yield f"      about {', '.join(map(named, event.resources))}"


def _moment(timestamp: float) -> str:
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC"
