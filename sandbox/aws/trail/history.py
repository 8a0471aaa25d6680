"""The events of the sandbox's accounts, and LookupEvents over them with AWS's limits.

Limits and errors: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.aws.iam.principals import Principal
from sandbox.aws.protocol.calls import Call
from sandbox.aws.protocol.errors import Answer, AwsError
from sandbox.aws.trail.event import Event, event_of, is_management

HISTORY_SECONDS = timedelta(days=90).total_seconds()
MAX_PAGE = 50
PER_SECOND = 2
# The sandbox's own bound: it remembers the newest calls, reads among them.
MAX_EVENTS = 50_000
_ATTRIBUTES: Mapping[str, Callable[[Event], tuple[str | None, ...]]] = {
    "EventId": lambda event: (event.event_id,),
    "EventName": lambda event: (event.name,),
    "ReadOnly": lambda event: (str(event.read_only).lower(),),
    "Username": lambda event: (event.username,),
    "ResourceType": lambda event: tuple(kind for kind, _ in event.resources),
    "ResourceName": lambda event: tuple(name for _, name in event.resources),
    "EventSource": lambda event: (event.source,),
    "AccessKeyId": lambda event: (event.access_key_id,),
}


class EventHistory:
    """Keeps what happened, in memory, and changes also in a file, so that they outlive the process.

    An event is shown `late_seconds` after it happened.
    """

    def __init__(
        self, file: Path | None = None, late_seconds: float = 300, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file, self._late, self._clock = file, late_seconds, clock
        self._events: deque[Event] = deque(maxlen=MAX_EVENTS)
        self._asked: dict[tuple[str, str], deque[float]] = {}
        self._lock = threading.Lock()

    def restore(self) -> None:
        """Read what was kept, and keep no longer what is too old to be shown; nothing where there is no file."""
        if self._file is None or not self._file.exists():
            return
        lines = self._file.read_text(encoding="utf-8").splitlines()
        oldest = time.time() - HISTORY_SECONDS
        events = (Event.of_line(line) for line in lines if line.endswith("}"))  # the last may be cut off
        self._events.extend(event for event in events if event.time >= oldest)
        self._file.write_text("".join(event.as_line() + "\n" for event in self._events), encoding="utf-8")

    def forget(self) -> None:
        """Begin anew, as the account does whose events these were."""
        self._events.clear()
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    def add(self, event: Event) -> None:
        """Remember an event."""
        with self._lock:
            self._events.append(event)
            if self._file is not None and not event.read_only:
                self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with self._file.open("a", encoding="utf-8") as file:
                    file.write(event.as_line() + "\n")

    def saw(self, call: Call, principal: Principal, resource: str, status: int, body: bytes, request_id: str) -> None:
        """Remember a call that was answered; nothing where the history does not show such calls."""
        if is_management(call):
            self.add(event_of(call, principal, resource, status, body, datetime.now(UTC), request_id))

    def change_delay(self, body: bytes) -> Answer:
        """Answer `POST /_sandbox/event-history`: `{"delay_seconds": 0}` shows events at once from then on."""
        try:
            self._late = float(json.loads(body)["delay_seconds"])
        except (ValueError, KeyError, TypeError):
            return Answer(400, {"Content-Type": "application/json"}, b'{"expected": {"delay_seconds": 300}}')
        return Answer(204, {}, b"")

    def answer(self, call: Call, account: str) -> Answer:
        """LookupEvents."""
        self.check_rate(account, call.region)
        result = self.look_up(call.params, account, call.region, time.time())
        return Answer(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(result).encode())

    def check_rate(self, account: str, region: str) -> None:
        """Count a call. Raises AwsError where it is the third of an account and region within a second."""
        now = self._clock()
        asked = self._asked.setdefault((account, region), deque(maxlen=PER_SECOND))
        if len(asked) == PER_SECOND and now - asked[0] < 1:
            raise AwsError("ThrottlingException", "Rate exceeded")
        asked.append(now)

    def look_up(self, params: Mapping[str, Any], account: str, region: str, now: float) -> dict[str, Any]:
        """One page of the events of an account and a region, newest first."""
        size = _size(params)
        wanted = _wanted(params)
        start, end = _seconds(params.get("StartTime")), _seconds(params.get("EndTime"))
        if start is not None and end is not None and start > end:
            raise AwsError("InvalidTimeRangeException", "The start time must not be after the end time.")
        first = max(now - HISTORY_SECONDS, start or 0)
        last = min(now - self._late, end if end is not None else now)
        with self._lock:
            kept = list(self._events)
        found = sorted(
            (
                event
                for event in kept
                if (event.account, event.region) == (account, region) and first <= event.time <= last and wanted(event)
            ),
            key=lambda event: (-event.time, event.event_id),
        )
        skipped = _skipped(params.get("NextToken"))
        if skipped:
            # Events since the first page are before it, and move nothing.
            found = [event for event in found if (-event.time, event.event_id) > skipped]
        page = {"Events": [event.shown() for event in found[:size]]}
        return page | ({"NextToken": _token(found[size - 1])} if len(found) > size else {})


def _size(params: Mapping[str, Any]) -> int:
    size = int(params.get("MaxResults") or MAX_PAGE)
    if not 1 <= size <= MAX_PAGE:
        raise AwsError("InvalidMaxResultsException", f"MaxResults must be between 1 and {MAX_PAGE}.")
    return size


def _wanted(params: Mapping[str, Any]) -> Callable[[Event], bool]:
    attributes = params.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise AwsError("InvalidLookupAttributesException", "You can only specify one lookup attribute.")
    if not attributes:
        return lambda event: True
    key, value = attributes[0].get("AttributeKey"), attributes[0].get("AttributeValue")
    read = _ATTRIBUTES.get(str(key))
    if read is None or not value:
        raise AwsError("InvalidLookupAttributesException", f"Invalid lookup attribute: {key}")
    return lambda event: value in read(event)


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    try:
        return float(value)
    except ValueError:
        return datetime.fromisoformat(str(value)).timestamp()


def _token(event: Event) -> str:
    return base64.urlsafe_b64encode(json.dumps([-event.time, event.event_id]).encode()).decode()


def _skipped(token: Any) -> tuple[float, str] | None:
    if not token:
        return None
    try:
        time_, event_id = json.loads(base64.urlsafe_b64decode(str(token)))
        return float(time_), str(event_id)
    except ValueError as error:
        raise AwsError("InvalidNextTokenException", "Invalid token.") from error
