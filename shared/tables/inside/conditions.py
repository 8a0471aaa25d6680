"""Compiles conditions to SQL: columns by the names that this code gave them, values as parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.tables.inside.cells import Cell, encode
from shared.tables.inside.columns import NUMBER, moment
from shared.tables.inside.loading import Column
from shared.tables.inside.refusal import Refused, mismatch

Sql = tuple[str, list[Cell]]
Condition = Mapping[str, Any]
# By its name in the query; raises Refused (`unknown_column`).
Resolve = Callable[[str], Column]

# What holds where the other does not: null included, and for lists where no element fits.
_NEGATED = {"!=": "=", "not_in": "in", "not_contains": "contains", "not_empty": "is_empty"}
_ORDERS = frozenset(("<", "<=", ">", ">="))
_WORDS = frozenset(("contains", "starts_with", "ends_with"))
MAX_VALUES = 10_000
# null, "", [] and {}
_EMPTY = "({value} IS NULL OR {value} = '' OR {value} IN (X'5B5D', X'7B7D'))"


def all_of(conditions: Iterable[Condition], resolve: Resolve) -> Sql:
    """A condition that holds where all of these do; true without any."""
    return _joined(conditions, resolve, " AND ", "1")


def any_of(conditions: Iterable[Condition], resolve: Resolve) -> Sql:
    """A condition that holds where one of these does; true without any."""
    return _joined(conditions, resolve, " OR ", "1")


def _joined(conditions: Iterable[Condition], resolve: Resolve, word: str, without: str) -> Sql:
    compiled = [compile_condition(each, resolve(each["column"])) for each in conditions]
    if not compiled:
        return without, []
    return f"({word.join(sql for sql, _ in compiled)})", [value for _, values in compiled for value in values]


def compile_condition(condition: Condition, column: Column) -> Sql:
    """A condition that is 0 or 1 for every row, never null. Raises Refused (`type_mismatch`)."""
    op, value = condition["op"], condition.get("value")
    if op in _NEGATED:
        sql, values = _positive(_NEGATED[op], value, column, op)
        return f"NOT {sql}", values
    return _positive(op, value, column, op)


def _positive(op: str, value: Any, column: Column, written: str) -> Sql:
    if op == "is_empty":
        return _EMPTY.format(value=column.value), []
    if op == "in":
        if not isinstance(value, list):
            raise Refused("invalid", detail=f"{column.name}: {written} takes a list as its value")
        if len(value) > MAX_VALUES:
            raise Refused("too_costly", detail=f"{written} takes at most {MAX_VALUES} values")
    elif isinstance(value, list | dict):
        raise Refused("invalid", detail=f"{column.name}: {written} takes one value; use in for several")
    if op == "=" and value is None:
        return f"({column.value} IS NULL)", []
    if value is None:
        raise Refused("invalid", detail=f'{column.name}: {written} needs a value; for null use "=" or "is_empty"')
    if "list" in column.kind.kinds:
        return _in_list(op, value, column, written)
    if op in _WORDS:
        return _words(op, value, column, written)
    if op == "in":
        return _one_of(value, column, written)
    wanted = _fitting(value, column, written)
    if op in _ORDERS and column.type in ("boolean", "mixed"):
        raise mismatch(column.name, f"{column.type} values", f"they have no order: use = or in, not {written}")
    return f"({column.key} IS NOT NULL AND {column.key} {op} ?)", [wanted]


def _one_of(values: list[Any], column: Column, written: str) -> Sql:
    wanted = [_fitting(each, column, written) for each in values if each is not None]
    found = f"({column.key} IS NOT NULL AND {column.key} IN ({', '.join('?' * len(wanted))}))"
    return (f"({found} OR {column.value} IS NULL)" if None in values else found), wanted


def _words(op: str, value: Any, column: Column, written: str) -> Sql:
    textual = column.kind.as_text or column.type in ("text", "mixed", "empty")
    if not textual:
        raise mismatch(column.name, f"{column.type} values", f"{written} needs text")
    if not isinstance(value, str):
        raise Refused("invalid", detail=f"{column.name}: {written} takes a text as its value")
    return f"fits_text('{op}', {column.value}, ?)", [encode(value)]


def _in_list(op: str, value: Any, column: Column, written: str) -> Sql:
    if column.type == "list" and column.kind.objects:
        inner = f"name a value of theirs for {written}, such as {column.name}.NAME, or unnest it"
        raise mismatch(column.name, "lists of objects", inner)
    if op in _WORDS and not isinstance(value, str):
        # A list contains a number, or true, where one of its elements is that.
        op = "="
    return f"({column.value} IS NOT NULL AND fits_list('{op}', {column.value}, ?))", [json.dumps(value)]


def _fitting(value: Any, column: Column, written: str) -> Cell:
    """The value as the column's key. A number or a truth value written as text is taken for what it says."""
    kind = column.type
    if isinstance(value, list | dict):
        raise Refused("invalid", detail=f"{column.name}: {written} takes single values")
    if kind == "number" and isinstance(value, str) and NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower().encode()
    if kind == "time" and isinstance(value, str) and (read := moment(value)) is not None:
        return read
    if kind == "text" and isinstance(value, int | float) and not isinstance(value, bool):
        return json.dumps(value)
    fits = {"number": int | float, "boolean": bool, "text": str}
    wrong = kind == "time" or (kind in fits and not isinstance(value, fits[kind]))
    if wrong or (kind == "number" and isinstance(value, bool)):
        holds = "times, such as 2026-01-31 or 2026-01-31T10:00:00Z" if kind == "time" else f"{kind} values"
        raise mismatch(column.name, holds, f"{json.dumps(value)[:80]} is not")
    return encode(value)
