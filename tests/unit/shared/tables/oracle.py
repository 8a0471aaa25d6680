"""What a query means, in plain Python over flat rows: slow, obvious, and without the code that it checks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

Row = dict[str, Any]

TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda cell, value: cell == value,
    "<": lambda cell, value: cell is not None and cell < value,
    "<=": lambda cell, value: cell is not None and cell <= value,
    ">": lambda cell, value: cell is not None and cell > value,
    ">=": lambda cell, value: cell is not None and cell >= value,
    "in": lambda cell, value: cell in value,
    "contains": lambda cell, value: cell is not None and value.casefold() in cell.casefold(),
    "starts_with": lambda cell, value: cell is not None and cell.casefold().startswith(value.casefold()),
    "ends_with": lambda cell, value: cell is not None and cell.casefold().endswith(value.casefold()),
    "is_empty": lambda cell, value: cell in (None, "", []),
}
NEGATED = {"!=": "=", "not_in": "in", "not_contains": "contains", "not_empty": "is_empty"}


def comparable(cell: Any) -> Any:
    """Times as moments, UTC where they name no offset."""
    if isinstance(cell, str) and cell[:1].isdigit() and cell[4:5] == "-":
        read = datetime.fromisoformat(cell)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    return cell


def holds(condition: dict[str, Any], row: Row) -> bool:
    op, cell, value = condition["op"], row.get(condition["column"]), condition.get("value")
    if op in NEGATED:
        return not holds({**condition, "op": NEGATED[op]}, row)
    if isinstance(cell, list) and op != "is_empty":
        return any(TESTS[op](each, value) for each in cell)
    if op in ("=", "<", "<=", ">", ">="):
        return TESTS[op](comparable(cell), comparable(value))
    return TESTS[op](cell, value)


def filtered(rows: list[Row], where: list[Any], where_any: list[Any]) -> list[Row]:
    return [
        row
        for row in rows
        if all(holds(each, row) for each in where) and (not where_any or any(holds(each, row) for each in where_any))
    ]


def in_order(rows: list[Row], sort: list[Any]) -> list[Row]:
    """Sorted by each column, nulls last either way; rows that sort alike stay in their order."""

    def compare(a: Row, b: Row) -> int:
        for each in sort:
            one, other = comparable(a.get(each["column"])), comparable(b.get(each["column"]))
            if one is None or other is None:
                if (one is None) != (other is None):
                    return 1 if one is None else -1
                continue
            if one != other:
                first = -1 if one < other else 1
                return -first if each.get("descending") else first
        return 0

    return sorted(rows, key=cmp_to_key(compare))


def computed(op: str, values: list[Any]) -> Any:
    """An aggregate of a group's values; nulls are none of them."""
    found = [value for value in values if value is not None]
    if op == "count":
        return len(found)
    if op == "count_distinct":
        return len({comparable(value) for value in found})
    if op in ("min", "max"):
        best = (min if op == "min" else max)((comparable(value) for value in found), default=None)
        return next((value for value in found if comparable(value) == best), None)
    total = sum((Decimal(str(value)) for value in found), Decimal())
    if op == "avg":
        return float(total / len(found)) if found else None
    return int(total) if all(isinstance(value, int) for value in found) else float(total)


def grouped(rows: list[Row], by: list[str], aggregates: list[Any]) -> list[Row]:
    groups: dict[tuple[Any, ...], list[Row]] = {} if by else {(): []}
    for row in rows:
        groups.setdefault(tuple(comparable(row.get(name)) for name in by), []).append(row)
    answer = []
    for members in groups.values():
        found = {name: members[0].get(name) for name in by}
        for each in aggregates:
            values = [1] * len(members) if each["column"] is None else [row.get(each["column"]) for row in members]
            found[each["name"]] = computed(each["op"], values)
        answer.append(found)
    return answer
