"""What a person writes for arguments, as JSON: of a tool that is called, and of a plan that is edited."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from cli.errors import Usage


def edit_body(words: Iterable[str], plan: Mapping[str, Any]) -> dict[str, Any]:
    """The body of an edit: `STEP.NAME=VALUE` sets an argument, `-STEP` leaves a step out. Raises Usage."""
    now = {step["id"]: step.get("arguments") or {} for step in plan.get("steps") or []}
    remove: list[str] = []
    arguments: dict[str, dict[str, Any]] = {}
    for word in words:
        if word.startswith("-"):
            remove.append(word[1:])
            continue
        place, equals, text = word.partition("=")
        step, dot, name = place.partition(".")
        if not (equals and dot and step and name):
            raise Usage(f"{word!r} is no edit", do="Write STEP.NAME=VALUE, or -STEP to leave a step out.")
        is_text = isinstance(now.get(step, {}).get(name), str)
        arguments.setdefault(step, {})[name] = text if is_text else value_of(text)
    return {"remove": remove, "arguments": arguments}


def arguments_of(words: Iterable[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """`NAME=VALUE` of a tool's arguments; `schema` is that of its parameters. Raises Usage."""
    properties = schema.get("properties") or {}
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise Usage(f"{word!r} is no argument", do="Write NAME=VALUE.")
        found[name] = text if takes_text_alone(properties.get(name) or {}) else value_of(text)
    return found


def takes_text_alone(schema: Mapping[str, Any]) -> bool:
    """Whether a JSON schema takes texts, and nothing else but null: then `2026` is a text as well."""
    kinds = {kind for one in (schema, *schema.get("anyOf", ())) for kind in _kinds(one)}
    return bool(kinds) and kinds <= {"string", "null"}


def value_of(text: str) -> Any:
    """A value as typed: JSON for a list, an object, true, false, null or a number; anything else is text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    # 012, 1e3 and an account's number stay as they were typed.
    return text if isinstance(value, str) or (json.dumps(value) != text and isinstance(value, int | float)) else value


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type")
    return [kind] if isinstance(kind, str) else list(kind or ())
