"""A resource as AWS has it: read, compared, and told without secrets.

Door: `read`, `shown`, `changed_paths`, `must_exist`; `resource_state` is the fact that a plan is prepared with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError
from pydantic import JsonValue

from services.executor.registry.account_state import AccountState
from services.executor.registry.facts import fact
from services.executor.resources.merge import Difference, at, between
from shared.access.levels import level_of_action
from shared.aws.clients import Aws, error_code
from shared.messages import Effect
from shared.resource_types.catalogue import resource_type, schema_of
from shared.resource_types.models import ResourceType
from shared.resource_types.paths import PropertyPaths, pointer
from shared.resource_types.shapes import walk

# https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_GetResource.html
GONE = ("ResourceNotFoundException",)
# A larger state is not kept: then a step cannot be undone.
MAX_KEPT_CHARACTERS = 48_000

Properties = Mapping[str, JsonValue]


def read(aws: Aws, type_name: str, identifier: str, region: str) -> dict[str, JsonValue] | None:
    """The properties of a resource, secrets among them; None where there is none. Raises botocore's errors."""
    try:
        answer = aws.client("cloudcontrol", region).get_resource(TypeName=type_name, Identifier=identifier)
    except ClientError as error:
        if error_code(error) in GONE:
            return None
        raise
    found: dict[str, JsonValue] = json.loads(answer["ResourceDescription"]["Properties"])
    return found


def reading_actions(type_name: str, *_: str) -> tuple[str, ...]:
    """The IAM actions that AWS needs to read a resource of the type: those of its handler that change nothing."""
    handler = resource_type(type_name).handlers.get("read")
    return tuple(action for action in (handler.actions if handler else ()) if _only_looks(action))


@fact("the {0} {1} in {2}", iam=("cloudformation:GetResource",), iam_of=reading_actions)
def resource_state(aws: Aws, type_name: str, identifier: str, region: str) -> dict[str, Any] | None:
    """The properties of a resource without its secrets."""
    found = read(aws, type_name, identifier, region)
    return None if found is None else shown(resource_type(type_name), found)


def shown(kind: ResourceType, properties: Properties) -> dict[str, JsonValue]:
    """The properties without their secrets: what may be shown, logged and kept."""
    return kind.secret.without(properties)


def kept(kind: ResourceType, properties: Properties) -> dict[str, JsonValue]:
    """`shown`, or nothing where that is too much to keep."""
    told = shown(kind, properties)
    return told if len(json.dumps(told)) <= MAX_KEPT_CHARACTERS else {}


def settable(kind: ResourceType, properties: Properties) -> dict[str, JsonValue]:
    """Those of the properties that somebody can set and read again; lists whose order says nothing are sorted."""
    left = PropertyPaths((*kind.read_only.paths, *kind.secret.paths, *kind.write_only.paths)).without(properties)
    return _unordered(kind.name).replaced(_without_empty(left), _sorted)


def changes(kind: ResourceType, before: Properties, now: Properties) -> list[Difference]:
    """How two states of a resource differ in what somebody can set; no secret is among the values."""
    return list(between(settable(kind, before), settable(kind, now)))


def changed_paths(kind: ResourceType, before: Properties, now: Properties) -> list[str]:
    """Where they differ, as JSON pointers of the resource's top-level properties."""
    return list(dict.fromkeys(pointer(one.place[:1]) for one in changes(kind, before, now)))


def same_at(kind: ResourceType, place: tuple[str | int, ...], one: JsonValue, other: JsonValue) -> bool:
    """Whether two values of one property are the same, whatever the order of lists whose order says nothing."""
    if one == other:
        return True
    wrapped = [_unordered(kind.name).replaced(_nested(place, value), _sorted) for value in (one, other)]
    return at(wrapped[0], place) == at(wrapped[1], place)


def must_exist(account: AccountState, kind: ResourceType, identifier: str, region: str) -> None:
    """Raise Conflict (`missing_resource`) where it is known to be absent, which says how resources of the type are
    named."""
    names = " and ".join(path.replace("/", ".") for path in kind.primary_identifier)
    joined = ", joined by |" if len(kind.primary_identifier) > 1 else ""
    what = f"{kind.name} {identifier} (resources of this type are named by their {names}{joined})"
    account.must_exist(what, resource_state, kind.name, identifier, region)


def _only_looks(action: str) -> bool:
    _, _, name = action.partition(":")
    if "*" in name:
        return name.startswith(("Describe", "List"))
    return level_of_action(action) in (Effect.LIST, Effect.READ, Effect.SENSITIVE_READ)


@lru_cache(maxsize=64)
def _unordered(type_name: str) -> PropertyPaths:
    """The lists of a type whose order says nothing (CloudFormation's `insertionOrder: false`), the deepest first."""
    schema = schema_of(type_name)
    found = {path for path, declared in walk(schema) if declared.get("insertionOrder") is False}
    return PropertyPaths(tuple(sorted(found, key=lambda path: (-path.count("/"), path))))


def _sorted(value: JsonValue) -> JsonValue:
    if not isinstance(value, list):
        return value
    return sorted(value, key=lambda item: json.dumps(item, sort_keys=True))


def _nested(place: tuple[str | int, ...], value: JsonValue) -> dict[str, JsonValue]:
    for part in reversed(place):
        value = {str(part): value}
    assert isinstance(value, dict)
    return value


def _without_empty(properties: Properties) -> dict[str, JsonValue]:
    """Without lists and objects that are empty: AWS shows them or leaves them out as it likes."""
    return {name: value for name, value in properties.items() if value not in ({}, [])}
