"""Server-sent events are read by their rules, however the network cuts them."""

from __future__ import annotations

import random
import time

import pytest

from services.orchestrator.llm.event_stream import MAX_EVENT_BYTES, EventData
from services.orchestrator.llm.failures import ModelError
from services.orchestrator.llm.gate import Gate
from services.orchestrator.llm.thinking import Thoughts
from tests.unit.orchestrator.llm.conftest import OFFERED

STREAM = (
    ': ping\n\nevent: message\nid: 7\nretry: 10\ndata: {"a": "é"}\n\n'
    "data:{}\r\n\r\n"
    'data: {"two":\ndata:  "lines"}\n\n'
    "event: ping\n\n"
    "data:\n\n"
    "data: [DONE]\n\n"
)
EVENTS = ['{"a": "é"}', "{}", '{"two":\n "lines"}', "[DONE]"]


def events_of(pieces: list[bytes]) -> list[str]:
    events = EventData()
    return [one for piece in pieces for one in events.add(piece)] + events.finish()


def cut(text: bytes, seed: int) -> list[bytes]:
    places = sorted(random.Random(seed).choices(range(len(text) + 1), k=seed))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


@pytest.mark.parametrize("seed", range(0, 40, 3))
def test_events_are_the_same_wherever_the_network_cuts_them(seed: int) -> None:
    assert events_of(cut(STREAM.encode(), seed)) == EVENTS


def test_each_byte_may_come_alone() -> None:
    assert events_of([STREAM.encode()[place : place + 1] for place in range(len(STREAM.encode()))]) == EVENTS


def test_lines_may_end_in_carriage_returns() -> None:
    assert events_of([b"data: 1\r\r", b"data: 2\r\r"]) == ["1", "2"]


def test_an_event_that_did_not_end_counts_for_nothing() -> None:
    assert events_of([b"data: 1\n\ndata: 2\n"]) == ["1"]


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        EventData().add(b"data: \xff\n\n")


@pytest.mark.parametrize("piece", [b"x" * 65_536, b"data: " + b"x" * 65_536 + b"\n"])
def test_an_event_without_an_end_is_given_up_in_time(piece: bytes) -> None:
    events, begun = EventData(), time.thread_time()
    for _ in range(MAX_EVENT_BYTES // len(piece)):
        assert events.add(piece) == []
    with pytest.raises(ModelError, match="more than 4,194,304 bytes"):
        events.add(piece + piece)
    assert time.thread_time() - begun < 5.0


def test_pings_may_come_for_hours() -> None:
    events = EventData()
    assert not any(events.add(b": " + b"x" * 60_000 + b"\n\n") for _ in range(MAX_EVENT_BYTES // 60_000 + 2))


@pytest.mark.parametrize(
    "text",
    [
        "A bucket\n   \n  of `logs` and ``more``.\n\n```yaml\na: <b>\n  ```\nend <tool",
        "See:\n```\n[1, 2]\n```\nthen  \n <tool_call>{}</tool_call>",
        "<think>hidden\n</think>  shown [and](link)\n\t`\n ``\nx",
    ],
)
@pytest.mark.parametrize("seed", [3, 8, 40])
def test_text_is_shown_the_same_however_it_comes(text: str, seed: int) -> None:
    def shown(pieces: list[str]) -> tuple[str, str]:
        thoughts, gate = Thoughts(), Gate(OFFERED)
        out = "".join(gate.add(thoughts.add(piece)) for piece in pieces) + gate.add(thoughts.finish())
        rest, markup = gate.finish()
        return out + rest, markup

    assert shown([piece.decode() for piece in cut(text.encode(), seed)]) == shown([text])
