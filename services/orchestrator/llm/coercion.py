"""Brings a value into the form its JSON schema asks for, where the model sent the same thing in another form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from services.orchestrator.llm.loose_json import read_values

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_BOOLEANS = {"true": True, "false": False}


def coerced(schema: Mapping[str, Any], value: JsonValue) -> JsonValue:
    """The value as the schema wants it: JSON in a string opened, one item made a list, odd argument names mended.

    What has no such form is returned as it is; the worker's validation says what is wrong with it.
    """
    types = _types(schema)
    value = _typed(types, value)
    if isinstance(value, dict):
        return _object(schema, value)
    if isinstance(value, list):
        items: Mapping[str, Any] = next(
            (one["items"] for one in _choices(schema) if isinstance(one.get("items"), Mapping)), {}
        )
        return [coerced(items, item) for item in value]
    return value


def _typed(types: set[str], value: JsonValue) -> JsonValue:
    if not types:
        return value
    if isinstance(value, str) and "string" not in types:
        return _opened(types, value)
    if types == {"string"} and isinstance(value, dict) and "$from" not in value:
        return json.dumps(value, ensure_ascii=False)
    if types <= {"array", "null"} and value is not None and not isinstance(value, list):
        return [value]
    return value


def _opened(types: set[str], text: str) -> JsonValue:
    """What a string stands for where the schema wants no string."""
    plain = text.strip()
    if types & {"array", "object"} and plain[:1] in ("{", "[", "`"):
        values = read_values(plain)
        if values and len(values) == 1 and (isinstance(values[0], list) or "object" in types):
            return values[0]
    if "null" in types and plain.casefold() in ("null", "none", ""):
        return None
    if "boolean" in types and plain.casefold() in _BOOLEANS:
        return _BOOLEANS[plain.casefold()]
    number = _NUMBER.fullmatch(plain)
    if number and types & {"integer", "number"}:
        return float(plain) if number[1] and "number" in types else text if number[1] else int(plain)
    return [text] if "array" in types else text


def _object(schema: Mapping[str, Any], value: dict[str, JsonValue]) -> JsonValue:
    properties: Mapping[str, Any] = next(
        (one["properties"] for one in _choices(schema) if isinstance(one.get("properties"), Mapping)), {}
    )
    required = schema.get("required") or ()
    by_key = {squashed(name): name for name in properties}
    made: dict[str, JsonValue] = {}
    for given, one in value.items():
        meant = by_key.get(squashed(given), given) if given not in properties else given
        name = given if meant in value or meant in made else meant
        inner = properties.get(name)
        if one is None and isinstance(inner, Mapping) and name not in required and "null" not in _types(inner):
            continue  # "not given", where the argument cannot be null
        made[name] = coerced(inner, one) if isinstance(inner, Mapping) else one
    return made


def _choices(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [schema, *(one for one in schema.get("anyOf") or () if isinstance(one, Mapping))]


def _types(schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that the schema allows; none where it does not say."""
    found: set[str] = set()
    for one in _choices(schema):
        kind = one.get("type")
        found |= {kind} if isinstance(kind, str) else set(kind or ())
    return found


def squashed(text: str) -> str:
    """Letters and digits only: another spacing, case, quoting or escaping is no other text."""
    return re.sub(r"[^a-z0-9]+", "", text.casefold())
