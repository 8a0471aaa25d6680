"""Puts the columns that a query names into a table of sqlite, and learns what they hold."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.tables.inside.cells import Cell, encode, key
from shared.tables.inside.columns import Kind, Row, flatten, heads, pair_of
from shared.tables.inside.reading import Keep, Table
from shared.tables.inside.refusal import Refused, mismatch

# Names that are kept for a refusal's suggestions.
MAX_KNOWN = 2000


@dataclass(frozen=True, slots=True)
class Column:
    """A column in SQL: `value` is what is answered, `key` what is compared. Both are names that this code chose."""

    name: str
    value: str
    key: str
    kind: Kind

    @property
    def type(self) -> str:
        return self.kind.type


@dataclass
class Loaded:
    """A table of sqlite named `alias`, whose `n` numbers its rows; row n is of `rows[n]`, unnested `elements[n]`."""

    alias: str
    table: Table
    unnest: str | None
    columns: dict[str, Column] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rows: array[int] = field(default_factory=lambda: array("I"))
    elements: array[int] = field(default_factory=lambda: array("I"))

    @property
    def count(self) -> int:
        return len(self.rows)

    def raw(self, number: int) -> Row:
        """The whole row, as it is in the result; of an unnested one with its element in the list's place."""
        found = self.table[self.rows[number]]
        return found if self.unnest is None else _elements(found, self.unnest)[self.elements[number]]


def load(db: sqlite3.Connection, alias: str, table: Table, names: list[str], unnest: str | None = None) -> Loaded:
    """Load these columns of the rows that were kept. Raises Refused (`unknown_column`, `type_mismatch`)."""
    loaded = Loaded(alias, table, unnest)
    kinds = {name: Kind() for name in names}
    cells: dict[str, list[Any]] = {name: [] for name in names}
    seen: set[str] = set()
    for number, element, row in _rows(table, unnest):
        flat = flatten(row)
        loaded.rows.append(number)
        loaded.elements.append(element)
        if len(seen) < len(names):
            seen.update(name for name in names if name in flat)
        for name in names:
            value = flat.get(name)
            kinds[name].see(value)
            cells[name].append(value)
    if unnest is not None and not loaded.count and len(table):
        _check_unnested(unnest, table)
    missing = [name for name in names if name not in seen]
    if loaded.count and missing:
        loaded.notes += _excused(table, missing)
    _insert(db, loaded, kinds, cells)
    return loaded


def kept(names: list[str]) -> Keep:
    """What to keep of each row where these columns, and no others, are to be loaded: the keys that they come from."""
    wanted = heads(names)

    def keep(row: Row) -> Row:
        return {key: value for key, value in row.items() if key in wanted}

    return keep


def _insert(db: sqlite3.Connection, loaded: Loaded, kinds: dict[str, Kind], cells: dict[str, list[Any]]) -> None:
    made = ["n INTEGER PRIMARY KEY"]
    for number, (name, kind) in enumerate(kinds.items()):
        value = f"v{number}"
        compared = f"k{number}" if kind.as_text else value
        made += [value] + ([compared] if kind.as_text else [])
        loaded.columns[name] = Column(name, f"{loaded.alias}.{value}", f"{loaded.alias}.{compared}", kind)
    db.execute(f"CREATE TABLE {loaded.alias} ({', '.join(made)})")

    def records() -> Iterator[list[Cell]]:
        for number in range(loaded.count):
            record: list[Cell] = [number]
            for name, kind in kinds.items():
                value = cells[name][number]
                record.append(encode(value))
                if kind.as_text:
                    record.append(key(value, kind))
            yield record

    marks = ", ".join("?" * len(made))
    db.executemany(f"INSERT INTO {loaded.alias} VALUES ({marks})", records())


def _rows(table: Table, unnest: str | None) -> Iterator[tuple[int, int, Row]]:
    for number, row in enumerate(table.kept):
        if unnest is None:
            yield number, 0, row
        else:
            for position, each in enumerate(_elements(row, unnest)):
                yield number, position, each


def _elements(row: Row, name: str) -> list[Row]:
    """The row once for each element of its list `name`, which that takes the place of; none for an empty list."""
    found = _path(row, name)
    if found is None:
        return []
    value: Any = row
    for part in found:
        value = value[part]
    if value is None:
        return []
    if not isinstance(value, list):
        raise mismatch(name, "single values", "only a list can be unnested")
    return [_replaced(row, found, element) for element in value]


def _path(row: Any, name: str) -> list[str] | None:
    """The keys that lead to the value of a dotted name; the keys may have dots themselves."""
    if name in row:
        return [name]
    for at in (position for position, character in enumerate(name) if character == "."):
        within = row.get(name[:at])
        rest = _path(within, name[at + 1 :]) if isinstance(within, dict) else None
        if rest is not None:
            return [name[:at], *rest]
    return None


def _replaced(row: Row, path: list[str], value: Any) -> Row:
    head, *rest = path
    return {**row, head: _replaced(row[head], rest, value) if rest else value}


def _check_unnested(unnest: str, table: Table) -> None:
    """A name that no row has is a mistake; a list that is empty everywhere is none."""
    known = _known(table)
    if unnest not in known:
        raise Refused("unknown_column", column=unnest, known=known)


def _excused(table: Table, missing: list[str]) -> list[str]:
    """Notes on columns that no row has: keys that none of the lists of keys and values has, such as a tag.

    Raises Refused (`unknown_column`) for any other.
    """
    known, notes = _known(table), []
    for name in missing:
        within = next((each for each in known if name.startswith(each + ".") and _holds_pairs(table, each)), None)
        if within is None:
            raise Refused("unknown_column", column=name, known=known)
        notes.append(f"no row has {name}: none of the lists in {within} has that key")
    return notes


def _known(table: Table) -> list[str]:
    """The names of the columns of all rows, as many as are of use."""
    known: dict[str, None] = {}
    for row in table:
        known.update(dict.fromkeys(flatten(row)))
        if len(known) >= MAX_KNOWN:
            break
    return list(known)


def _holds_pairs(table: Table, name: str) -> bool:
    lists = [value for value in (flatten(row).get(name) for row in table.kept) if value is not None]
    return bool(lists) and all(isinstance(each, list) and (not each or pair_of(each)) for each in lists)
