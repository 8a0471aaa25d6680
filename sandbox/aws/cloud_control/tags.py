"""Tags: what a change adds and takes away, in the shapes that services want."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.aws.cloud_control.schemas import Model

TagList = list[dict[str, str]]


def as_map(tags: Any) -> dict[str, str]:
    """Tags of either shape, lists of Key and Value (in whatever case) or maps, by their keys."""
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    found: dict[str, str] = {}
    for tag in tags or ():
        lowered = {key.lower(): value for key, value in tag.items()}
        key = lowered.get("key", lowered.get("tagkey"))
        found[str(key)] = str(lowered.get("value", lowered.get("tagvalue", "")))
    return found


def as_list(tags: Any, key: str = "Key", value: str = "Value") -> TagList:
    """Tags of either shape as a list, in the order of their keys."""
    return [{key: name, value: text} for name, text in sorted(as_map(tags).items())]


def as_lower_list(tags: Any) -> TagList:
    """As above, with the small letters of services that write all their parameters so."""
    return as_list(tags, "key", "value")


def tags_given(model: Model, name: str = "Tags", shape: Callable[[Any], Any] = as_list) -> dict[str, Any]:
    """The tags of a new resource as an argument of its creation, which some services take only where there are any."""
    return {name: shape(model["Tags"])} if model.get("Tags") else {}


def shown(model: Model, tags: Any, name: str = "Tags", shape: Callable[[Any], Any] = as_list) -> Model:
    """A model with its tags in the type's shape, a list or a map; without any there is no such property."""
    found = {key: text for key, text in as_map(tags).items() if not key.startswith("aws:")}
    return {**model, name: shape(found)} if found else model


@dataclass(frozen=True)
class TagChange:
    """The tags to set, by key, and the keys to take away."""

    set: Mapping[str, str]
    removed: list[str]

    @classmethod
    def of(cls, before: Model, after: Model, name: str = "Tags") -> TagChange:
        old, new = as_map(before.get(name)), as_map(after.get(name))
        changed = {key: value for key, value in new.items() if old.get(key) != value}
        return cls(changed, sorted(old.keys() - new.keys()))

    def pairs(self) -> TagList:
        return as_list(self.set)


def change_tags(
    client: Any,
    before: Model,
    after: Model,
    *,
    name: str = "Tags",
    shape: Callable[[Any], Any] = as_list,
    **target: str,
) -> None:
    """Set and take away what differs, with the two operations that most services have for it.

    `target` is the parameter that names the resource; the others begin with a small letter where it does.
    """
    change, small = TagChange.of(before, after, name), all(one[0].islower() for one in target)
    if change.set:
        client.tag_resource(**target, **{"tags" if small else "Tags": shape(change.set)})
    if change.removed:
        client.untag_resource(**target, **{"tagKeys" if small else "TagKeys": change.removed})
