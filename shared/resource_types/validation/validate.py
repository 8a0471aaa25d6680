"""Checks the properties of a resource offline: `validate` for a new one, `validate_update` for a change.

What passes can still be refused by AWS, which knows the account; what is refused here would be refused there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from pydantic import JsonValue

from shared.resource_types.catalogue import resource_type, schema_of
from shared.resource_types.models import ResourceType
from shared.resource_types.paths import Place, pointer
from shared.resource_types.problems import Problem
from shared.resource_types.validation import budget, words
from shared.resource_types.validation.extensions import broken_rules, regional_problems, repeated_tags
from shared.resource_types.validation.keywords import UNKNOWN, Validator
from shared.resource_types.validation.replacement import create_only_changes

# Source: Cloud Control API reference, CreateResource, DesiredState.
MAX_CHARACTERS = 262_144
MAX_DEPTH = 40
_MOST_ERRORS = 100

Opaque = Callable[[JsonValue], bool]


def nothing_opaque(_: JsonValue) -> bool:
    return False


def validate(
    type_name: str,
    properties: Mapping[str, JsonValue],
    *,
    region: str | None = None,
    opaque: Opaque = nothing_opaque,
) -> tuple[Problem, ...]:
    """What is wrong with the properties of a new resource, each thing once; nothing where they fit.

    `opaque` recognises a value that is not known yet, such as a reference to a step before: it fits everything.
    `region`: where the resource is to be, for what differs by region. Raises NotFound `unknown_resource_type`.
    """
    kind = resource_type(type_name)
    return _bounded(properties, lambda: [*_read_only(kind, properties), *_schema(kind, properties, region, opaque)])


def validate_update(
    type_name: str,
    before: Mapping[str, JsonValue],
    after: Mapping[str, JsonValue],
    *,
    region: str | None = None,
    opaque: Opaque = nothing_opaque,
) -> tuple[Problem, ...]:
    """What is wrong with changing a resource whose properties are `before`, as AWS reads them, to `after`.

    Read-only properties may be in both, and have to be the same. What `before` has already is no problem of the
    change: AWS reads back values that its own schema does not know. Raises NotFound `unknown_resource_type`.
    """
    kind = resource_type(type_name)

    return _bounded(after, lambda: _of_update(kind, before, after, region, opaque))


def _of_update(
    kind: ResourceType,
    before: Mapping[str, JsonValue],
    after: Mapping[str, JsonValue],
    region: str | None,
    opaque: Opaque,
) -> list[Problem]:
    was = dict(kind.read_only.find(before))
    changed = [place for place, value in kind.read_only.find(after) if place not in was or was[place] != value]
    own, theirs = kind.read_only.without(after), kind.read_only.without(before)
    known = {(problem.path, problem.code) for problem in _schema(kind, theirs, region, opaque)}
    return [
        *map(_set_by_aws, changed),
        *create_only_changes(kind, before, after),
        *(each for each in _schema(kind, own, region, opaque) if (each.path, each.code) not in known),
    ]


def _bounded(properties: Mapping[str, JsonValue], check: Callable[[], list[Problem]]) -> tuple[Problem, ...]:
    """The problems, each once; one of the whole where it is too large or takes too long."""
    if _depth(properties) > MAX_DEPTH:
        return (Problem("", "too_complex", f"they are nested more than {MAX_DEPTH} deep"),)
    characters = len(json.dumps(properties, ensure_ascii=False))
    if characters > MAX_CHARACTERS:
        return (Problem("", "too_large", f"they have {characters} characters; AWS takes {MAX_CHARACTERS}"),)
    try:
        with budget.limited():
            found = check()
    except (budget.TooComplex, RecursionError):
        return (Problem("", "too_complex", f"checking them takes longer than {budget.SECONDS:g} seconds"),)
    return tuple(dict.fromkeys(found))


def _read_only(kind: ResourceType, properties: Mapping[str, JsonValue]) -> Iterator[Problem]:
    for place, _ in kind.read_only.find(properties):
        # Two types declare what they need as read-only.
        if place[0] not in kind.required:
            yield _set_by_aws(place)


def _set_by_aws(place: Place) -> Problem:
    return Problem(pointer(place), "read_only", "AWS sets it: leave it out")


def _schema(
    kind: ResourceType, properties: Mapping[str, JsonValue], region: str | None, opaque: Opaque
) -> list[Problem]:
    schema = schema_of(kind.name)
    instance = _hidden(dict(properties), opaque)
    errors = list(islice(Validator(schema).iter_errors(instance), _MOST_ERRORS))
    found = list(words.problems(errors, schema))
    found += broken_rules(kind.name, instance, found)
    return [*found, *regional_problems(kind.name, instance, region), *repeated_tags(kind, instance)]


def _hidden(value: JsonValue, opaque: Opaque) -> Any:
    """The value with what is not known yet as `UNKNOWN`."""
    if opaque(value):
        return UNKNOWN
    if isinstance(value, dict):
        return {name: _hidden(item, opaque) for name, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item, opaque) for item in value]
    return value


def _depth(value: object) -> int:
    """How deep lists and objects are nested, without recursion: it may be deeper than Python allows."""
    depth, level = 0, [value]
    while depth <= MAX_DEPTH:
        level = [one for item in level for one in _items(item)]
        if not level:
            break
        depth += 1
    return depth


def _items(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list) else []
