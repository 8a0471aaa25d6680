"""Compares a plan's journal with AWS's event history.

Three rules decide. A request of the journal is AWS's event of the same request id, where that is of the same operation.
A request whose answer was never read has no id; it is the nearest event of its operation around its time, one event a
request. An event that is neither, changes something, and was not made by a service of AWS for what the plan asked, is
an alarm: somebody else used the plan's credentials or its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from services.orchestrator.plans.evidence.data_events import is_data_event
from services.orchestrator.plans.evidence.model import (
    CallState,
    ComparedCall,
    EventKind,
    Evidence,
    ForeignEvent,
    Verdict,
)
from services.orchestrator.plans.evidence.names import can_be, is_same_call
from shared.messages import Gap
from shared.plans.evidence import JournaledCall, JournaledCalls, SentRequest, SessionEvents, TrailEvent
from shared.plans.plan import Plan
from shared.sessions.role_sessions import DRY_RUN

# CloudTrail delivers an event some 5 minutes after its call, mostly within 15 minutes, and promises no time.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
LATE_SECONDS = 900.0
# How far from a request whose answer was lost its event may be: clocks differ, and a request may be under way.
BEFORE_SECONDS, AFTER_SECONDS = 30.0, 180.0
CLOUD_CONTROL = "cloudcontrol"
# Cloud Control calls other services as CloudFormation does, whose handlers it runs.
_ITS_NAMES = frozenset({"cloudformation.amazonaws.com", "cloudcontrolapi.amazonaws.com"})
# Most that are listed of what is no alarm, and of alarms.
MAX_LISTED, MAX_ALARMS = 200, 500


@dataclass(slots=True)
class _Found:
    """The events, and which of them are told already."""

    events: tuple[TrailEvent, ...]
    told: set[str] = field(default_factory=set)

    def by_id(self, request_id: str) -> list[TrailEvent]:
        return [one for one in self.events if one.request_id == request_id]

    def left(self) -> list[TrailEvent]:
        return [one for one in self.events if one.event_id not in self.told]


def compare(
    plan: Plan, journal: JournaledCalls, found: SessionEvents, gaps: Collection[Gap], *, of_a_role: bool
) -> Evidence:
    """What both say of the plan. `of_a_role`: its calls had a role session of their own; else the events are all of the
    caller's, and none of them is foreign.
    """
    events = _Found(found.events)
    calls = [
        _answered(events, call, sent, found.asked_at, whole=not gaps)
        for call in journal.calls
        for sent in call.sent
        if sent.id
    ]
    calls += [
        _unanswered(events, call, sent, found.asked_at, whole=not gaps)
        for call in journal.calls
        for sent in call.sent
        if not sent.id
    ]
    _tell_what_was_not_kept(events, journal.calls)
    calls.sort(key=lambda one: one.sent_at)
    own_reads = _own_reads(events, journal)
    foreign = [_foreign(event, journal.calls) for event in events.left()] if of_a_role else []
    alarms = [one for one in foreign if one.kind == "only_by_aws"]
    others = [one for one in foreign if one.kind != "only_by_aws"]
    last = max([plan.ended_at or 0.0, *(one.sent_at for one in calls)])
    return Evidence(
        plan_id=plan.plan_id,
        asked_at=found.asked_at,
        verdict=_verdict(calls, alarms, gaps, late=found.asked_at < last + LATE_SECONDS),
        session_names=found.session_names,
        searched_from=found.searched_from,
        regions_searched=found.regions_searched,
        complete_after=last + LATE_SECONDS,
        calls=tuple(calls),
        events=(*alarms[:MAX_ALARMS], *others[:MAX_LISTED]),
        own_reads=own_reads,
        not_listed=len(alarms[MAX_ALARMS:]) + len(others[MAX_LISTED:]),
        gaps=tuple(gaps),
    )


def _answered(events: _Found, call: JournaledCall, sent: SentRequest, now: float, *, whole: bool) -> ComparedCall:
    """A request that AWS answered, with AWS's id of it."""
    recorded = events.by_id(sent.id)
    same = [one for one in recorded if can_be(one, call)]
    if same:
        events.told.update(one.event_id for one in same)
        return _compared(call, sent, "seen_by_both", same[0])
    if recorded:
        # It stays foreign: whoever wrote the journal gave a call the id of another one.
        return _compared(call, sent, "other_call", recorded[0])
    return _compared(call, sent, _unseen(call, sent, now, whole=whole))


def _unanswered(events: _Found, call: JournaledCall, sent: SentRequest, now: float, *, whole: bool) -> ComparedCall:
    """A request of which it is not known whether it arrived."""
    near = [
        one
        for one in events.left()
        if not one.read_only
        and one.invoked_by is None
        and can_be(one, call)
        and -BEFORE_SECONDS <= one.time - sent.at <= AFTER_SECONDS
    ]
    if near:
        event = min(near, key=lambda one: abs(one.time - sent.at))
        events.told.add(event.event_id)
        return _compared(call, sent, "answer_lost", event)
    return _compared(call, sent, _unseen(call, sent, now, whole=whole))


def _unseen(call: JournaledCall, sent: SentRequest, now: float, *, whole: bool) -> CallState:
    if is_data_event(call.service, call.operation):
        return "not_recorded"
    if now < sent.at + LATE_SECONDS:
        return "not_delivered_yet"
    return "missing" if whole else "unknown"


def _tell_what_was_not_kept(events: _Found, calls: Iterable[JournaledCall]) -> None:
    """Refused events of calls that were refused so often that the journal does not have each."""
    for call in calls:
        refused = [one for one in events.left() if one.error_code and can_be(one, call)]
        events.told.update(one.event_id for one in refused[: call.not_kept])


def _is_dry_run(event: TrailEvent) -> bool:
    """Whether EC2 only said whether it would; other credentials of the plan's sessions must have done nothing else.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html: DryRunOperation, or a refusal.
    """
    return event.session_name.endswith(DRY_RUN) and event.error_code is not None


def _own_reads(events: _Found, journal: JournaledCalls) -> int:
    """Take the events of the journal's reads out, and say how many that are."""
    known = {read.id: read for read in journal.reads}
    own = [
        one
        for one in events.left()
        if one.request_id in known and is_same_call(one, known[one.request_id].service, known[one.request_id].operation)
    ]
    events.told.update(one.event_id for one in own)
    return len(own)


def _foreign(event: TrailEvent, calls: Iterable[JournaledCall]) -> ForeignEvent:
    return ForeignEvent.model_validate(event.model_dump(exclude={"read_only"}) | {"kind": _kind(event, calls)})


def _kind(event: TrailEvent, calls: Iterable[JournaledCall]) -> EventKind:
    """What an event is that is no request of the journal.

    AWS itself writes `invokedBy`, so nobody can claim it; but a service calls for whoever called it, and that is only
    the plan where the plan called something by then.
    """
    begun = [call for call in calls if call.sent and call.sent[0].at <= event.time + BEFORE_SECONDS]
    if event.invoked_by is not None and begun:
        if event.invoked_by not in _ITS_NAMES:
            return "unknown_read" if event.read_only else "made_by_service"
        if any(call.service in (CLOUD_CONTROL, "cloudformation") for call in begun):
            return "made_by_cloud_control"
    if event.read_only:
        return "unknown_read"
    return "dry_run" if _is_dry_run(event) else "only_by_aws"


def _verdict(
    calls: Iterable[ComparedCall], alarms: Collection[ForeignEvent], gaps: Collection[Gap], *, late: bool
) -> Verdict:
    if alarms:
        return "alarm"
    if gaps:
        return "incomplete"
    if late:
        return "waiting"
    # AWS need not record what it refused, nor what never arrived.
    accepted = [one for one in calls if one.status is not None and one.status < 400]
    return "unexplained" if any(one.state == "missing" for one in accepted) else "agrees"


def _compared(
    call: JournaledCall, sent: SentRequest, state: CallState, event: TrailEvent | None = None
) -> ComparedCall:
    return ComparedCall(
        step=call.step,
        undoing=call.undoing,
        service=call.service,
        operation=call.operation,
        region=call.region,
        state=state,
        request_id=sent.id or None,
        request_token=call.request_token,
        sent_at=sent.at,
        status=sent.status or None,
        error_code=sent.code or None,
        event_id=event.event_id if event else None,
    )
