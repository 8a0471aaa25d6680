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
    """The columns of one list, learned row by row."""

    most: int
    kinds: dict[str, Kind] = field(default_factory=dict)
    examples: dict[str, dict[Any, None]] = field(default_factory=dict)

    def see(self, row: dict[str, Any]) -> None:
        for name, value in flatten(row).items():
            kind = self.kinds.get(name)
            if kind is None:
                if len(self.kinds) >= self.most:
                    continue
                kind = self.kinds[name] = Kind()
            kind.see(value)
            found = self.examples.setdefault(name, {})
            if len(found) < EXAMPLES and _is_example(value):
                found[value] = None


def describe(text: str, *, max_columns: int, sample_rows: int) -> dict[str, Any]:
    """A `messages.Overview`: the columns in the order in which they come; too many: those that most rows have."""
    kept = len(text) <= MAX_KEPT_CHARS
    document = read(text, lambda row: row if kept else None)
    table = document.table(None)
    seen = _Seen(20 * max_columns)
    for row in table.kept if kept else table:
        seen.see(row)
    most = set(sorted(seen.kinds, key=lambda name: -seen.kinds[name].filled)[:max_columns])
    columns = [
        {"name": name, "type": kind.type, "filled": kind.filled, "examples": list(seen.examples[name])}
        for name, kind in seen.kinds.items()
        if name in most
    ]
    return {
        "rows": table.name,
        "row_count": len(table),
        "columns": columns,
        "columns_left_out": len(seen.kinds) - len(columns),
        "sample": [table[number] for number in range(min(sample_rows, len(table)))],
        "other_lists": {name: len(each) for name, each in document.tables.items() if each is not table},
        "rest": document.rest,
    }


def _is_example(value: Any) -> bool:
    return value is not None and not isinstance(value, list | dict) and len(str(value)) <= MAX_EXAMPLE_CHARS
