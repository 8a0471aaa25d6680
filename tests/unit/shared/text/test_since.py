"""When a question's period begins."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.errors import InvalidArguments
from shared.text.since import moment

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("24h", "2026-03-09T12:30:00+00:00"),
        ("7 days", "2026-03-03T12:30:00+00:00"),
        ("30 minutes ago", "2026-03-10T12:00:00+00:00"),
        ("the last 2 weeks", "2026-02-24T12:30:00+00:00"),
        ("last week", "2026-03-03T12:30:00+00:00"),
        ("yesterday", "2026-03-09T00:00:00+00:00"),
        ("Today", "2026-03-10T00:00:00+00:00"),
        ("2026-03-01", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00+00:00"),
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01T10:00", "2026-03-01T10:00:00+00:00"),
    ],
)
def test_a_period_is_read_as_people_and_models_write_it(said: str, meant: str) -> None:
    assert moment(said, NOW).isoformat() == meant


@pytest.mark.parametrize("said", ["", "soon", "-3 days", "h24", "2026-13-01", "9999999 days"])
def test_what_names_no_time_says_how_to_write_one(said: str) -> None:
    with pytest.raises(InvalidArguments, match="24h"):
        moment(said, NOW)


def test_a_time_still_to_come_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="still to come"):
        moment("2026-03-11", NOW)
