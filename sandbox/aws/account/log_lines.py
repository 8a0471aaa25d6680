"""What the account's functions have written into their log groups before the start, with one that fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

# The deployment that broke it: see `past_events.py`.
BROKEN_SINCE = timedelta(days=2)
_ERROR = (
    "ERROR Invoke Error: the environment variable ORDERS_TABLE is not set\n"
    "    at tableName (/var/task/index.js:21:11)\n"
    "    at handler (/var/task/index.js:34:17)"
)


@dataclass(frozen=True)
class LogGroup:
    """A log group, where it is, and the function that writes into it."""

    function: str
    region: str
    fails: bool

    @property
    def name(self) -> str:
        return f"/aws/lambda/{self.function}"


LOG_GROUPS = (
    LogGroup("order-notifier", "us-east-1", fails=True),
    LogGroup("thumbnail-generator", "us-east-1", fails=False),
    LogGroup("invoice-renderer", "eu-west-1", fails=False),
)


def lines_of(group: LogGroup, now: datetime) -> Iterator[tuple[datetime, str]]:
    """An invocation an hour for three days, oldest first: what the function wrote, and when."""
    for hour in range(72, 0, -1):
        at = now - timedelta(hours=hour) + timedelta(minutes=7)
        request = f"8f1c2d3e-0000-4000-8000-{hour:012d}"
        yield at, f"START RequestId: {request} Version: $LATEST"
        if group.fails and now - at < BROKEN_SINCE:
            yield at + timedelta(milliseconds=80), _ERROR
        else:
            yield at + timedelta(milliseconds=80), f"INFO handled event {hour} in 41 ms"
        yield at + timedelta(milliseconds=90), f"END RequestId: {request}"
        yield at + timedelta(milliseconds=91), f"REPORT RequestId: {request} Duration: 88.12 ms Memory Size: 128 MB"
