"""Shortens the schemas of functions for the model: each request carries all, and small models read short ones better.

The rest of the words is in `GET /v1/tools` and docs/tools.md. Bounds, patterns and defaults are left out as well: a
worker checks them, and says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.catalog import CatalogEntry

_KEPT = ("type", "enum", "items", "properties", "required", "anyOf", "description")
# A document may be given as its text too, which every model can.
_TEXT_OR_OBJECT = [{"type": "string"}, {"type": "object"}]
# "Its name" says no more than the argument's own.
_FEWEST_WORDS = 3
# "e.g. eu-west-1" ends no sentence: what follows one is no small letter.
_END = re.compile(r";\s|\.(?:\s+(?![a-z])|$)")


def brief(entry: CatalogEntry) -> CatalogEntry:
    """The entry with its brief description and schema."""
    return entry.model_copy(
        update={"description": entry.brief or entry.description, "parameters": brief_schema(entry.parameters)}
    )


def brief_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON schema reduced to names, types, what is required, and the first words of each description."""
    kinds = [{"type": one.get("type")} for one in schema.get("anyOf", ())]
    if kinds == _TEXT_OR_OBJECT:
        schema = {"type": "string", **{key: value for key, value in schema.items() if key != "anyOf"}}
    made = {key: _brief_value(key, schema[key]) for key in _KEPT if key in schema}
    return {key: value for key, value in made.items() if value not in (None, "", [], {})}


def _brief_value(key: str, value: Any) -> Any:
    match key:
        case "properties":
            return {name: brief_schema(inner) for name, inner in value.items()}
        case "items":
            return brief_schema(value)
        case "anyOf":
            return [brief_schema(one) for one in value]
        case "description":
            words = first_words(value)
            return words if len(words.split()) >= _FEWEST_WORDS else ""
    return value


def first_words(text: str) -> str:
    """The text up to its first full stop or semicolon."""
    return _END.split(text, maxsplit=1)[0]
