"""CloudTrail's LookupEvents, page by page and no faster than AWS takes it.

Its limits (https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html): one attribute a call,
50 events a page, two calls a second per account and region, management events of the last 90 days, newest first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from services.info_tools.pace import Pace
from services.info_tools.paging import STOP_PAGING, out_of_time
from shared.aws.clients import Aws

HISTORY = timedelta(days=90)
# "Typically within about 5 minutes": https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
LATE = timedelta(minutes=5)
PAGE = 50
_PACE = Pace(interval=0.55)

Attribute = Literal["ResourceName", "EventSource", "Username"]


@dataclass(slots=True)
class Found:
    """Events of one look-up, newest first; `unread_before` is set where older ones were not asked for."""

    events: list[dict[str, Any]] = field(default_factory=list)
    unread_before: datetime | None = None
    why: Literal["deadline", "limit"] | None = None


def look_up(
    aws: Aws,
    region: str,
    attribute: tuple[Attribute, str],
    start: datetime,
    end: datetime,
    *,
    keep: Callable[[dict[str, Any]], bool],
    most: int,
) -> Found:
    """The events of a region under one attribute that `keep` wants, `most` of them, newest first.

    Raises DeadlineExceeded where there was no time for the first page, and botocore's errors.
    """
    client = aws.client("cloudtrail", region)
    key, value = attribute
    request: dict[str, Any] = {
        "LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}],
        "StartTime": start,
        "EndTime": end,
        "MaxResults": PAGE,
    }
    found, oldest = Found(), end
    for number in range(10_000):
        if not _PACE.take_turn((aws.info.account, region), aws.remaining() - STOP_PAGING):
            if number == 0:
                raise out_of_time()
            found.unread_before, found.why = oldest, "deadline"
            break
        page = client.lookup_events(**request)
        events = page.get("Events") or []
        oldest = events[-1]["EventTime"] if events else oldest
        found.events += [event for event in events if keep(event)]
        token = page.get("NextToken")
        if not token:
            break
        if len(found.events) >= most:
            found.unread_before, found.why = oldest, "limit"
            break
        request["NextToken"] = token
    return found
