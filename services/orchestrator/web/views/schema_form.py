"""A form made from a tool's JSON schema, and the arguments that a sent one gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import JsonValue

from shared.errors import InvalidArguments
from shared.iam.policy_json import NotJson, load_json

Kind = Literal["text", "number", "boolean", "list", "json"]


@dataclass(frozen=True, slots=True)
class Field:
    """An argument as a field: `list` takes texts with commas, `json` any value."""

    name: str
    kind: Kind
    required: bool
    description: str
    options: tuple[str, ...]
    text: str


def fields_of(schema: Mapping[str, Any], given: Mapping[str, str]) -> tuple[Field, ...]:
    """The fields of a tool's parameters, with the texts that were given."""
    required: Sequence[str] = schema.get("required", ())
    return tuple(
        Field(
            name,
            kind_of(told),
            name in required,
            str(told.get("description", "")),
            options_of(told),
            given.get(name, ""),
        )
        for name, told in schema.get("properties", {}).items()
    )


def kind_of(told: Mapping[str, Any]) -> Kind:
    """Which field an argument of this schema gets."""
    choices = [one for one in told.get("anyOf", [told]) if one.get("type") != "null"]
    kinds = {str(one.get("type")) for one in choices}
    if len(choices) != 1:
        return "text" if kinds == {"string"} else "json"
    if kinds == {"array"}:
        return "list" if choices[0].get("items", {}).get("type") == "string" else "json"
    simple: Mapping[str, Kind] = {"string": "text", "integer": "number", "number": "number", "boolean": "boolean"}
    return simple.get(next(iter(kinds)), "json")


def options_of(told: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts that an argument of this schema can be, or those in its list; none where it can be any."""
    for one in told.get("anyOf", [told]):
        of = one.get("items", one) if isinstance(one.get("items", one), dict) else one
        if found := [item for item in of.get("enum", ()) if isinstance(item, str)]:
            return tuple(found)
    return ()


def read_fields(schema: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, JsonValue]:
    """The arguments of a sent form; an empty field is an argument that was left out. Raises InvalidArguments."""
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    return {
        name: _value(name, kind_of(properties[name]), text.strip())
        for name, text in given.items()
        if name in properties and text.strip()
    }


def _value(name: str, kind: Kind, text: str) -> JsonValue:
    if kind == "text":
        return text
    if kind == "list":
        return [part for one in text.split(",") if (part := one.strip())]
    try:
        value: JsonValue = load_json(text)
    except NotJson as error:
        raise InvalidArguments(f"{name} is no {'JSON' if kind == 'json' else kind}: {error}") from None
    return value
