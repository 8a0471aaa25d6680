"""What is stored of a type beside its schema, small enough to be read for every step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.resource_types.purposes import purpose
from scripts.resource_types.schemas import Schema
from scripts.resource_types.stateful import holds_data
from shared.resource_types.secrets.recognise import secret_paths

_PATHS = {
    "read_only": "readOnlyProperties",
    "write_only": "writeOnlyProperties",
    "create_only": "createOnlyProperties",
    "conditional_create_only": "conditionalCreateOnlyProperties",
    "deprecated": "deprecatedProperties",
}
HANDLERS = ("create", "read", "update", "delete", "list")


def facts(schema: Schema) -> dict[str, Any]:
    """The facts of one type, as `shared.resource_types.catalogue` reads them; what is empty is left out."""
    paths = {name: _resolved(schema, schema.get(theirs, [])) for name, theirs in _PATHS.items()}
    made = {
        "purpose": purpose(schema),
        "required": sorted(schema.get("required", [])),
        "primary_identifier": _resolved(schema, schema.get("primaryIdentifier", [])),
        "additional_identifiers": [_resolved(schema, one) for one in schema.get("additionalIdentifiers", [])],
        **paths,
        "secret": secret_paths(schema, paths["write_only"]),
        "tagging": tagging(schema),
        "handlers": _handlers(schema),
        "holds_data": holds_data(schema["typeName"]),
    }
    return {name: value for name, value in made.items() if value}


def tagging(schema: Schema) -> dict[str, Any] | None:
    """How the type takes tags; None where it takes none."""
    declared = schema.get("tagging", {})
    taggable = declared.get("taggable", schema.get("taggable", "Tags" in schema["properties"]))
    path = declared.get("tagProperty", "/properties/Tags")
    name = path.removeprefix("/properties/")
    # Two types have tags in a list of specifications, as EC2's API takes them.
    if not taggable or "/" in name or name not in schema["properties"]:
        return None
    shape = _shape(schema, schema["properties"][name])
    if shape is None:
        return None
    flags = {"on_create": declared.get("tagOnCreate", True), "updatable": declared.get("tagUpdatable", True)}
    read_only = path in schema.get("readOnlyProperties", [])
    return None if read_only else {"property": name, **shape, **flags}


def _shape(schema: Schema, declared: Schema) -> dict[str, str] | None:
    declared = target(schema, declared)
    if "items" in declared:
        names = list(target(schema, declared["items"]).get("properties", {}))
        key = [name for name in names if name.lower().endswith("key")]
        value = [name for name in names if name.lower().endswith("value")]
        if len(key) != 1 or len(value) != 1:
            return None
        return {"shape": "list", "key_name": key[0], "value_name": value[0]}
    kinds = declared.get("type")
    return {"shape": "map"} if kinds == "object" or (isinstance(kinds, list) and "object" in kinds) else None


def _handlers(schema: Schema) -> dict[str, Any]:
    declared = schema.get("handlers", {})
    return {
        name: [sorted(set(declared[name].get("permissions", []))), declared[name].get("timeoutInMinutes")]
        for name in HANDLERS
        if name in declared
    }


def target(schema: Schema, declared: Schema, depth: int = 0) -> Schema:
    """What a `$ref` within the schema stands for."""
    reference = declared.get("$ref", "")
    if not reference.startswith("#/") or depth > 10:
        return declared
    found: Any = schema
    for part in reference[2:].split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return target(schema, found, depth + 1)


def _resolved(schema: Schema, pointers: list[str]) -> list[str]:
    """Pointers as `PropertyPaths` writes them; AWS leaves out the `*` of a list as often as not."""
    return list(dict.fromkeys(path for pointer in pointers for path in [_path(schema, pointer)] if path))


def _path(schema: Schema, pointer: str) -> str:
    at: Schema | None = schema
    made: list[str] = []
    for part in pointer.strip("/").split("/")[1:]:
        for step in _steps(schema, at, part):
            made.append(step)
            at = _below(schema, at, step)
    return "/".join(made)


def _steps(schema: Schema, at: Schema | None, part: str) -> Iterator[str]:
    here = target(schema, at or {})
    if part != "*" and part not in here.get("properties", {}) and "items" in here:
        yield "*"
    yield part


def _below(schema: Schema, at: Schema | None, part: str) -> Schema | None:
    here = target(schema, at or {})
    if part != "*":
        found: Schema | None = here.get("properties", {}).get(part)
        return found
    return here.get("items") or next(iter(here.get("patternProperties", {}).values()), None)
