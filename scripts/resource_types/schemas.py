"""cfn-lint's schemas, MIT-0: one a resource type, as AWS publishes them, with cfn-lint's corrections."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any

Schema = dict[str, Any]

# What validation and `describe_resource_type` need of a schema. Facts about paths are stored beside it.
_KEPT_AT_ROOT = frozenset(
    {
        "additionalProperties",
        "allOf",
        "anyOf",
        "definitions",
        "dependentExcluded",
        "dependentRequired",
        "oneOf",
        "patternProperties",
        "properties",
        "required",
        "requiredOr",
        "requiredXor",
    }
)
_DROPPED = frozenset({"$comment", "$schema", "$id", "title", "examples", "relationshipRef"})
# Their values are maps of names, not of keywords.
_NAMED = frozenset({"properties", "patternProperties", "definitions", "dependencies", "dependentRequired"})
_DESCRIPTION_CHARACTERS = 360


def every() -> Iterator[Schema]:
    """Each type's whole schema, by name, without those of others, and of SAM, whose types are macros."""
    ours = (name for name in sorted(_by_name()) if name.startswith("AWS::") and "::Serverless::" not in name)
    return (_by_name()[name] for name in ours)


def dated() -> str:
    """When cfn-lint took the schemas from AWS: "2026-10-20"."""
    text = (files("cfnlint") / "data/schemas/version.json").read_text(encoding="utf-8")
    return str(json.loads(text)["schema_date"])[:10]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Schema]:
    folder = files("cfnlint") / "data/schemas/resources"
    read = [json.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir() if file.name.endswith(".json")]
    return {schema["typeName"]: schema for schema in read}


def stored(schema: Schema) -> Schema:
    """The schema as it is stored: without what nothing reads, and with short descriptions."""
    return {name: _kept(value, name in _NAMED) for name, value in schema.items() if name in _KEPT_AT_ROOT}


def plain(documentation: str) -> str:
    """A description in one line, without links and marks, cut at the end of a sentence."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", documentation)
    text = " ".join(re.sub(r"``?|<[^>]+>|\*\*?", "", text).split())
    if len(text) <= _DESCRIPTION_CHARACTERS:
        return text
    whole = text[:_DESCRIPTION_CHARACTERS]
    sentence = whole.rfind(". ")
    return whole[: sentence + 1] if sentence > _DESCRIPTION_CHARACTERS // 3 else whole.rsplit(" ", 1)[0] + "…"


def _kept(value: Any, named: bool = False) -> Any:
    if isinstance(value, list):
        return [_kept(item) for item in value]
    if not isinstance(value, dict):
        return value
    if named:
        return {name: _kept(item) for name, item in value.items()}
    return {name: made for name, item in value.items() for made in _keyword(name, item)}


def _keyword(name: str, value: Any) -> Iterator[Any]:
    """The value as it is stored, or nothing."""
    if name == "description" and isinstance(value, str):
        if text := plain(value):
            yield text
    elif name == "$ref":
        if str(value).startswith("#"):
            yield value
    elif not (name in _DROPPED or (name == "insertionOrder" and value is True)):
        yield _kept(value, name in _NAMED and isinstance(value, dict))
