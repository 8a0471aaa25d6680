"""`propose_plan`'s arguments with what small models bend in them put right, where it can mean one thing only.

Arguments beside `arguments` instead of in it, JSON in JSON, an operation's name in another spelling, step ids that are
numbers. Anything else stays, and the executor says what is wrong with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from services.orchestrator.llm.coercion import coerced, squashed

Schemas = Mapping[str, Mapping[str, Any]]

_OF_A_STEP = ("id", "operation", "arguments", "needs")
_NUMBER = re.compile(r"\d{1,4}")
_REFERENCE = re.compile(r'\s*\{\s*"\$from"\s*:\s*"[^"\\]*"\s*\}\s*')


def mended(arguments: Mapping[str, JsonValue], operations: Schemas) -> dict[str, JsonValue]:
    """The arguments of one call. `operations` are the schemas of what a step may name, by name."""
    steps = arguments.get("steps")
    if not isinstance(steps, list):
        return dict(arguments)
    return {**arguments, "steps": [_step(one, operations) if isinstance(one, dict) else one for one in steps]}


def _step(given: Mapping[str, JsonValue], operations: Schemas) -> dict[str, JsonValue]:
    step = dict(given)
    beside = {name: step.pop(name) for name in given if name not in _OF_A_STEP}
    if beside:
        inside = step.get("arguments")
        if inside:
            return dict(given)  # which of them were meant cannot be told
        step["arguments"] = beside
    if "id" in step:
        step["id"] = _named(step["id"])
    if isinstance(needs := step.get("needs"), list):
        step["needs"] = [_named(one) for one in needs]
    name = step["operation"] = _operation(step.get("operation"), operations)
    if isinstance(inner := step.get("arguments"), dict):
        inner = {key: _referring(value) for key, value in inner.items()}
        schema = operations.get(name) if isinstance(name, str) else None
        step["arguments"] = coerced(schema, inner) if schema else inner
    return step


def _operation(name: JsonValue, operations: Schemas) -> JsonValue:
    """The operation meant by a name such as `CreateS3Bucket`."""
    if not isinstance(name, str) or name in operations:
        return name
    meant = [one for one in operations if squashed(one) == squashed(name)]
    return meant[0] if len(meant) == 1 else name


def _named(step_id: JsonValue) -> JsonValue:
    """A step's id as one may be written: a number is `s1`."""
    text = str(step_id) if isinstance(step_id, int) and not isinstance(step_id, bool) else step_id
    return f"s{text}" if isinstance(text, str) and _NUMBER.fullmatch(text) else text


def _referring(value: JsonValue) -> JsonValue:
    """The value with references opened that are written as text, and to steps by their names."""
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        value = json.loads(value)
    if isinstance(value, dict):
        reference = value.get("$from")
        if len(value) == 1 and isinstance(reference, str):
            step_id, dot, path = reference.partition(".")
            return {"$from": f"{_named(step_id)}{dot}{path}"}
        return {key: _referring(one) for key, one in value.items()}
    return [_referring(one) for one in value] if isinstance(value, list) else value
