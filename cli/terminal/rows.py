"""Results as rows: which list of objects of an answer a person means, and its columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cli.terminal.text import one_line

Row = Mapping[str, Any]


def main_rows(result: Any) -> tuple[str | None, list[Row]]:
    """The list of objects in a result with the most rows, and its name; the result itself where it is one."""
    if isinstance(result, list):
        return None, _as_rows(result)
    if not isinstance(result, dict):
        return None, [{"value": result}]
    lists = {name: value for name, value in result.items() if is_table(value)}
    if not lists:
        return None, [result]
    name = max(lists, key=lambda one: len(lists[one]))
    return name, _as_rows(lists[name])


def is_table(value: Any) -> bool:
    """Whether a value is a list of objects, with at least one."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def columns_of(rows: Sequence[Row]) -> list[str]:
    """The columns in the order in which they come first."""
    return list(dict.fromkeys(name for row in rows for name in row))


def cell(value: Any) -> str:
    """A value in a cell, in one line: what is no text is written as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool | dict):
        return one_line(json.dumps(value, ensure_ascii=False))
    if isinstance(value, list):
        simple = not any(isinstance(one, dict | list) for one in value)
        return one_line(", ".join(map(str, value)) if simple else json.dumps(value, ensure_ascii=False))
    return one_line(value)


def _as_rows(values: Sequence[Any]) -> list[Row]:
    return [value if isinstance(value, dict) else {"value": value} for value in values]
