"""Makes flat columns of a row of JSON, and finds out what kind of values a column has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# Objects nested deeper are one value.
MAX_DEPTH = 8
# Lists of keys and values, such as tags: the names that AWS's services, and this system's tools, have for the two.
PAIRS = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"), ("tagKey", "tagValue"), ("Name", "Value"))
_PAIRS = tuple((pair, frozenset(pair)) for pair in PAIRS)

# What `float` and CAST read alike, and no two texts of one number but for zeros at the end: no 007, no 1e3.
NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,17})?")
TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")

Row = dict[str, Any]


def flatten(row: Row) -> Row:
    """The row by dotted names. Where two values get the same name, the first has it."""
    flat: Row = {}
    _flatten(row, "", 0, flat)
    return flat


def heads(names: Iterable[str]) -> frozenset[str]:
    """The keys of a row from which these columns can come: of the columns "a" and "b.c" they are a, b and b.c."""
    parts = ((name, name.split(".")) for name in names)
    return frozenset(".".join(split[:end]) for _, split in parts for end in range(1, len(split) + 1))


def _flatten(row: Row, prefix: str, depth: int, flat: Row) -> None:
    for key, value in row.items():
        name = prefix + key
        kind = type(value)
        if kind is dict and depth < MAX_DEPTH:
            _flatten(value, name + ".", depth + 1, flat)
            continue
        flat.setdefault(name, value)
        if kind is list and value and depth < MAX_DEPTH:
            _flatten_list(value, name + ".", depth + 1, flat)


def _flatten_list(value: list[Any], prefix: str, depth: int, flat: Row) -> None:
    """The columns within a list: a value for each key, or the elements' values as a list for each of their names."""
    pair = pair_of(value)
    if pair:
        for element in value:
            flat.setdefault(prefix + element[pair[0]], element.get(pair[1]))
        return
    within: dict[str, list[Any]] = {}
    for element in value:
        if isinstance(element, dict):
            parts: Row = {}
            _flatten(element, prefix, depth, parts)
            for name, part in parts.items():
                if part is not None:
                    within.setdefault(name, []).extend(part if isinstance(part, list) else [part])
    for name, parts_of in within.items():
        flat.setdefault(name, parts_of)


def pair_of(value: list[Any]) -> tuple[str, str] | None:
    """The names of key and value, where the list is one of keys and values."""
    first = value[0] if value else None
    for pair, names in _PAIRS:
        if isinstance(first, dict) and pair[0] in first and all(_is_pair(each, pair[0], names) for each in value):
            return pair
    return None


def _is_pair(element: Any, key: str, names: frozenset[str]) -> bool:
    return isinstance(element, dict) and isinstance(element.get(key), str) and element.keys() <= names


_KINDS = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "object"}


@dataclass(slots=True)
class Kind:
    """What the values of one column are, learned one after another."""

    filled: int = 0
    kinds: set[str] = field(default_factory=set)
    plain_numbers: bool = True
    times: bool = True
    objects: bool = False

    def see(self, value: Any) -> None:
        if value is None:
            return
        self.filled += 1
        kind = _KINDS[type(value)]
        self.kinds.add(kind)
        if kind == "text":
            if self.plain_numbers:
                self.plain_numbers = NUMBER.fullmatch(value) is not None
            if self.times:
                self.times = is_time(value)
        elif kind == "list":
            self.objects = self.objects or any(isinstance(each, dict | list) for each in value)

    @property
    def type(self) -> str:
        """One of `messages.ColumnType`."""
        if not self.kinds:
            return "empty"
        if self.kinds == {"text"}:
            return "number" if self.plain_numbers else "time" if self.times else "text"
        return next(iter(self.kinds)) if len(self.kinds) == 1 and self.kinds != {"object"} else "mixed"

    @property
    def as_text(self) -> bool:
        """Numbers or times that are written as text."""
        return self.kinds == {"text"} and self.type in ("number", "time")


def is_time(text: str) -> bool:
    return bool(TIME.fullmatch(text)) and moment(text) is not None


def moment(text: str) -> int | None:
    """Microseconds since 1970 of an ISO date or time, UTC where it names no offset; None for what is no time."""
    try:
        read = datetime.fromisoformat(text)
        aware = read if read.tzinfo else read.replace(tzinfo=UTC)
        since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
