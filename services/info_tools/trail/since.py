"""Who has changed some resources since some moments, each looked for under every name that CloudTrail may have of it.

CloudTrail has names of resources for some services only. Where it shows none under a resource's names, the events of
its service are gone through for those that mention one in their record.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from services.info_tools.trail.caller import change_of, is_read
from services.info_tools.trail.lookup import HISTORY, Attribute, look_up
from services.info_tools.trail.sources import home_of_global
from services.info_tools.trail.subjects import Subject, subject_of
from shared.aws.clients import Aws, translate
from shared.errors import AssistantError, Unauthenticated
from shared.plans.drift import MAX_EVENTS, ChangeSince, ResourceChanges, ResourceSince

# Changes that are read under one name, and of one service: each 50 are a call, of which AWS takes two a second.
MOST_OF_ONE, MOST_OF_A_SERVICE = 100, 500


def changes_since(aws: Aws, resource: ResourceSince, now: datetime) -> ResourceChanges:
    """What the event history has of one resource; what could not be read of it is said. Raises Unauthenticated."""
    subjects = [subject_of(name, aws.info.partition, aws.info.account) for name in resource.names]
    start = datetime.fromtimestamp(int(resource.since), UTC)
    search = _Search(aws, subjects, max(start, now - HISTORY), now)
    if start < now - HISTORY:
        search.unread.append("AWS keeps 90 days of events")
    regions = _regions(aws, subjects, resource.region)
    for region in regions:
        search.by_name(region)
    if not search.found:
        for region in regions:
            search.by_service(region)
    events = sorted(search.found.values(), key=lambda event: (event.time, event.event_id), reverse=True)
    return ResourceChanges(
        id=resource.id,
        verdict="found" if events else "unknown" if search.unread else "none_recorded",
        events=tuple(events[:MAX_EVENTS]),
        more=len(events[MAX_EVENTS:]),
        unread="; ".join(dict.fromkeys(search.unread)) or None,
    )


def _regions(aws: Aws, subjects: list[Subject], region: str | None) -> tuple[str, ...]:
    """Where the resource's events are: in the home of global services, in its region, else in the session's."""
    home = home_of_global(aws.info.partition)
    if home and any(subject.is_global for subject in subjects):
        return (home,)
    named = region or next((subject.region for subject in subjects if subject.region), None)
    return (named,) if named else aws.info.regions


class _Search:
    """The changes that were found of one resource, by event id, and why some could not be."""

    def __init__(self, aws: Aws, subjects: list[Subject], start: datetime, end: datetime) -> None:
        self._aws, self._subjects, self._start, self._end = aws, subjects, start, end
        self.found: dict[str, ChangeSince] = {}
        self.unread: list[str] = []

    def by_name(self, region: str) -> None:
        """Look under each name of the resource."""
        for name, subject in self._names(region).items():
            found = self._look(region, ("ResourceName", name), MOST_OF_ONE)
            self._take(region, (event for event in found if subject.fits(name, _source(event))))

    def by_service(self, region: str) -> None:
        """Go through the changes in its services for those whose record mentions it."""
        names = list(self._names(region))
        for source in dict.fromkeys(subject.source for subject in self._subjects if subject.source):
            found = self._look(region, ("EventSource", source), MOST_OF_A_SERVICE)
            self._take(region, (event for event in found if _mentions(event, names)))

    def _names(self, region: str) -> dict[str, Subject]:
        return {name: subject for subject in reversed(self._subjects) for name in subject.names(region)}

    def _look(self, region: str, attribute: tuple[Attribute, str], most: int) -> list[dict[str, Any]]:
        """The changes under an attribute; where part of them could not be read, `unread` says why."""
        try:
            found = look_up(self._aws, region, attribute, self._start, self._end, keep=_is_change, most=most)
        except Unauthenticated:
            raise
        except AssistantError as error:
            self.unread.append(f"{region}: {error.detail}")
            return []
        except (ClientError, BotoCoreError) as error:
            self.unread.append(f"{region}: {translate(error).detail}")
            return []
        if found.unread_before:
            why = "the time ran out" if found.why == "deadline" else f"there are more than {most} events"
            self.unread.append(
                f"{region}: {why}, older ones than {found.unread_before:%Y-%m-%d %H:%M} UTC were not read"
            )
        return found.events

    def _take(self, region: str, events: Iterable[dict[str, Any]]) -> None:
        for event in events:
            change = change_of(event, region)
            self.found[change.event_id] = ChangeSince(
                event_id=change.event_id,
                event_name=change.event_name,
                event_source=change.event_source,
                time=change.time.timestamp(),
                region=change.region,
                principal=change.caller.principal,
                name=change.caller.name,
                session_name=change.caller.session_name,
                invoked_by=change.caller.invoked_by,
                source_address=change.source_address,
                request_id=change.request_id,
            )


def _is_change(event: dict[str, Any]) -> bool:
    """Whether it changed something: it is no read, and AWS did not refuse it."""
    return not is_read(event) and change_of(event, "").error_code is None


def _source(event: dict[str, Any]) -> str:
    return str(event.get("EventSource", ""))


def _mentions(event: dict[str, Any], names: list[str]) -> bool:
    """Whether the record has one of the names as a whole value."""
    record = str(event.get("CloudTrailEvent", ""))
    return any(f'"{name}"' in record for name in names)
