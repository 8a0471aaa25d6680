"""Puts the pieces of a model's function calls together, from servers that number, name and identify them or do not.

Seen in practice: deltas without an index or all with index 0, without ids, with another id in every piece; names whole,
in pieces or repeated; arguments as an object or `null`; the old `function_call`; a call without its `function` object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.orchestrator.llm.loose_json import read_values
from services.orchestrator.llm.offered import Offered


@dataclass(slots=True)
class Part:
    """One call, as far as it has come."""

    index: object
    id: str = ""
    name: str = ""
    arguments: str = ""

    @property
    def is_whole(self) -> bool:
        return bool(self.arguments) and read_values(self.arguments) is not None


class CallParts:
    """The calls of one message; `add` takes a delta's or a message's calls in."""

    def __init__(self, offered: Offered) -> None:
        self.parts: list[Part] = []
        self._offered = offered

    def add(self, message: Mapping[str, Any]) -> int:
        """Take in the calls of a delta or message, and return how many characters they added."""
        given = message.get("tool_calls") or []
        if not given and "function_call" not in message:
            return 0
        added = sum(self._add(call) for call in _listed(given))
        old = message.get("function_call")
        if isinstance(old, Mapping) and not given:
            added += self._add({"index": "function_call", "function": old})
        return added

    def _add(self, delta: Mapping[str, Any]) -> int:
        function = delta.get("function")
        function = function if isinstance(function, Mapping) else delta
        name, arguments = _text(function.get("name")), _arguments(function)
        part = self._part_for(delta.get("index"), _text(delta.get("id")), name)
        part.id = part.id or _text(delta.get("id"))
        if not part.name or part.name + name in self._offered.names:
            part.name += name
        # Some servers send all that they have so far again with each piece.
        again = len(part.arguments) > 1 and arguments.startswith(part.arguments) and not part.is_whole
        part.arguments = arguments if again else part.arguments + arguments
        return len(arguments) + len(name)

    def _part_for(self, index: object, call_id: str, name: str) -> Part:
        """The call a delta belongs to: by id where it has one, else by index, else the last one.

        A new id, or a name where the call has one already, begins a new call whatever the index says.
        """
        if call_id:
            known = [part for part in self.parts if part.id == call_id and index in (None, part.index)]
            if known:
                return known[-1]
        same = [part for part in self.parts if part.index == index] if index is not None else self.parts[-1:]
        if same and not self._begins_another(same[-1], call_id, name):
            return same[-1]
        part = Part(index)
        self.parts.append(part)
        return part

    def _begins_another(self, last: Part, call_id: str, name: str) -> bool:
        if call_id and last.id:
            # Some servers make up an id for every piece: then neither a name nor a new value begins here.
            return bool(name) or not last.arguments or last.is_whole
        if not name or not last.name or call_id:
            return False
        if name == last.name:
            return last.is_whole
        return last.name + name not in self._offered.names


def _listed(calls: object) -> Iterable[Mapping[str, Any]]:
    """The calls, whether in a list or alone."""
    every = calls if isinstance(calls, list) else [calls]
    return [one for one in every if isinstance(one, Mapping)]


def _text(value: object) -> str:
    """Ids are numbers here and there."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def _arguments(function: Mapping[str, Any]) -> str:
    """Arguments are JSON text; some servers send the object itself, or call them parameters."""
    value = function.get("arguments", function.get("parameters"))
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)
