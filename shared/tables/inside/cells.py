"""Values as sqlite holds them, and the functions over them that SQL does not have.

Null, numbers and text are sqlite's own; truth values, lists and objects are their JSON as a blob, so that no two kinds
are ever equal. sqlite orders them null, numbers, text, blobs.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import Any

from shared.tables.inside.columns import Kind, moment

Cell = None | int | float | str | bytes
INT64 = 2**63
_EXACT = Context(prec=100)
_UNITS = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d", "hour": "%Y-%m-%dT%H:00Z"}
UNITS = tuple(_UNITS)


def encode(value: Any) -> Cell:
    """A JSON value as a cell. Integers past 64 bits become floats, past those null; half a surrogate pair "?"."""
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        return value if -INT64 <= value < INT64 else _float(value)
    if isinstance(value, float):
        return None if value in (float("inf"), float("-inf")) else value
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _float(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def decode(cell: Cell) -> Any:
    """The JSON value of a cell."""
    return json.loads(cell) if isinstance(cell, bytes) else cell


def key(value: Any, kind: Kind) -> Cell:
    """What a value of the column is compared, sorted and grouped by: numbers and times that are text as numbers."""
    if not kind.as_text or value is None:
        return encode(value)
    if kind.type == "time":
        return moment(value)
    return float(value) if "." in value else int(value)


class Sum:
    """Exact: integers as integers (past 64 bits as a float), other numbers by the digits they are written with."""

    def __init__(self) -> None:
        self.whole, self.parts, self.count = 0, Decimal(0), 0
        self.only_whole = True

    def step(self, value: Any) -> None:
        if isinstance(value, int):
            self.whole += value
        elif value is not None:
            self.only_whole = False
            self.parts = _EXACT.add(self.parts, Decimal(str(value)))
        self.count += value is not None

    def total(self) -> Decimal:
        return _EXACT.add(self.parts, Decimal(self.whole))

    def finalize(self) -> Cell:
        if not self.only_whole:
            return float(self.total())
        return self.whole if -INT64 <= self.whole < INT64 else float(self.whole)


class Average(Sum):
    def finalize(self) -> Cell:
        return float(_EXACT.divide(self.total(), Decimal(self.count))) if self.count else None


class Least:
    """The value of the least key, for columns whose keys are not their values."""

    sign = 1

    def __init__(self) -> None:
        self.best: Any = None
        self.value: Cell = None

    def step(self, found: Any, value: Cell) -> None:
        if found is not None and (self.best is None or self.sign * found < self.sign * self.best):
            self.best, self.value = found, value

    def finalize(self) -> Cell:
        return self.value


class Greatest(Least):
    sign = -1


def fits_text(op: str, text: Any, wanted: str) -> bool:
    """Whether a text contains, begins or ends with another, without regard to case. No pattern, only text."""
    if not isinstance(text, str):
        return False
    folded, part = text.casefold(), wanted.casefold()
    if op == "starts_with":
        return folded.startswith(part)
    return folded.endswith(part) if op == "ends_with" else part in folded


def fits_list(op: str, cell: Any, wanted: str) -> bool:
    """Whether any element of a list fits; `wanted` is JSON. A value that is no list is an element by itself."""
    elements, value = decode(cell), json.loads(wanted)
    return any(_fits(op, each, value) for each in (elements if isinstance(elements, list) else [elements]))


def _fits(op: str, element: Any, value: Any) -> bool:
    if op == "in":
        return any(_same(element, each) for each in value)
    if op == "=":
        return _same(element, value)
    if op in ("contains", "starts_with", "ends_with"):
        return fits_text(op, element, value)
    pair = _comparable(element, value)
    return pair is not None and _ORDER[op](*pair)


def _same(element: Any, value: Any) -> bool:
    return element == value and isinstance(element, bool) == isinstance(value, bool)


_ORDER = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _comparable(a: Any, b: Any) -> tuple[Any, Any] | None:
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (a, b))
    if numbers:
        return a, b
    if not (isinstance(a, str) and isinstance(b, str)):
        return None
    moments = moment(a), moment(b)
    return (moments[0], moments[1]) if None not in moments else (a, b)


def bucket(micros: Any, unit: str) -> str | None:
    """The year, month, day or hour (UTC) that a moment is in."""
    if not isinstance(micros, int):
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).strftime(_UNITS[unit])


def register(db: sqlite3.Connection) -> None:
    """Make the functions known to SQL."""
    db.create_function("fits_text", 3, fits_text, deterministic=True)
    db.create_function("fits_list", 3, fits_list, deterministic=True)
    db.create_function("bucket", 2, bucket, deterministic=True)
    aggregates: tuple[tuple[str, int, Any], ...] = (
        ("exact_sum", 1, Sum),
        ("exact_avg", 1, Average),
        ("least", 2, Least),
        ("greatest", 2, Greatest),
    )
    for name, arguments, aggregate in aggregates:
        db.create_aggregate(name, arguments, aggregate)
