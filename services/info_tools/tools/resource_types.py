"""The informational tools about AWS's resource types: which there are, and their properties. They ask no AWS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field

from services.info_tools.toolbox import toolbox
from shared.aws.clients import Aws
from shared.messages import Effect, Message
from shared.resource_types.catalogue import lists_of, resource_type, schema_of
from shared.resource_types.models import HandlerName, ResourceType
from shared.resource_types.notation import alternatives, find_property, inner, kind, limits
from shared.resource_types.search.search import search
from shared.resource_types.shapes import members, target

SHOWN_TYPES = 5
SHOWN_PROPERTIES = 80
SHOWN_PATHS = 25
DESCRIBED = 100
_CAN: tuple[HandlerName, ...] = ("create", "update", "delete")


class FoundType(Message):
    type_name: str
    purpose: str
    can: str = Field(description="What a plan can do with one; empty where only operations of its service do.")
    required: tuple[str, ...] = ()


class TypeSearch(Message):
    types: tuple[FoundType, ...]


class TypeDescription(Message):
    """`required` and `optional`: property → its kind. `required` are described; ask for one of the others by name."""

    type_name: str
    purpose: str
    can: str
    identifier: tuple[str, ...] = Field(description="What the resource is called by in updates and deletions.")
    tags: str | None = None
    holds_data: bool = False
    required: dict[str, str]
    optional: dict[str, str]
    needs: tuple[str, ...] = Field(default=(), description="What else must be among the properties.")
    more: int = Field(default=0, description="Properties that are not listed.")
    set_by_aws: tuple[str, ...] = ()
    fixed: tuple[str, ...] = Field(default=(), description="They cannot be changed later.")
    secret: tuple[str, ...] = ()


class PropertyDescription(Message):
    type_name: str
    property: str
    kind: str
    description: str
    limits: tuple[str, ...] = ()
    required: dict[str, str] = Field(default_factory=dict)
    optional: dict[str, str] = Field(default_factory=dict)
    needs: tuple[str, ...] = ()
    note: str | None = None


@toolbox.tool(effect=Effect.READ, timeout=20, over_accounts=False)
def search_resource_types(aws: Aws, query: Annotated[str, Field(min_length=1, max_length=200)]) -> TypeSearch:
    """Find the AWS resource type to create, change or delete in a plan; then describe it.

    Args:
        query: What it is, such as "sqs queue".
    """
    return TypeSearch(types=tuple(_found(resource_type(name)) for name in search(query, SHOWN_TYPES)))


@toolbox.tool(effect=Effect.READ, timeout=20, over_accounts=False)
def describe_resource_type(
    aws: Aws,
    type_name: Annotated[str, Field(min_length=1, max_length=120)],
    property: Annotated[str, Field(min_length=1, max_length=300)] | None = None,
) -> TypeDescription | PropertyDescription:
    """The properties of an AWS resource type.

    Args:
        type_name: Such as "AWS::SQS::Queue".
        property: One property instead, nested ones with dots, such as "Rules.Filter".
    """
    described = resource_type(type_name)
    return _property(described, property) if property else _type(described)


def _found(one: ResourceType) -> FoundType:
    return FoundType(type_name=one.name, purpose=one.purpose, can=_can(one), required=one.required)


def _can(one: ResourceType) -> str:
    return ", ".join(name for name in _CAN if name in one.handlers) if one.cloud_control else ""


def _type(one: ResourceType) -> TypeDescription:
    schema = schema_of(one.name)
    declared = members(schema, schema)
    settable = [name for name in declared if not one.read_only.covers((name,))]
    optional = [name for name in settable if name not in one.required]
    return TypeDescription(
        type_name=one.name,
        purpose=one.purpose,
        can=_can(one),
        identifier=one.primary_identifier,
        tags=_tags(one),
        holds_data=one.holds_data,
        required={name: _in_words(schema, declared[name]) for name in settable if name in one.required},
        optional={name: kind(schema, declared[name]) for name in optional[:SHOWN_PROPERTIES]},
        needs=tuple(alternatives(schema)),
        more=max(len(optional) - SHOWN_PROPERTIES, 0),
        set_by_aws=tuple(path for path in one.read_only.paths if "/" not in path),
        fixed=_alone(one.create_only.paths),
        secret=_alone(one.secret.paths),
    )


def _tags(one: ResourceType) -> str | None:
    if one.tagging is None:
        return None
    if one.tagging.shape == "map":
        return f"{one.tagging.property}: map of key to value"
    return f"{one.tagging.property}: list of {{{one.tagging.key_name}, {one.tagging.value_name}}}"


def _alone(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(path.replace("/*", "[]").replace("/", ".") for path in list(paths)[:SHOWN_PATHS])


def _property(one: ResourceType, written: str) -> PropertyDescription:
    schema = schema_of(one.name)
    found = find_property(schema, written)
    within = inner(schema, found.declared)
    below = members(schema, within)
    required = set(within.get("required", ()))
    place = tuple(found.path.split("/"))
    return PropertyDescription(
        type_name=one.name,
        property=found.path.replace("/*", "[]").replace("/", "."),
        kind=kind(schema, found.declared),
        description=str(found.declared.get("description", "")),
        limits=tuple(limits(found.declared)),
        required={name: _in_words(schema, each) for name, each in below.items() if name in required},
        optional={name: kind(schema, each) for name, each in below.items() if name not in required},
        needs=tuple(alternatives(within)),
        note=_note(one, found.path, place),
    )


def _note(one: ResourceType, path: str, place: tuple[str, ...]) -> str | None:
    if one.read_only.covers(place):
        return "AWS sets it."
    if one.create_only.covers(place):
        return "It cannot be changed later."
    if path in lists_of(one.name):
        return "Its values differ by region."
    return None


def _in_words(schema: Mapping[str, Any], declared: Mapping[str, Any]) -> str:
    """The kind and the beginning of the description."""
    text = str(declared.get("description") or target(schema, declared).get("description") or "")
    sentence = text.split(". ")[0].rstrip(".")
    short = sentence if len(sentence) <= DESCRIBED else sentence[:DESCRIBED].rsplit(" ", 1)[0] + "…"
    return f"{kind(schema, declared)}{f': {short}' if short else ''}"
