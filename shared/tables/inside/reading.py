"""Finds the rows in a result's JSON one after another: the document is never a tree of objects as a whole."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from json.decoder import WHITESPACE  # type: ignore[attr-defined]  # the pattern that the decoder itself uses
from typing import Any

from shared.tables.inside.refusal import Refused


def _no_number(_: str) -> None:
    """NaN and infinity are no JSON; AWS has them in no answer."""


_DECODER = json.JSONDecoder(parse_constant=_no_number)


# What is kept of each row while it is read.
Keep = Callable[[dict[str, Any]], Any]


@dataclass
class Table:
    """The rows of one list of a result: where they stand in its text, and what was kept of each."""

    name: str
    text: str = field(repr=False)
    spans: array[int] = field(default_factory=lambda: array("Q"), repr=False)
    kept: list[Any] = field(default_factory=list, repr=False)
    objects: int = 0

    def __len__(self) -> int:
        return len(self.spans) // 2

    def __getitem__(self, number: int) -> dict[str, Any]:
        """The whole of a row."""
        start, end = self.spans[2 * number], self.spans[2 * number + 1]
        return _as_row(_DECODER.decode(self.text[start:end]))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Every whole row, read again."""
        return (self[number] for number in range(len(self)))


@dataclass
class Document:
    """A result's lists by name, and the rest of it; a result that is a list has the name ""."""

    tables: dict[str, Table]
    rest: dict[str, Any]
    keep: Keep

    def table(self, wanted: str | None) -> Table:
        """The list of that name; without one the longest list of objects, or any list, or the result as one row."""
        if wanted is None:
            found = max(self.tables.values(), key=lambda each: (each.objects, len(each)), default=None)
            return self._as_one_row() if found is None else found
        if wanted in self.tables:
            return self.tables[wanted]
        raise Refused("unknown_rows", name=wanted, known=sorted(self.tables))

    def _as_one_row(self) -> Table:
        text = json.dumps(self.rest)
        return Table("", text, array("Q", (0, len(text))), [self.keep(self.rest)], 1)


def unpacked(packed: bytes, most: int) -> str:
    """The document's text, of `most` bytes at most."""
    unpacker = zlib.decompressobj()
    document = unpacker.decompress(packed, most)
    if not unpacker.eof:
        raise Refused("too_costly", detail=f"the result is larger than {most} bytes")
    return document.decode("utf-8", "replace")


def read(text: str, keep: Keep) -> Document:
    """The lists at the top of the document. Raises ValueError for what is no JSON."""
    start = _skip(text, 0)
    document = Document({}, {}, keep)
    if text[start : start + 1] == "[":
        document.tables[""] = Table("", text)
        _read_list(text, start, document.tables[""], keep)
    elif text[start : start + 1] == "{":
        _read_object(text, start, document)
    else:
        document.rest["value"] = _DECODER.decode(text)
    return document


def _as_row(element: Any) -> dict[str, Any]:
    """An element of a list as a row: what is no object is one with a `value`."""
    return element if isinstance(element, dict) else {"value": element}


def _read_object(text: str, start: int, document: Document) -> None:
    at = _skip(text, start + 1)
    while text[at : at + 1] == '"':
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError("no JSON object")
        at = _skip(text, at + 1)
        if text[at : at + 1] == "[":
            document.tables[name] = Table(name, text)
            at = _read_list(text, at, document.tables[name], document.keep)
        else:
            document.rest[name], at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
    if text[at : at + 1] != "}":
        raise ValueError("no JSON object")


def _read_list(text: str, start: int, table: Table, keep: Keep) -> int:
    """Put down where each element stands; returns where the list ends."""
    at = _skip(text, start + 1)
    while text[at : at + 1] != "]":
        element, end = _DECODER.raw_decode(text, at)
        table.spans.extend((at, end))
        table.objects += isinstance(element, dict)
        table.kept.append(keep(_as_row(element)))
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            raise ValueError("no JSON list")
    return at + 1


def _skip(text: str, at: int) -> int:
    end: int = WHITESPACE.match(text, at).end()
    return end
