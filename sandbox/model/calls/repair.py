"""Corrects a call once when a tool said that its arguments were wrong."""

import json
from typing import Any

from sandbox.model.calls.offer import Offer
from sandbox.model.types import Call, JsonObject, Outcome

_REPAIRABLE = frozenset({"invalid_arguments", "invalid_argument", "malformed_arguments"})


def repaired(outcomes: list[Outcome], offer: Offer) -> Call | None:
    """A better version of the last call, or None when it was right, was tried twice, or cannot be bettered."""
    if not outcomes or outcomes[-1].error.get("code") not in _REPAIRABLE:
        return None
    last = outcomes[-1]
    if last.call.name not in offer or sum(each.call.name == last.call.name for each in outcomes) > 1:
        return None
    arguments = _better(last.call.arguments, str(last.error.get("detail", "")))
    if arguments == last.call.arguments:
        return None
    return Call(last.call.name, arguments)


def _better(arguments: JsonObject, detail: str) -> JsonObject:
    """Change what the error names: a document's form, else leave an optional argument out."""
    out: JsonObject = {}
    for key, value in arguments.items():
        if key == "arguments" and isinstance(value, dict):
            out[key] = _better(value, detail)
        elif key == "steps" and isinstance(value, list):
            out[key] = [_better(step, detail) if isinstance(step, dict) else step for step in value]
        elif key not in detail:
            out[key] = value
        elif (other := _other_form(value)) is not None:
            out[key] = other
    return out


def _other_form(value: Any) -> Any:
    """An object as text or a text as object; None for what has no other form."""
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return None
    return None
