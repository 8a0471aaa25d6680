"""Informational tool that says who changed something, from CloudTrail's event history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from services.info_tools.aws import in_region, read_each
from services.info_tools.combined import EARLIEST, Combined, Rule
from services.info_tools.toolbox import toolbox
from services.info_tools.trail.caller import ChangeEvent, change_of, is_read
from services.info_tools.trail.lookup import HISTORY, LATE, Attribute, Found, look_up
from services.info_tools.trail.sources import GLOBAL, event_source, home_of_global
from services.info_tools.trail.subjects import subject_of
from shared.aws.clients import Aws
from shared.errors import AssistantError, InvalidArguments, Unauthenticated
from shared.messages import Effect
from shared.text.since import moment

MAX_EVENTS = 200
Verdict = Literal["found", "none_recorded", "unknown"]


def _verdict_of_all(verdicts: Sequence[Verdict]) -> Verdict:
    return next((one for one in ("found", "unknown") if one in verdicts), "none_recorded")


def _newest_first(parts: Sequence[tuple[ChangeEvent, ...]]) -> tuple[ChangeEvent, ...]:
    events = (event for part in parts for event in part)
    return tuple(sorted(events, key=lambda event: (event.time, event.event_id), reverse=True))


class ChangeHistory(Combined):
    """`unknown` is not "nobody": the history that could be read does not show it, and the gaps say why."""

    verdict: Annotated[Verdict, Rule(_verdict_of_all)] = Field(
        description="found: at least one event; none_recorded: no management event in the whole of the asked time; "
        "unknown: part of the time, or a region, could not be seen, and what could be seen shows no event."
    )
    searched_for: tuple[str, ...] = Field(description="The event source, or the names the resource may have there.")
    searched_from: Annotated[datetime, EARLIEST] = Field(
        description="UTC; at most 90 days ago, which is all that CloudTrail keeps."
    )
    shown_until: Annotated[datetime, EARLIEST] = Field(description="UTC; what happened after it may not be shown yet.")
    events: Annotated[tuple[ChangeEvent, ...], Rule(_newest_first)] = Field(description="Newest first.")
    event_count: int = Field(description="Events found; more than `events` where those are cut off at `limit`.")
    regions_searched: tuple[str, ...] = Field(description="Regions that answered; one that failed is a gap.")


@toolbox.tool(effect=Effect.READ, iam_actions=("cloudtrail:LookupEvents",), timeout=120)
def who_changed(
    aws: Aws,
    resource: str | None = None,
    service: str | None = None,
    since: str | None = None,
    regions: list[str] | None = None,
    limit: int = 50,
) -> ChangeHistory:
    """Find who changed, created or deleted a resource, or what changed in a service, in the last 90 days.

    From CloudTrail's event history, newest first.
    Each event has its name, time, caller (with role session name and invoking AWS service), source address, region, and
    the error code where it was denied. Management events that change something, of the last 90 days and up to about 5
    minutes ago; reads, and calls on data (S3 objects, table items, invocations) are not recorded there. Searches the
    session's regions and the home region of global services such as IAM.

    Args:
        resource: Exact name, id or ARN; such as "my-bucket", "i-0abc…" or "arn:aws:iam::…:role/x".
        service: Such as "iam" or "lambda"; what changed in it; with a resource, only its events.
        since: Such as "24h", "7 days", "2026-01-31"; all 90 days when left out.
        regions: The regions; such as ["eu-west-1"], all of the session's when left out.
        limit: Most events; 1 to 200.
    """
    if not (resource or service):
        raise InvalidArguments("name a resource (its name, id or ARN), or a service, such as iam")
    if not 1 <= limit <= MAX_EVENTS:
        raise InvalidArguments(f"limit: 1 to {MAX_EVENTS}")
    return _Search(aws, resource, service, since, regions, limit).run()


class _Search:
    """One search: what for, from when, where."""

    def __init__(
        self,
        aws: Aws,
        resource: str | None,
        service: str | None,
        since: str | None,
        regions: list[str] | None,
        limit: int,
    ) -> None:
        self._aws, self._limit = aws, limit
        self._now = datetime.now(UTC).replace(microsecond=0)
        self._wanted_from = moment(since, self._now) if since else None
        oldest = self._now - HISTORY
        self._start = max(self._wanted_from or oldest, oldest)
        self._subject = subject_of(resource, aws.info.partition, aws.info.account) if resource else None
        self._source = event_source(service) if service else None
        self._home = home_of_global(aws.info.partition)
        self._regions = self._places(aws.regions(regions), chosen=bool(regions))

    def _places(self, regions: tuple[str, ...], *, chosen: bool) -> tuple[str, ...]:
        """The regions to ask: those of the session, one that an ARN names, and the home of global services."""
        subject = self._subject
        if (subject and subject.is_global) or (self._source in GLOBAL):
            return (self._home,) if self._home else regions
        if subject and subject.region:
            if subject.region not in regions:
                detail = f"the resource is in {subject.region}, which is not among the searched regions of this session"
                self._aws.gap("region_not_searched", detail, region=subject.region)
            return tuple(region for region in regions if region == subject.region)
        # A mere name may be of a global service; events of one service are where that service is.
        besides = () if self._source or chosen or not self._home else (self._home,)
        return tuple(dict.fromkeys((*regions, *besides)))

    def run(self) -> ChangeHistory:
        found = self._read()
        # The same event is found under several names of its resource.
        by_id = {event.event_id: event for _, events in found for event in events}
        events = _newest_first([tuple(by_id.values())])
        unseen = bool(self._aws.gaps)
        self._say_what_is_never_shown(found=bool(events))
        return ChangeHistory(
            verdict="found" if events else "unknown" if unseen or self._wanted_from is None else "none_recorded",
            searched_for=self._searched_for(),
            searched_from=self._start,
            shown_until=self._now - LATE,
            events=events[: self._limit],
            event_count=len(events),
            regions_searched=tuple(region for region, _ in found),
        )

    def _read(self) -> list[tuple[str, list[ChangeEvent]]]:
        if self._wanted_from and self._wanted_from < self._start:
            self._ended(self._wanted_from)
        try:
            return read_each(self._aws, self._regions, self._in_region, place=in_region)
        except Unauthenticated:
            raise
        except AssistantError as error:
            # No region let itself be read: that nobody is shown must not look like nobody.
            for region in self._regions:
                self._aws.gap(error.code, error.detail, region=region)
            return []

    def _in_region(self, region: str) -> list[ChangeEvent]:
        subject = self._subject
        if subject is None:
            found = self._look_up(region, ("EventSource", str(self._source)), None)
            return [change_of(event, region) for event in found.events]
        events: list[ChangeEvent] = []
        for name in subject.names(region):
            under = self._look_up(region, ("ResourceName", name), name).events
            events += [change_of(event, region) for event in under]
        return events

    def _look_up(self, region: str, attribute: tuple[Attribute, str], name: str | None) -> Found:
        def keep(event: dict[str, Any]) -> bool:
            return not is_read(event) and self._is_wanted(str(event.get("EventSource", "")), region, name)

        found = look_up(self._aws, region, attribute, self._start, self._now, keep=keep, most=self._limit)
        if found.unread_before:
            why = (
                "the time for this call ran out" if found.why == "deadline" else f"{self._limit} newer ones were found"
            )
            detail = f"events before {found.unread_before:%Y-%m-%d %H:%M:%S} UTC were not read: {why}"
            self._aws.gap("deadline" if found.why == "deadline" else "event_limit", detail, region=region)
        return found

    def _is_wanted(self, source: str, region: str, name: str | None) -> bool:
        if self._source not in (None, source):
            return False
        if region not in self._aws.info.regions and source not in GLOBAL:
            return False  # it is searched for global services only
        return name is None or self._subject is None or self._subject.fits(name, source)

    def _say_what_is_never_shown(self, *, found: bool) -> None:
        if not found and self._wanted_from is None:
            self._ended(None)
        late = int(LATE / timedelta(minutes=1))
        self._aws.gap(
            "events_late",
            f"what happened after {self._now - LATE:%Y-%m-%d %H:%M:%S} UTC may not be shown yet: CloudTrail's "
            f"history is about {late} minutes late",
        )

    def _ended(self, wanted: datetime | None) -> None:
        asked = f"; {wanted:%Y-%m-%d} was asked for" if wanted else ""
        self._aws.gap(
            "event_history_ends",
            f"CloudTrail's history begins at {self._now - HISTORY:%Y-%m-%d %H:%M} UTC, 90 days ago, and what happened "
            f"before is not in it{asked}",
        )

    def _searched_for(self) -> tuple[str, ...]:
        names = [name for region in self._regions for name in self._subject.names(region)] if self._subject else []
        return tuple(dict.fromkeys([*([self._source] if self._source else []), *names]))
