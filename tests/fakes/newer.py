"""What a newer version of this system would have written: every record has a field more than this version knows."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, JsonValue

NAME, VALUE = "of_a_newer_version", {"kept": True}


def newer(value: object) -> JsonValue:
    """The JSON of a record, with one more field in it and in every record inside it."""
    if isinstance(value, BaseModel):
        fields = {name: newer(getattr(value, name)) for name in type(value).model_fields}
        return {**fields, NAME: VALUE} if type(value).model_config.get("extra") == "allow" else fields
    if isinstance(value, dict):
        return {str(key): newer(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [newer(item) for item in value]
    plain: Any = value
    return plain  # type: ignore[no-any-return]  # text, a number, a truth value or None


def added(value: JsonValue, path: str = "") -> set[str]:
    """Where in some JSON such fields are, as "steps.0"; "" is the top."""
    found = set()
    if isinstance(value, dict):
        if NAME in value:
            found.add(path)
        for key, item in value.items():
            found |= added(item, f"{path}.{key}".strip("."))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            found |= added(item, f"{path}.{position}".strip("."))
    return found
