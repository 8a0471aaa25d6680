"""Compiles a checked query to SQL over the loaded tables: what is answered, grouped and sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.tables.inside.cells import UNITS, Cell
from shared.tables.inside.columns import Kind
from shared.tables.inside.conditions import Resolve, Sql, all_of, any_of
from shared.tables.inside.loading import Column
from shared.tables.inside.refusal import Refused, mismatch

Query = Mapping[str, Any]
JOINED = "joined."
_NEEDS_NUMBERS = ("sum", "avg")


@dataclass(frozen=True, slots=True)
class Statement:
    """`rows` and `count` share their parameters; `names` are the columns of `rows`; `keys` what it is sorted by."""

    rows: str
    count: str
    tied: str
    parameters: list[Cell]
    names: tuple[str, ...]
    keys: int


def split_unit(name: str) -> tuple[str, str | None]:
    """A column to group by and the unit of time that its moments are put together by: "CreateTime:month"."""
    column, _, unit = name.rpartition(":")
    return (column, unit) if column and unit in UNITS else (name, None)


def needed(query: Query) -> list[str]:
    """The columns of the tables that a query names, those of the joined one with their prefix."""
    of_rows = [*query["where"], *query["where_any"]]
    names = [each["column"] for each in of_rows]
    if is_grouped(query):
        names += [split_unit(name)[0] for name in query["group_by"]]
        names += [each["column"] for each in query["aggregates"] if each["column"]]
    else:
        names += [*query["select"], *(each["column"] for each in query["sort"])]
    return list(dict.fromkeys(names))


def is_grouped(query: Query) -> bool:
    return bool(query["group_by"] or query["aggregates"])


def filters(query: Query, resolve: Resolve) -> Sql:
    """The condition on rows."""
    all_sql, all_values = all_of(query["where"], resolve)
    any_sql, any_values = any_of(query["where_any"], resolve)
    return f"{all_sql} AND {any_sql}", all_values + any_values


def plain(query: Query, source: Sql, resolve: Resolve, order: Sequence[str]) -> Statement:
    """Rows of the source. The first of its columns are `order`, which also parts rows that sort alike."""
    chosen = [resolve(name) for name in query["select"]]
    sorts = [(resolve(each["column"]), each["descending"]) for each in query["sort"]]
    where, values = filters(query, resolve)
    keys = [f"{column.key} AS s{number}" for number, (column, _) in enumerate(sorts)]
    columns = [*order, *(column.value for column in chosen), *keys]
    ordering = [f"s{number} {_direction(down)}" for number, (_, down) in enumerate(sorts)]
    matched = f"FROM {source[0]} WHERE {where}"
    return Statement(
        rows=f"SELECT {', '.join(columns)} {matched} ORDER BY {', '.join([*ordering, *order])} LIMIT ?",
        count=f"SELECT count(*) {matched}",
        tied=f"SELECT count(*) FROM (SELECT {', '.join(keys) or '1'} {matched}) WHERE {_alike(len(keys))}",
        parameters=[*source[1], *values],
        names=tuple(query["select"]),
        keys=len(keys),
    )


def grouped(query: Query, source: Sql, resolve: Resolve) -> Statement:
    """Groups of the source's rows, and what is computed of each; one for all rows where nothing is grouped by."""
    groups = [_group(name, resolve) for name in query["group_by"]]
    aggregates = query["aggregates"] or [{"op": "count", "column": None, "name": "count"}]
    names = [*query["group_by"], *(each["name"] for each in aggregates)]
    _check_unique(names)
    parts = [*groups, *(_aggregate(each, resolve) for each in aggregates)]
    columns = {
        name: Column(name, f"a{number}", f"b{number}", part.kind)
        for number, (name, part) in enumerate(zip(names, parts, strict=True))
    }

    def of_group(name: str) -> Column:
        if name not in columns:
            raise Refused("unknown_column", column=name, known=list(columns), grouped=True)
        return columns[name]

    where, values = filters(query, resolve)
    having, more = all_of(query["having"], of_group)
    selected = ", ".join(f"{part.value} AS a{n}, {part.key} AS b{n}" for n, part in enumerate(parts))
    by = f" GROUP BY {', '.join(part.key for part in groups)}" if groups else ""
    matched = f"FROM (SELECT {selected} FROM {source[0]} WHERE {where}{by}) WHERE {having}"
    sorts = [(of_group(each["column"]).key, each["descending"]) for each in query["sort"]]
    ordering = [f"{key} {_direction(down)}" for key, down in sorts]
    ordering += [f"b{number} {_direction(False)}" for number in range(len(groups))]
    answered = [of_group(name).value for name in query["select"] or names]
    keys = [f"{key} AS s{number}" for number, (key, _) in enumerate(sorts)]
    order = f" ORDER BY {', '.join(ordering)}" if ordering else ""
    return Statement(
        rows=f"SELECT {', '.join([*answered, *keys])} {matched}{order} LIMIT ?",
        count=f"SELECT count(*) {matched}",
        tied=f"SELECT count(*) FROM (SELECT {', '.join(keys) or '1'} {matched}) WHERE {_alike(len(sorts))}",
        parameters=[*source[1], *values, *more],
        names=tuple(query["select"] or names),
        keys=len(sorts),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A column of the groups, in SQL: what is answered, and what is compared and sorted."""

    value: str
    key: str
    kind: Kind


_TEXT = Kind(filled=1, kinds={"text"}, plain_numbers=False, times=False)
_NUMBER = Kind(filled=1, kinds={"number"})


def _group(name: str, resolve: Resolve) -> Part:
    column_name, unit = split_unit(name)
    column = resolve(column_name)
    if column.type == "list":
        raise mismatch(column_name, "lists", "group by single values: unnest it first")
    if unit is None:
        value = column.key if column.key == column.value else f"min({column.value})"
        return Part(value, column.key, column.kind)
    if column.type not in ("time", "empty"):
        raise mismatch(column_name, f"{column.type} values", f":{unit} needs times")
    key = f"bucket({column.key}, '{unit}')"
    return Part(key, key, _TEXT)


def _aggregate(aggregate: Mapping[str, Any], resolve: Resolve) -> Part:
    op = aggregate["op"]
    if aggregate["column"] is None:
        if op != "count":
            raise Refused("invalid", detail=f"{op} needs a column; only count goes without")
        return Part("count(*)", "count(*)", _NUMBER)
    column = resolve(aggregate["column"])
    kind = column.type
    if op in ("count", "count_distinct"):
        sql = f"count({column.value})" if op == "count" else f"count(DISTINCT {column.key})"
        return Part(sql, sql, _NUMBER)
    if op in _NEEDS_NUMBERS:
        if kind not in ("number", "empty"):
            raise mismatch(column.name, f"{kind} values", f"{op} needs numbers")
        # Without a row sqlite does not even ask the function.
        sql = f"coalesce(exact_sum({column.value}), 0)" if op == "sum" else f"exact_avg({column.value})"
        return Part(sql, sql, _NUMBER)
    if kind in ("list", "mixed"):
        raise mismatch(column.name, f"{kind} values", f"{op} needs values in order")
    function = "least" if op == "min" else "greatest"
    value = f"{function}({column.key}, {column.value})" if column.kind.as_text else f"{op}({column.value})"
    return Part(value, f"{op}({column.key})", column.kind)


def _check_unique(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refused("invalid", detail=f"two columns of the answer are named {twice[0]}; give one another name")


def _direction(descending: bool) -> str:
    return "DESC NULLS LAST" if descending else "ASC NULLS LAST"


def _alike(keys: int) -> str:
    """Rows that sort like one whose keys are the parameters; `IS` takes null for null."""
    return " AND ".join(f"s{number} IS ?" for number in range(keys)) or "1"
