"""The newest lines of a log group are read from the end backwards, within bounds that the answer states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.executor.reading.lines import MAX_LINE_CHARS, MAX_PAGES, newest_lines

END = datetime(2026, 3, 10, 12, tzinfo=UTC)


class FakeLogs:
    """FilterLogEvents over events in memory, oldest first, in pages of `page`."""

    def __init__(self, *ages: float, page: int = 2, text: str = "line") -> None:
        times = sorted(END - timedelta(minutes=age) for age in ages)
        self.events = [
            {"timestamp": int(at.timestamp() * 1000), "message": f"{text} {number}", "logStreamName": "s"}
            for number, at in enumerate(times)
        ]
        self.page = page
        self.asked: list[tuple[int, int]] = []

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        self.asked.append((request["startTime"], request["endTime"]))
        found = [e for e in self.events if request["startTime"] <= e["timestamp"] <= request["endTime"]]
        start = int(request.get("nextToken") or 0)
        more = {"nextToken": str(start + self.page)} if start + self.page < len(found) else {}
        return {"events": found[start : start + self.page], **more}


def read(logs: FakeLogs, *, limit: int = 10, hours: float = 24, seconds: float = 60) -> Any:
    start = END - timedelta(hours=hours)
    return newest_lines(logs, "g", None, start, END, limit=limit, remaining=lambda: seconds)


def texts(found: Any) -> list[str]:
    return [line.text for line in found.lines]


def test_all_lines_of_the_time_come_oldest_first_and_none_twice() -> None:
    found = read(FakeLogs(1, 4, 5, 6, 100, 600, 1439))
    assert texts(found) == [f"line {n}" for n in range(7)]
    assert (found.older_left, found.missing, found.newest_from) == (False, None, END - timedelta(hours=24))


def test_only_the_newest_lines_are_taken_and_older_ones_are_said_to_be_left() -> None:
    found = read(FakeLogs(1, 2, 3, 4, 5, 6), limit=3)
    assert texts(found) == ["line 3", "line 4", "line 5"]
    assert found.older_left


def test_reading_stops_at_the_first_windows_where_they_hold_enough() -> None:
    logs = FakeLogs(1, 2, 3, 1000, page=10)
    read(logs, limit=3)
    assert len(logs.asked) == 1


def test_without_time_the_part_that_was_not_read_is_named() -> None:
    found = read(FakeLogs(1, 2), seconds=1)
    assert (found.lines, found.missing[:2]) == ([], (END - timedelta(minutes=5), END))


def test_pages_are_bounded() -> None:
    logs = FakeLogs(*(0.01 + n / 1000 for n in range(4 * MAX_PAGES)), page=1)
    found = read(logs, limit=100)
    assert (len(logs.asked), found.missing is not None) == (MAX_PAGES, True)


def test_a_long_line_is_cut_off_and_counted() -> None:
    found = read(FakeLogs(1, text="a line " * 1000))
    assert len(found.lines[0].text) == MAX_LINE_CHARS
    assert found.shortened == 1


def test_a_line_that_a_program_ended_with_an_ellipsis_is_not_cut_off() -> None:
    logs = FakeLogs(1)
    logs.events[0]["message"] = "still loading…"
    found = read(logs)
    assert (texts(found), found.shortened) == (["still loading…"], 0)


def test_a_key_in_a_line_is_removed() -> None:
    found = read(FakeLogs(1, text="aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ8tKLMNOP"))
    assert "wJalr" not in texts(found)[0]
    assert found.redacted == 1
