"""Walks the schema of a type: every property there is, with the path that `PropertyPaths` writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_DEEPEST = 14


def target(schema: Schema, declared: Schema) -> Schema:
    """What a `$ref` within the schema stands for; the declaration itself where it is none, or leads nowhere."""
    for _ in range(10):
        reference = declared.get("$ref") if isinstance(declared, Mapping) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        found: Any = schema
        for part in reference[2:].split("/"):
            found = found.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, Mapping) else {}
        declared = found
    return declared if isinstance(declared, Mapping) else {}


def walk(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Every property with its declaration, references resolved. What a definition repeats of itself is left out."""
    yield from _walk(schema, schema, "", ())


def members(schema: Schema, declared: Schema) -> Mapping[str, Schema]:
    """The properties of an object, also those that only its alternatives (`oneOf`, `anyOf`, `allOf`) declare."""
    found: dict[str, Schema] = dict(declared.get("properties", {}))
    for word in ("allOf", "anyOf", "oneOf"):
        for one in declared.get(word, []):
            for name, below in members(schema, target(schema, one)).items():
                if name not in found or not (found[name] or {}):
                    found[name] = below
    return found


def _walk(schema: Schema, declared: Schema, path: str, within: tuple[int, ...]) -> Iterator[tuple[str, Schema]]:
    here = target(schema, declared)
    if id(here) in within or len(within) > _DEEPEST:
        return
    within = (*within, id(here))
    for name, below in members(schema, here).items():
        whole = f"{path}/{name}" if path else name
        if isinstance(below, Mapping):
            yield whole, target(schema, below)
            yield from _walk(schema, below, whole, within)
    for below in _each(here):
        yield from _walk(schema, below, f"{path}/*" if path else "*", within)


def _each(declared: Schema) -> Iterator[Schema]:
    """What any item of a list or any value of a map is."""
    below = declared.get("items")
    if isinstance(below, Mapping):
        yield below
    yield from (one for one in declared.get("patternProperties", {}).values() if isinstance(one, Mapping))
    rest = declared.get("additionalProperties")
    if isinstance(rest, Mapping):
        yield rest
