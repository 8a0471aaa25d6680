"""Shortens a large JSON value: long lists and texts are cut and say how much is missing; it stays valid JSON."""

from __future__ import annotations

import json
from typing import Any

from pydantic import JsonValue

MIN_CHARS = 200
_START_ITEMS = 256


def size_of(value: JsonValue) -> int:
    """Characters of the value as compact JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def shorten(value: JsonValue, max_chars: int) -> tuple[JsonValue, bool]:
    """Return the value in at most `max_chars` of JSON (not under 200), and whether anything was left out.

    Lists keep their first items, so totals next to them stay whole; texts keep their beginning.
    """
    limit = max(max_chars, MIN_CHARS)
    if size_of(value) <= limit:
        return value, False
    items, chars = _START_ITEMS, limit
    while items >= 0:
        cut = _cut(value, items, chars)
        if size_of(cut) <= limit:
            return cut, True
        items = items // 2 if items > 1 else items - 1
        chars = max(chars // 2, 40)
    return f"{json.dumps(value, ensure_ascii=False)[: limit // 2]} … (cut)", True


def _cut(value: Any, items: int, chars: int) -> JsonValue:
    if isinstance(value, str) and len(value) > chars:
        return f"{value[:chars]} … ({len(value) - chars} more characters)"
    if isinstance(value, list):
        kept = [_cut(item, items, chars) for item in value[:items]]
        return [*kept, f"… ({len(value) - items} more)"] if len(value) > items else kept
    if isinstance(value, dict):
        return {key: _cut(item, items, chars) for key, item in value.items()}
    return value  # type: ignore[no-any-return]  # a number, a truth value or null
