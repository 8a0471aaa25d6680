"""Server-sent events are read as the standard says, however the bytes come."""

from __future__ import annotations

import pytest

from cli.errors import Unreachable
from cli.gateway.sse import Event, read_events

TEXT = (
    'event: text\r\ndata: {"delta": "a\u2028b\x85c"}\r\nid: 1-0\r\n\r\n'
    ': ping\n\nevent: turn\rdata: {"x": 1}\rid: 2-0\r\r'
)
EVENTS = [Event("text", {"delta": "a\u2028b\x85c"}, "1-0"), Event("turn", {"x": 1}, "2-0")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_the_same_however_the_bytes_come(size: int) -> None:
    raw = TEXT.encode()
    chunks = [raw[start : start + size] for start in range(0, len(raw), size)]
    assert list(read_events(chunks)) == EVENTS


def test_an_event_that_the_end_cut_off_is_left_out() -> None:
    assert list(read_events([b'event: turn\ndata: {"x": 1}\nid: 1-0\n'])) == []


def test_data_of_several_lines_is_joined_and_comments_are_no_events() -> None:
    assert list(read_events([b':hello\n\ndata: {"a":\ndata:  1}\n\n'])) == [Event("message", {"a": 1}, "")]


@pytest.mark.parametrize("data", ["no json", "[1]", '"x"', "[" * 100_000])
def test_what_is_no_event_of_the_gateway_ends_the_stream(data: str) -> None:
    with pytest.raises(Unreachable, match="not the gateway's"):
        list(read_events([f"data: {data}\n\n".encode()]))
