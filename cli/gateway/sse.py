"""Server-sent events, read from bytes as they come (WHATWG HTML, 9.2.6: lines end with LF, CRLF or CR)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cli.errors import Unreachable

MAX_LINE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `data` is its JSON object."""

    kind: str
    data: dict[str, Any]
    id: str


def read_events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """The events of a stream. One that the stream's end cut off is left out. Raises Unreachable for what is none."""
    kind, identity = "message", ""
    data: list[str] = []
    for line in _lines(chunks):
        if not line:
            if data:
                yield Event(kind, _object("\n".join(data)), identity)
            kind, data = "message", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            identity = value


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines, decoded. `str.splitlines` would also break at characters that stand within JSON, such as U+2028."""
    rest, after_cr = b"", False
    for chunk in chunks:
        if after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        after_cr = chunk.endswith(b"\r")
        *whole, rest = (rest + chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            raise Unreachable("the gateway sent a line of more than 32 MiB", code="not_the_gateway")
        for line in whole:
            yield line.decode("utf-8", "replace")


def _object(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise Unreachable("what answers sends events that are not the gateway's", code="not_the_gateway")
    return data
