"""When a question's period begins, as people and models write it: "24h", "7 days", "yesterday", a date or a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from shared.errors import InvalidArguments

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(
    r"(?:(?:in\s+)?the\s+)?(?:last|past)?\s*(\d{1,6})?\s*(minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w)(?:\s+ago)?"
)
FORMS = '"24h", "7 days", "yesterday", "2026-01-31" or "2026-01-31T12:00:00Z"'


def moment(since: str, now: datetime) -> datetime:
    """The time (UTC) that `since` names, seen from `now`. A date is its midnight; a time without a zone is UTC.

    Raises InvalidArguments where it names none, or one that is still to come.
    """
    said = since.strip().casefold()
    named = _days_ago(said, now) or _ago(said, now) or _stated(since.strip())
    if named is None:
        raise InvalidArguments(f"since: names no time; write it as {FORMS}")
    if named > now:
        raise InvalidArguments(f"since: {named:%Y-%m-%d %H:%M} UTC is still to come; now is {now:%Y-%m-%d %H:%M} UTC")
    return named


def _days_ago(said: str, now: datetime) -> datetime | None:
    days = {"today": 0, "yesterday": 1}.get(said)
    if days is None:
        return None
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)


def _ago(said: str, now: datetime) -> datetime | None:
    found = _AGO.fullmatch(said)
    if not found:
        return None
    return now - timedelta(**{_UNITS[found[2][0]]: int(found[1] or 1)})


def _stated(said: str) -> datetime | None:
    try:
        named = datetime.fromisoformat(said)
    except ValueError:
        return None
    return named.replace(tzinfo=UTC) if named.tzinfo is None else named.astimezone(UTC)
