"""How a resource differs from what a step on it left, value by value; secrets are on neither side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.executor.registry.contexts import StepContext
from services.executor.registry.drift import Drift, Moved, NotRecorded, back, gone
from services.executor.resources import state
from services.executor.resources.desired import keeps_identifier, tags_of, with_reserved_tags
from services.executor.resources.merge import Difference, merged
from shared.resource_types.catalogue import resource_type
from shared.resource_types.models import ResourceType
from shared.resource_types.paths import pointer

COMPARES = "whether it is there, every property that can be set and read again"
Properties = Mapping[str, JsonValue]
_KEEP_STATE = ("create_aws_resource", "update_aws_resource")


@dataclass(frozen=True, slots=True)
class _Resource:
    """Which resource a step's result is about."""

    kind: ResourceType
    identifier: str
    region: str

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> _Resource:
        return cls(resource_type(str(result["type_name"])), str(result["identifier"]), str(result["region"]))

    @property
    def called(self) -> str:
        return f"{self.kind.name} {self.identifier}"

    def read(self, context: StepContext) -> dict[str, JsonValue] | None:
        return state.read(context.aws, self.kind.name, self.identifier, self.region)


def of_create(context: StepContext, result: Mapping[str, Any]) -> Drift | None:
    """Of a resource that a step made."""
    found = _Resource.of(result)
    now = found.read(context)
    if context.undone:
        return None if now is None else back(f"a {found.called}")
    if now is None:
        return gone(f"the {found.called}")
    left = [_recorded(result), *_later(context, found)]
    return _compared(found, left if context.taking_back else left[-1:], now, context.tags)


def of_update(context: StepContext, result: Mapping[str, Any]) -> Drift | None:
    """Of a resource that a step changed."""
    found = _Resource.of(result)
    now = found.read(context)
    if now is None:
        return gone(f"the {found.called}")
    own = _recorded(result)
    if context.undone:
        own = merged(own, with_reserved_tags(found.kind, own, result["restores"]))
    left = [own, *_later(context, found)]
    return _compared(found, left if context.taking_back else left[-1:], now, {})


def of_delete(context: StepContext, result: Mapping[str, Any]) -> Drift | None:
    """Of a resource that a step deleted."""
    found = _Resource.of(result)
    if context.undone and not keeps_identifier(found.kind):
        raise NotRecorded("undoing it made a new one, to which AWS gave another identifier")
    there = found.read(context) is not None
    if context.undone:
        return None if there else gone(f"the {found.called}")
    return back(f"a {found.called}") if there else None


def _recorded(result: Mapping[str, Any]) -> dict[str, JsonValue]:
    if not result.get("properties"):
        raise NotRecorded(
            "what it was like was not kept: it could not be read, or has more than"
            f" {state.MAX_KEPT_CHARACTERS} characters"
        )
    return dict(result["properties"])


def _later(context: StepContext, found: _Resource) -> list[dict[str, JsonValue]]:
    """What later steps of the plan left of the same resource."""
    return [_recorded(result) for result in context.later(*_KEEP_STATE) if _Resource.of(result) == found]


def _compared(
    found: _Resource, left: list[dict[str, JsonValue]], now: Properties, marks: Mapping[str, str]
) -> Drift | None:
    """None where the resource is in one of these states; else how it differs from the last. `marks`: of the plan."""
    found_differences = [state.changes(found.kind, one, _spoken_of(found.kind, one, now)) for one in left]
    if not all(found_differences):
        return None
    moved = tuple(_moved(found.kind, left[-1], now, found_differences[-1]))
    told = tags_of(found.kind, left[-1]).items() >= marks.items()
    if marks and told and not tags_of(found.kind, now).items() >= marks.items():
        return Drift(f"the {found.called} has lost this plan's tags: it was made anew or its tags were changed", moved)
    names = dict.fromkeys(pointer(one.place[:1]) for one in found_differences[-1])
    return Drift(f"somebody has changed {', '.join(names)} of the {found.called}", moved)


def _spoken_of(kind: ResourceType, left: Properties, now: Properties) -> Properties:
    """What of `now` the record speaks of: where AWS did not let it be read, that is only what was asked for."""
    if kind.read_only.paths and not any(kind.read_only.find(left)):
        return {name: value for name, value in now.items() if name in left}
    return now


def _moved(kind: ResourceType, left: Properties, now: Properties, changes: list[Difference]) -> Iterator[Moved]:
    for one in changes:
        if kind.tagging is not None and one.place == (kind.tagging.property,):
            before, after = tags_of(kind, left), tags_of(kind, now)
            for key in sorted(before.keys() | after.keys()):
                if before.get(key) != after.get(key):
                    yield Moved(pointer((*one.place, key)), before.get(key), after.get(key))
        else:
            yield Moved(pointer(one.place), one.before, one.after)
