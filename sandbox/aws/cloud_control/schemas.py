"""The schemas of resource types, as CloudFormation's registry has them: read from cfn-lint's files, one when asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import regex
from jsonschema import Draft7Validator, ValidationError
from jsonschema.validators import extend

Model = dict[str, Any]
Pointer = tuple[str, ...]
"""A property by its names; "*" stands for every item of a list."""


@dataclass(frozen=True)
class ResourceType:
    """What a schema says of a type. `identifier` names the properties that identify a resource, in their order."""

    name: str
    schema: Mapping[str, Any]
    identifier: tuple[str, ...]
    read_only: tuple[Pointer, ...]
    create_only: tuple[Pointer, ...]
    write_only: tuple[Pointer, ...]
    permissions: Mapping[str, tuple[str, ...]]
    """The IAM actions of each handler: create, read, update, delete, list."""
    lists_by: tuple[str, ...]
    """The properties that a list of such resources needs, as `ResourceModel`."""


@lru_cache(maxsize=1)
def _folder() -> Path:
    found = find_spec("cfnlint")  # found and not imported: that takes a second
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0], "data", "schemas")


@lru_cache(maxsize=1)
def _files() -> Mapping[str, str]:
    files: dict[str, str] = json.loads((_folder() / "providers" / "us-east-1.json").read_text(encoding="utf-8"))
    return files


@lru_cache(maxsize=256)
def resource_type(name: str) -> ResourceType | None:
    """The type of a name such as `AWS::SQS::Queue`; None where there is none."""
    file = _files().get(name)
    if not file:
        return None
    schema = json.loads((_folder() / "resources" / f"{file}.json").read_text(encoding="utf-8"))
    return ResourceType(
        name=name,
        schema=schema,
        identifier=tuple(pointer[0] for pointer in _pointers(schema, "primaryIdentifier")),
        read_only=tuple(_pointers(schema, "readOnlyProperties")),
        create_only=tuple(_pointers(schema, "createOnlyProperties")),
        write_only=tuple(_pointers(schema, "writeOnlyProperties")),
        permissions={
            action: tuple(handler.get("permissions", ())) for action, handler in (schema.get("handlers") or {}).items()
        },
        lists_by=tuple((schema.get("handlers") or {}).get("list", {}).get("handlerSchema", {}).get("required", ())),
    )


def _pointers(schema: Mapping[str, Any], key: str) -> Iterator[Pointer]:
    for path in schema.get(key, ()):
        yield tuple(path.removeprefix("/properties/").split("/"))


def values(model: Any, pointer: Pointer) -> Iterator[Any]:
    """The values that a model has at a pointer."""
    if not pointer:
        yield model
    elif pointer[0] == "*" and isinstance(model, list):
        for item in model:
            yield from values(item, pointer[1:])
    elif isinstance(model, dict) and pointer[0] in model:
        yield from values(model[pointer[0]], pointer[1:])


def without(model: Model, pointers: tuple[Pointer, ...]) -> Model:
    """A copy of a model that lacks the values at these pointers."""
    copied: Model = json.loads(json.dumps(model))
    for pointer in pointers:
        for holder in values(copied, pointer[:-1]):
            if isinstance(holder, dict):
                holder.pop(pointer[-1], None)
    return copied


def problems(kind: ResourceType, model: Model) -> list[str]:
    """What is wrong with a model, each in the registry's words; empty where it is valid."""
    found = sorted(_validator(kind.name).iter_errors(model), key=lambda error: [str(part) for part in error.path])
    return [text for error in found for text in _worded(error)]


def _worded(error: ValidationError) -> Iterator[str]:
    place = "#" + "".join(f"/{part}" for part in error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        keys = _extraneous(error.schema, error.instance)
        yield from (f"{place}: extraneous key [{key}] is not permitted" for key in keys)
    elif error.validator == "required" and isinstance(error.instance, dict):
        missing = next(key for key in error.validator_value if f"'{key}'" in error.message)
        yield f"{place}: required key [{missing}] not found"
    else:
        # A secret may be what is wrong: the rule is named, never the value.
        yield f"{place}: failed validation constraint for keyword [{error.validator}]"


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    # JSON schema's patterns are ECMA's; Python's `re` knows no \p{L}.
    if isinstance(instance, str) and not regex.search(pattern, instance):
        yield ValidationError("does not match")


def _pattern_properties(validator: Any, patterns: Model, instance: Any, _: Any) -> Iterator[ValidationError]:
    for pattern, schema in patterns.items() if isinstance(instance, dict) else ():
        for key, value in instance.items():
            if regex.search(pattern, key):
                yield from validator.descend(value, schema, path=key, schema_path=pattern)


def _extraneous(schema: Mapping[str, Any], instance: Model) -> list[str]:
    patterns = schema.get("patternProperties", {})
    return [
        key
        for key in instance
        if key not in schema.get("properties", {}) and not any(regex.search(one, key) for one in patterns)
    ]


def _additional(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    extra = _extraneous(schema, instance)
    if isinstance(allowed, dict):
        for key in extra:
            yield from validator.descend(instance[key], allowed, path=key)
    elif extra and not allowed:
        yield ValidationError("extraneous keys")


_Validator = extend(
    Draft7Validator,
    {"pattern": _pattern, "patternProperties": _pattern_properties, "additionalProperties": _additional},
)


@lru_cache(maxsize=256)
def _validator(name: str) -> Any:
    kind = resource_type(name)
    assert kind is not None
    return _Validator(kind.schema)
