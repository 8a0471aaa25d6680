"""Runs one query over the tables of one or two results, and tells what it found, row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.tables.inside import cells, statement
from shared.tables.inside.conditions import Resolve, Sql
from shared.tables.inside.loading import Column, Loaded, kept, load
from shared.tables.inside.reading import read
from shared.tables.inside.refusal import Refused, mismatch
from shared.tables.inside.statement import JOINED, Query, Statement

# Pairs of rows that a join may make before its rows are filtered further.
MAX_JOINED = 500_000


@dataclass(frozen=True, slots=True)
class Found:
    """`matched` rows or groups fit, of `searched` rows; `tied_out` of those cut off sort like the last one given."""

    matched: int
    searched: int
    tied_out: int
    notes: tuple[str, ...]
    rows: Iterator[dict[str, Any]]


def run(query: Query, texts: list[str]) -> Found:
    """Answer a query over the first result, and the second where it joins one. Raises Refused."""
    db = _database()
    try:
        return _run(db, query, texts)
    except sqlite3.DataError as error:
        raise Refused("too_costly", detail=f"a value is too large: {error}") from None


def _database() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    # This process may write no file, and nothing of it outlives it.
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA journal_mode = OFF")
    cells.register(db)
    return db


def _run(db: sqlite3.Connection, query: Query, texts: list[str]) -> Found:
    left, right = _loaded(db, query, texts)
    resolve = _resolver(left, right)
    source: Sql = _joined(db, query, left, right, resolve) if right else ("l", [])
    if statement.is_grouped(query):
        made = statement.grouped(query, source, resolve)
        rows, shown = _fetched(db, made, query["limit"], 0)
        found = _grouped_rows(made, rows)
    else:
        order = ("l.n", "r.n") if right else ("l.n",)
        made = statement.plain(query, source, resolve, order)
        rows, shown = _fetched(db, made, query["limit"], len(order))
        found = _plain_rows(made, rows, left, right)
    matched = db.execute(made.count, made.parameters).fetchone()[0]
    tied = _tied_out(db, made, shown, matched)
    notes = (*left.notes, *(right.notes if right else ()))
    return Found(matched, left.count, tied, notes, found)


def _loaded(db: sqlite3.Connection, query: Query, texts: list[str]) -> tuple[Loaded, Loaded | None]:
    """The tables with the columns that the query names."""
    join, unnest, names = query["join"], query["unnest"], statement.needed(query)
    if join is None:
        table = read(texts[0], kept([*names, *([unnest] if unnest else [])])).table(query["rows"])
        return load(db, "l", table, names, unnest), None
    mine = [name for name in names if not name.startswith(JOINED)]
    mine = list(dict.fromkeys([*mine, join["left"]]))
    theirs = [name.removeprefix(JOINED) for name in names if name.startswith(JOINED)]
    theirs = list(dict.fromkeys([*theirs, join["right"]]))
    table = read(texts[0], kept([*mine, *([unnest] if unnest else [])])).table(query["rows"])
    other = read(texts[1], kept(theirs)).table(join["rows"])
    return load(db, "l", table, mine, unnest), load(db, "r", other, theirs)


def _resolver(left: Loaded, right: Loaded | None) -> Resolve:
    def resolve(name: str) -> Column:
        if right and name.startswith(JOINED):
            return right.columns[name.removeprefix(JOINED)]
        return left.columns[name]

    return resolve


def _fetched(db: sqlite3.Connection, made: Statement, limit: int, order: int) -> tuple[list[Any], list[Any]]:
    """The rows without their sort keys, and the sort keys of the rows. `order`: numbers of rows that stay in front."""
    rows = db.execute(made.rows, [*made.parameters, limit]).fetchall()
    width = order + len(made.names)
    return [row[:width] for row in rows], [row[width:] for row in rows]


def _tied_out(db: sqlite3.Connection, made: Statement, keys: list[Any], matched: int) -> int:
    if not made.keys or not keys or matched <= len(keys):
        return 0
    alike: int = db.execute(made.tied, [*made.parameters, *keys[-1]]).fetchone()[0]
    return alike - keys.count(keys[-1])


def _grouped_rows(made: Statement, rows: list[Any]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield dict(zip(made.names, map(cells.decode, row), strict=True))


def _plain_rows(made: Statement, rows: list[Any], left: Loaded, right: Loaded | None) -> Iterator[dict[str, Any]]:
    first = 2 if right else 1
    for row in rows:
        if made.names:
            yield dict(zip(made.names, map(cells.decode, row[first:]), strict=True))
            continue
        whole = left.raw(row[0])
        if right:
            whole = {**whole, JOINED[:-1]: right.raw(row[1]) if row[1] is not None else None}
        yield whole


def _joined(db: sqlite3.Connection, query: Query, left: Loaded, right: Loaded, resolve: Resolve) -> Sql:
    """The source of a joined query, once it is certain that it has no more than MAX_JOINED rows."""
    join = query["join"]
    mine, theirs = left.columns[join["left"]], right.columns[join["right"]]
    ours, other = _compared(mine, theirs)
    uses_other = any(each["column"].startswith(JOINED) for each in [*query["where"], *query["where_any"]])
    where, values = ("1", []) if uses_other else statement.filters(query, resolve)
    of_left = f"SELECT {ours} AS k, count(*) AS c FROM l WHERE {ours} IS NOT NULL AND {where} GROUP BY 1"
    of_right = f"SELECT {other} AS k, count(*) AS c FROM r WHERE {other} IS NOT NULL GROUP BY 1"
    pairs = f"SELECT total(a.c * b.c) FROM ({of_left}) a JOIN ({of_right}) b ON a.k = b.k"
    count = int(db.execute(pairs, values).fetchone()[0])
    if count > MAX_JOINED:
        raise Refused(
            "too_costly",
            detail=f"the join makes {count:,} rows, more than {MAX_JOINED:,}: many rows share their {join['left']}; "
            "filter first, or join by a column whose values are unique",
        )
    db.execute(f"CREATE INDEX joined ON r ({other.removeprefix('r.')})")
    return f"l {'LEFT ' if join['keep_unmatched'] else ''}JOIN r ON {ours} = {other}", []


def _compared(left: Column, right: Column) -> tuple[str, str]:
    """What two columns are joined by: what they are compared by, or their texts where only one reads as something."""
    for column in (left, right):
        if "list" in column.kind.kinds:
            raise mismatch(column.name, "lists", "join by single values: unnest it first")
    if left.type == right.type or "empty" in (left.type, right.type):
        return left.key, right.key
    if left.kind.kinds == right.kind.kinds == {"text"}:
        return left.value, right.value
    if "mixed" in (left.type, right.type):
        return left.value, right.value
    raise mismatch(left.name, f"{left.type} values", f"joined.{right.name} holds {right.type} values")
