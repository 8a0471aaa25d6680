"""The properties that a resource is made with: as they were proposed, with the tags that say which plan made it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from services.executor.registry.operation import UNKNOWN
from shared.errors import InvalidArguments
from shared.resource_types.catalogue import schema_of
from shared.resource_types.models import ResourceType
from shared.resource_types.paths import PropertyPaths

Properties = Mapping[str, JsonValue]
# AWS's own tags, and those of plans: nobody proposes them.
_RESERVED = ("aws:", "assistant:")


def identifier_of(kind: ResourceType, properties: Properties) -> str | None:
    """Cloud Control's identifier, where the properties have all of it; what is known only later is `UNKNOWN`."""
    parts = [properties.get(name) for name in kind.primary_identifier]
    if not parts or not all(isinstance(part, str) and part for part in parts):
        return None
    return "|".join(map(str, parts))


def is_known(identifier: str | None) -> bool:
    return identifier is not None and UNKNOWN not in identifier


def tagged(kind: ResourceType, properties: Properties, marks: Mapping[str, str]) -> dict[str, JsonValue]:
    """The properties with these tags added, where a new resource of the type takes tags."""
    tagging = kind.tagging
    if tagging is None or not tagging.on_create:
        return dict(properties)
    own = tags_of(kind, properties)
    return {**properties, tagging.property: _as_property(kind, own | dict(marks))}


def tags_of(kind: ResourceType, properties: Properties) -> dict[str, str]:
    """The tags among the properties; none of a type that takes none."""
    tagging = kind.tagging
    found = properties.get(tagging.property) if tagging is not None else None
    if tagging is None or found is None:
        return {}
    if isinstance(found, dict):
        return {key: str(value) for key, value in found.items()}
    items = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    return {str(item.get(tagging.key_name)): str(item.get(tagging.value_name, "")) for item in items}


def check_tags(kind: ResourceType, properties: Properties) -> None:
    """Raise InvalidArguments for a tag that only AWS or a plan may set."""
    taken = sorted(key for key in tags_of(kind, properties) if key.startswith(_RESERVED))
    if taken:
        raise InvalidArguments(f"tags: {', '.join(taken)}: AWS and plans alone set tags of these names; leave them out")


def with_reserved_tags(kind: ResourceType, state: Properties, changes: Properties) -> dict[str, JsonValue]:
    """The changes of a resource with this state, which leave the tags alone that only AWS or a plan may set.

    Tags are given whole, and nobody can give those.
    """
    tagging = kind.tagging
    kept = {key: value for key, value in tags_of(kind, state).items() if key.startswith(_RESERVED)}
    if tagging is None or tagging.property not in changes or not kept:
        return dict(changes)
    if tagging.shape == "map":
        return dict(changes)
    return {**changes, tagging.property: _as_property(kind, kept | tags_of(kind, changes))}


def without_reserved_tags(kind: ResourceType, changes: Properties) -> dict[str, JsonValue]:
    """Changes that lead back, as a plan may propose them."""
    tagging = kind.tagging
    if tagging is None or not isinstance(changes.get(tagging.property), list):
        return dict(changes)
    own = {key: value for key, value in tags_of(kind, changes).items() if not key.startswith(_RESERVED)}
    return {**changes, tagging.property: _as_property(kind, own) if own else None}


def recorded(kind: ResourceType, state: Properties) -> dict[str, JsonValue]:
    """What of a resource's state makes one like it: what somebody can set, without secrets and reserved tags."""
    left = _told_once(kind, PropertyPaths((*kind.read_only.paths, *kind.secret.paths)).without(state))
    if kind.tagging is None or kind.tagging.property not in left:
        return left
    own = {key: value for key, value in tags_of(kind, left).items() if not key.startswith(_RESERVED)}
    if not own:
        return {name: value for name, value in left.items() if name != kind.tagging.property}
    return {**left, kind.tagging.property: _as_property(kind, own)}


def keeps_identifier(kind: ResourceType) -> bool:
    """Whether one that is made anew of the recorded properties has the same identifier: somebody chooses it."""
    return all(kind.create_only.covers((name,)) for name in kind.primary_identifier)


def _told_once(kind: ResourceType, properties: Properties) -> dict[str, JsonValue]:
    """The properties without those that AWS reads back beside others with which it takes none: a subnet has its zone
    by name and by id. The shorter name stays."""
    excluded: Mapping[str, list[str]] = schema_of(kind.name).get("dependentExcluded", {})
    left = dict(properties)
    for name in sorted(properties, key=lambda name: (name not in kind.required, len(name), name)):
        if name in left:
            for other in excluded.get(name, ()):
                left.pop(other, None)
    return left


def not_recorded(kind: ResourceType) -> tuple[str, ...]:
    """The properties that a new resource needs and that no state has, because AWS or we do not give them out."""
    lost = PropertyPaths((*kind.write_only.paths, *kind.secret.paths))
    return tuple(name for name in kind.required if lost.covers((name,)))


def _as_property(kind: ResourceType, tags: Mapping[str, str]) -> JsonValue:
    tagging = kind.tagging
    assert tagging is not None
    if tagging.shape == "map":
        return dict(tags)
    return [{tagging.key_name: key, tagging.value_name: value} for key, value in tags.items()]
