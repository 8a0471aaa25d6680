"""The tables in a result: each list of objects is one, and what stands alone is a list of facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from pydantic import JsonValue

from shared.plans.page.documents import inline_json
from shared.text.answers import visible
from shared.text.sizes import human_bytes

MAX_COLUMNS = 30
MAX_CELL_CHARS = 2000
# Lists of lists and the like are shown as JSON.
_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it is shown; `number` sorts it as a number."""

    text: str
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """`path` is where in the result it is: "buckets"; empty for the result itself. `rows` may be a page of `total`."""

    path: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class ResultShown:
    """A result's facts by name, and its tables."""

    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = field(default=())


def result_shown(result: JsonValue, most: int) -> ResultShown:
    """Facts and tables, each table with its first `most` rows."""
    facts: list[tuple[str, str]] = []
    tables: list[Table] = []
    for path, value in _parts(result, "", 0):
        if _is_table(value):
            tables.append(table_of(path, value, 0, most))
        elif _is_counts(value):
            tables.append(_counts(path, value))
        else:
            facts.append((visible(path) or "result", cell(path, value).text))
    return ResultShown(tuple(facts), tuple(tables))


def lists_in(result: JsonValue) -> dict[str, Sequence[Mapping[str, JsonValue]]]:
    """Every list of objects in a result, by where it is."""
    return {path: value for path, value in _parts(result, "", 0) if _is_table(value)}


def table_of(path: str, rows: Sequence[Mapping[str, JsonValue]], start: int, most: int) -> Table:
    """The rows from `start` on as a table, with the columns of all of them."""
    columns = _columns(rows)
    shown = tuple(tuple(cell(name, row.get(name)) for name in columns) for row in rows[start : start + most])
    return Table(path, columns, shown, len(rows))


def _columns(rows: Sequence[Mapping[str, JsonValue]]) -> tuple[str, ...]:
    """The columns of all rows, what names a row first. Sizes in words are left out beside those in bytes."""
    names = dict.fromkeys(name for row in rows[:1000] for name in row)
    shown = [
        name for name in names if not (name.endswith("_human") and f"{name.removesuffix('_human')}_bytes" in names)
    ]
    return tuple(sorted(shown, key=_order)[:MAX_COLUMNS])


def _order(name: str) -> int:
    ends = ("account", "name", "id", "arn", "region")
    return next((place for place, end in enumerate(ends) if name == end or name.endswith(f"_{end}")), len(ends))


def cell(name: str, value: JsonValue) -> Cell:
    """A value: bytes in a unit that fits too, objects as JSON."""
    if value is None:
        return Cell("")
    if isinstance(value, bool):
        return Cell("yes" if value else "no", float(value))
    if isinstance(value, int | float):
        size = f" ({human_bytes(value)})" if name.rpartition(".")[2].endswith("bytes") and abs(value) >= 1024 else ""
        return Cell(f"{value}{size}", float(value))
    text = visible(value) if isinstance(value, str) else inline_json(value)
    more = len(text) - MAX_CELL_CHARS
    return Cell(text if more <= 0 else f"{text[:MAX_CELL_CHARS]} … and {more} more characters", _number(text))


def _number(text: str) -> float | None:
    """The number that a text is, as costs are."""
    if len(text) > 40 or not text.replace(".", "", 1).removeprefix("-").isascii():
        return None
    return float(text) if text.replace(".", "", 1).removeprefix("-").isdigit() else None


def _parts(value: JsonValue, path: str, depth: int) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict) and depth < _MAX_DEPTH and not _is_counts(value) and value:
        for name, item in value.items():
            yield from _parts(item, f"{path}.{name}" if path else name, depth + 1)
    else:
        yield path, value


def _is_table(value: JsonValue) -> TypeGuard[list[Mapping[str, JsonValue]]]:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _is_counts(value: JsonValue) -> TypeGuard[dict[str, JsonValue]]:
    """Whether it is an object of names and numbers, as instances by region."""
    return (
        isinstance(value, dict)
        and len(value) > 1
        and all(isinstance(item, int) and not isinstance(item, bool) for item in value.values())
        and not any(name.endswith(("_count", "_bytes")) for name in value)
    )


def _counts(path: str, value: Mapping[str, JsonValue]) -> Table:
    rows = tuple((Cell(visible(name)), cell("", count)) for name, count in value.items())
    return Table(path, ("name", "count"), rows, len(rows))
