"""The events of CloudTrail's history that name a role session, in the regions that they may be in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from services.info_tools.aws import in_region, read_each
from services.info_tools.trail.caller import change_of, is_read, user_agent_of
from services.info_tools.trail.lookup import HISTORY, look_up
from shared.aws.clients import Aws
from shared.errors import AssistantError, Unauthenticated
from shared.plans.evidence import SessionEvents, TrailEvent

# Of one session in one region. A plan makes some hundred calls; Cloud Control is asked on for hours.
MAX_EVENTS = 2000


def session_events(aws: Aws, names: Sequence[str], since: float, regions: Sequence[str]) -> SessionEvents:
    """All events of the account, newest first, whose role session has one of the names, since a time (Unix seconds).

    A region that could not be read, or not whole, is a gap, also where that is every one. Raises Unauthenticated.
    """
    now = datetime.now(UTC)
    start = max(datetime.fromtimestamp(since, UTC), now - HISTORY)

    def in_one(region: str) -> list[TrailEvent]:
        return [event for name in names for event in _in_region(aws, region, name, start, now)]

    try:
        answered = read_each(aws, regions, in_one, place=in_region)
    except Unauthenticated:
        raise
    except AssistantError as error:
        # That no region let itself be read must not look like no events.
        answered = []
        for region in regions:
            aws.gap(error.code, error.detail, region=region)
    # An event of a global service may be shown in several regions.
    events = {event.event_id: event for _, found in answered for event in found}
    return SessionEvents(
        session_names=tuple(names),
        searched_from=start.timestamp(),
        asked_at=now.timestamp(),
        regions_searched=tuple(region for region, _ in answered),
        events=tuple(sorted(events.values(), key=lambda event: (event.time, event.event_id), reverse=True)),
    )


def _in_region(aws: Aws, region: str, name: str, start: datetime, end: datetime) -> list[TrailEvent]:
    found = look_up(aws, region, ("Username", name), start, end, keep=lambda event: True, most=MAX_EVENTS)
    if found.unread_before:
        why = "the time for this call ran out" if found.why == "deadline" else f"{MAX_EVENTS} newer ones were found"
        detail = f"events of {name} before {found.unread_before:%Y-%m-%d %H:%M:%S} UTC were not read: {why}"
        aws.gap("deadline" if found.why == "deadline" else "event_limit", detail, region=region)
    return [event_of(event, region, name) for event in found.events]


def event_of(event: dict[str, Any], region: str, session_name: str) -> TrailEvent:
    """An event as LookupEvents answers it, which was found under this session's name."""
    said = change_of(event, region)
    return TrailEvent(
        session_name=session_name,
        event_id=said.event_id,
        event_name=said.event_name,
        event_source=said.event_source,
        time=said.time.timestamp(),
        region=said.region,
        request_id=said.request_id,
        read_only=is_read(event),
        invoked_by=said.caller.invoked_by,
        source_address=said.source_address,
        user_agent=user_agent_of(event),
        error_code=said.error_code,
        resources=said.resources,
    )
