"""A tool's result as what travels and what is stored: its main list of rows may be `Rows`, never all in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, JsonValue, TypeAdapter

from shared.results.rows import Rows

JSON: TypeAdapter[Any] = TypeAdapter(Any)


@dataclass(frozen=True, slots=True)
class Body:
    """`head`: the result without its `rows`, whose name in it is `rows_name`; or all of it, where it has none."""

    head: JsonValue
    rows_name: str | None = None
    rows: Rows = field(default_factory=Rows)

    @classmethod
    def of(cls, value: Any) -> Body:
        """The body of what a tool returned."""
        found = [name for name, each in value if isinstance(each, Rows)] if isinstance(value, BaseModel) else []
        if not found:
            return cls(JSON.dump_python(value, mode="json"))
        [name] = found
        return cls(value.model_dump(mode="json", exclude={name}), name, getattr(value, name))

    def size_bytes(self) -> int:
        """As JSON, about."""
        return len(JSON.dump_json(self.head)) + self.rows.size_bytes

    def whole(self) -> JsonValue:
        """The result as one value."""
        if self.rows_name is None:
            return self.head
        assert isinstance(self.head, dict)
        return {**self.head, self.rows_name: list(self.rows)}

    def document(self) -> Iterator[bytes]:
        """The result as JSON, in pieces."""
        if self.rows_name is None:
            yield JSON.dump_json(self.head)
            return
        head = JSON.dump_json(self.head)[:-1]
        yield head + (b"," if len(head) > 1 else b"") + json.dumps(self.rows_name).encode() + b":["
        for number, line in enumerate(self.rows.lines()):
            yield b"," + line if number else line
        yield b"]}"

    def count(self) -> int | None:
        """Rows of the main list: the longest; None where the result has no list of objects."""
        if self.rows_name is not None:
            return len(self.rows)
        lists = [self.head] if isinstance(self.head, list) else _lists(self.head)
        return max((len(each) for each in lists if not each or isinstance(each[0], dict)), default=None)


def _lists(value: JsonValue) -> list[list[JsonValue]]:
    return [each for each in value.values() if isinstance(each, list)] if isinstance(value, dict) else []
