"""Times and durations as people read them, and an account and a JSON value as a page shows them."""

from __future__ import annotations

import time

from pydantic import JsonValue

from shared.plans.page.documents import json_lines
from shared.sessions.accounts import NamedAccount, label
from shared.text.plain import seen


def moment(timestamp: float) -> str:
    """Unix seconds as a date and time in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(timestamp))


def duration(seconds: float) -> str:
    """So many seconds in the two largest units that they have: "7 h 59 min"."""
    left = max(0, int(seconds))
    days, left = divmod(left, 86_400)
    hours, left = divmod(left, 3600)
    minutes, left = divmod(left, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{count} {unit}" for count, unit in parts[:2] if count or unit == parts[0][1])


def in_seconds(milliseconds: int | float) -> str:
    """Milliseconds as seconds: "1.3 s"."""
    return f"{milliseconds / 1000:.1f} s"


def account_label(account: NamedAccount) -> str:
    """ "prod (111122223333)", or the number alone."""
    return seen(label(account))


def json_text(value: JsonValue) -> str:
    """A value as JSON on as many lines as it needs; every character of its strings is seen."""
    return "\n".join(json_lines(value, ""))
