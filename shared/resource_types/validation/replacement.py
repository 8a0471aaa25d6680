"""A change that AWS makes by making a new resource and deleting the old one is refused, with what would be lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from shared.resource_types.models import ResourceType
from shared.resource_types.paths import PropertyPaths, pointer
from shared.resource_types.problems import Problem


def create_only_changes(
    kind: ResourceType, before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]
) -> Iterator[Problem]:
    """A problem for each property that only a new resource could have otherwise."""
    # What AWS never reads back is not in `before`: that it is given again is no change that can be seen.
    seen = PropertyPaths(tuple(path for path in kind.create_only.paths if path not in kind.write_only.paths))
    was, becomes = dict(seen.find(before)), dict(seen.find(after))
    for place in dict.fromkeys((*was, *becomes)):
        if was.get(place) != becomes.get(place):
            yield Problem(pointer(place), "create_only", f"it cannot be changed: {_lost(kind)}")


def _lost(kind: ResourceType) -> str:
    told = "AWS would make a new resource and delete this one, with its identifier, its ARN and what refers to them"
    if kind.holds_data:
        told += ", and the data that it holds"
    return f"{told}; make a second resource, move over to it, then delete this one"
