"""Describes the rows of a result: its columns with types, counts and examples, and the first rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shared.tables.inside.columns import Kind, flatten
from shared.tables.inside.reading import read

EXAMPLES = 3
MAX_EXAMPLE_CHARS = 60
# Rows of a larger result are read twice, so that they are never all there as objects.
MAX_KEPT_CHARS = 4_000_000


@dataclass
class _Seen:
    """The columns of one list with examples of their values, learned row by row."""

    most: int
    columns: dict[str, tuple[Kind, dict[Any, None]]] = field(default_factory=dict)

    def see(self, row: dict[str, Any]) -> None:
        for name, value in flatten(row).items():
            column = self.columns.get(name)
            if column is None:
                if len(self.columns) >= self.most:
                    continue
                column = self.columns[name] = (Kind(), {})
            if value is None:
                continue
            kind, examples = column
            if type(value) is str and value in examples:
                kind.filled += 1  # what kind of text it is was seen before
                continue
            kind.see(value)
            if len(examples) < EXAMPLES and _is_example(value):
                examples[value] = None


def describe(text: str, *, max_columns: int, sample_rows: int) -> dict[str, Any]:
    """A `messages.Overview`: the columns in the order in which they come; too many: those that most rows have."""
    kept = len(text) <= MAX_KEPT_CHARS
    document = read(text, lambda row: row if kept else None)
    table = document.table(None)
    seen = _Seen(20 * max_columns)
    for row in table.kept if kept else table:
        seen.see(row)
    most = set(sorted(seen.columns, key=lambda name: -seen.columns[name][0].filled)[:max_columns])
    columns = [
        {"name": name, "type": kind.type, "filled": kind.filled, "examples": list(examples)}
        for name, (kind, examples) in seen.columns.items()
        if name in most
    ]
    return {
        "rows": table.name,
        "row_count": len(table),
        "columns": columns,
        "columns_left_out": len(seen.columns) - len(columns),
        "sample": [table[number] for number in range(min(sample_rows, len(table)))],
        "other_lists": {name: len(each) for name, each in document.tables.items() if each is not table},
        "rest": document.rest,
    }


def _is_example(value: Any) -> bool:
    return not isinstance(value, list | dict) and len(str(value)) <= MAX_EXAMPLE_CHARS
