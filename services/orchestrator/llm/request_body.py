"""Writes the body of a request as JSON. Functions, most of it, are the same in all of them and are written once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

MAX_KEPT = 64


class RequestBody:
    """One per model; `write` turns a request of the dialect into bytes."""

    def __init__(self) -> None:
        # By the ids of the functions, which are kept so that no other object gets one of these.
        self._kept: dict[tuple[int, ...], tuple[Sequence[Mapping[str, Any]], str]] = {}

    def write(self, request: Mapping[str, Any]) -> bytes:
        """The request as UTF-8. Raises ValueError for a number that JSON does not have, and a lone surrogate."""
        tools = request.get("tools")
        if not tools:
            return _json(request).encode()
        rest = _json({name: value for name, value in request.items() if name != "tools"})
        return f'{rest[:-1]},"tools":{self._tools(tools)}}}'.encode()

    def _tools(self, tools: Sequence[Mapping[str, Any]]) -> str:
        key = tuple(map(id, tools))
        if key not in self._kept:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[key] = (tools, _json(tools))
        return self._kept[key][1]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
