"""A tool's result as what travels and what is stored: its main list of rows may be `Rows`, never all in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, JsonValue, TypeAdapter
from pydantic_core import from_json

from shared.results.rows import Rows

JSON: TypeAdapter[Any] = TypeAdapter(Any)


@dataclass(frozen=True, slots=True)
class Body:
    """`head`: the JSON of the result without its `rows`, whose name in it is `rows_name`; or of all of it, where it
    has none. `value`: what the tool returned.
    """

    value: Any
    head: bytes
    rows_name: str | None = None
    rows: Rows = field(default_factory=Rows)

    @classmethod
    def of(cls, value: Any) -> Body:
        """The body of what a tool returned."""
        found = [name for name, each in value if isinstance(each, Rows)] if isinstance(value, BaseModel) else []
        if not found:
            return cls(value, JSON.dump_json(value))
        [name] = found
        return cls(value, JSON.dump_json(value.model_dump(mode="json", exclude={name})), name, getattr(value, name))

    def size_bytes(self) -> int:
        """As JSON, about."""
        return len(self.head) + self.rows.size_bytes

    def whole(self) -> JsonValue:
        """The result as one value."""
        head: JsonValue = from_json(self.head)
        if self.rows_name is None:
            return head
        assert isinstance(head, dict)
        return {**head, self.rows_name: list(self.rows)}

    def document(self) -> Iterator[bytes]:
        """The result as JSON, in pieces."""
        if self.rows_name is None:
            yield self.head
            return
        head = self.head[:-1]
        yield head + (b"," if len(head) > 1 else b"") + json.dumps(self.rows_name).encode() + b":["
        for number, line in enumerate(self.rows.lines()):
            yield b"," + line if number else line
        yield b"]}"

    def count(self) -> int | None:
        """Rows of the main list: the longest; None where the result has no list of objects."""
        if self.rows_name is not None:
            return len(self.rows)
        if longest := _longest(self.value):
            return longest
        head: JsonValue = from_json(self.head)
        lists = [head] if isinstance(head, list) else _lists(head)
        return max((len(each) for each in lists if not each or isinstance(each[0], dict)), default=None)


def _longest(value: Any) -> int:
    """The length of a model's longest list of objects, without making JSON of them; 0 where it has none."""
    fields = (each for _, each in value) if isinstance(value, BaseModel) else ()
    lists = (each for each in fields if isinstance(each, tuple | list) and each)
    return max((len(each) for each in lists if isinstance(each[0], BaseModel | dict)), default=0)


def _lists(value: JsonValue) -> list[list[JsonValue]]:
    return [each for each in value.values() if isinstance(each, list)] if isinstance(value, dict) else []
