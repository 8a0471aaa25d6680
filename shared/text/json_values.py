"""JSON values that clients and models give: only such as every reader and writer of ours takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# Pydantic reads a little over 200 levels of JSON, Python's own reader some thousand, and what recurses fewer still.
MAX_DEPTH = 64


def checked(value: Any) -> Any:
    """The value. Raises ValueError for what Python's JSON reader takes and its writer, or UTF-8, does not: NaN,
    infinity, lone surrogates; and for more than 64 levels."""
    parts: list[tuple[Any, int]] = [(value, 0)]
    while parts:
        part, depth = parts.pop()
        if depth > MAX_DEPTH:
            raise ValueError(f"is nested more than {MAX_DEPTH} deep")
        if isinstance(part, float) and (part != part or part in (float("inf"), float("-inf"))):
            raise ValueError("has a number that is not finite")
        if isinstance(part, str) and not part.isascii() and any("\ud800" <= one <= "\udfff" for one in part):
            raise ValueError("has text that is not valid Unicode")
        if isinstance(part, dict):
            parts += [(item, depth + 1) for pair in part.items() for item in pair]
        elif isinstance(part, list):
            parts += [(item, depth + 1) for item in part]
    return value


def strings(value: object, *, keys: bool = False) -> Iterator[str]:
    """Every text among the values, however deep; with `keys` the keys of objects too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if keys:
                yield str(key)
            yield from strings(item, keys=keys)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item, keys=keys)
