"""Shortens a large JSON value: long lists and texts are cut and say how much is missing; it stays valid JSON."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from pydantic import JsonValue

MIN_CHARS = 200
_START_ITEMS = 256


def size_of(value: JsonValue) -> int:
    """Characters of the value as compact JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def shorten(value: JsonValue, max_chars: int) -> tuple[JsonValue, bool]:
    """Return the value in at most `max_chars` of JSON (not under 200), and whether anything was left out.

    Lists keep as many of their first items as fit, so totals next to them stay whole. Only where not even one item
    fits, items and texts are cut too, which keep their beginning.
    """
    limit = max(max_chars, MIN_CHARS)
    if size_of(value) <= limit:
        return value, False
    items = _items_that_fit(value, limit)
    if items:
        return _first(value, items), True
    items, chars = _START_ITEMS, limit
    while items >= 0:
        cut = _cut(value, items, chars)
        if size_of(cut) <= limit:
            return cut, True
        items = items // 2 if items > 1 else items - 1
        chars = max(chars // 2, 40)
    return f"{json.dumps(value, ensure_ascii=False)[: limit // 2]} … (cut)", True


def _items_that_fit(value: JsonValue, limit: int) -> int:
    """The most items that each list, but for those inside of lists, may keep; 0 where not even one of each fits."""
    lists = list(_outer_lists(value))
    rest = size_of(_first(value, None)) - sum(size_of([]) for _ in lists)
    sums = [_sums(each, limit) for each in lists]

    def size(items: int) -> int:
        return rest + sum(_size_of_first(each, of, items) for each, of in zip(lists, sums, strict=True))

    # Past the end of its sums a list is over the limit by itself.
    most = min((len(of) - 1 for each, of in zip(lists, sums, strict=True) if len(of) <= len(each)), default=0)
    most = most or max((len(each) for each in lists), default=0)
    return max(0, bisect_right(range(most + 1), limit, key=size) - 1)


def _outer_lists(value: JsonValue) -> Iterator[list[JsonValue]]:
    if isinstance(value, list):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _outer_lists(each)


def _sums(items: list[JsonValue], limit: int) -> list[int]:
    """Characters of the first 0, 1, 2 … items with a comma each, as far as they are within the limit."""
    sums = [0]
    for item in items:
        if sums[-1] > limit:
            break
        sums.append(sums[-1] + size_of(item) + 1)
    return sums


def _size_of_first(items: list[JsonValue], sums: list[int], kept: int) -> int:
    kept = min(kept, len(items), len(sums) - 1)
    left_out = size_of(_more(len(items) - kept)) if kept < len(items) else -1 if kept else 0
    return size_of([]) + sums[kept] + left_out


def _first(value: JsonValue, items: int | None) -> JsonValue:
    """The value with so many items of each list, but for those inside of lists; None for empty lists."""
    if isinstance(value, dict):
        return {key: _first(each, items) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    if items is None:
        return []
    return value if len(value) <= items else [*value[:items], _more(len(value) - items)]


def _more(count: int) -> str:
    return f"… ({count} more)"


def _cut(value: Any, items: int, chars: int) -> JsonValue:
    if isinstance(value, str) and len(value) > chars:
        return f"{value[:chars]} … ({len(value) - chars} more characters)"
    if isinstance(value, list):
        kept = [_cut(item, items, chars) for item in value[:items]]
        return [*kept, _more(len(value) - items)] if len(value) > items else kept
    if isinstance(value, dict):
        return {key: _cut(item, items, chars) for key, item in value.items()}
    return value  # type: ignore[no-any-return]  # a number, a truth value or null
