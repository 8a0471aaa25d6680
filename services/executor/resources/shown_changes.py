"""What a step changes of a resource that is there, value by value: shown before approval, compared when it runs.

The plan's digest has these values, so that what is compared, and sent as `test` of the patch, is what a person saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue

from services.executor.resources import state
from services.executor.resources.kinds import is_refused
from services.executor.resources.merge import Difference, at, differences
from shared.errors import Conflict
from shared.plans.step import PropertyChange
from shared.resource_types.models import ResourceType
from shared.resource_types.paths import Place, PropertyPaths, pointer

Properties = Mapping[str, JsonValue]


def of_update(kind: ResourceType, now: Properties, changes: Properties) -> tuple[PropertyChange, ...]:
    """What the changes make of the properties as they are now; `now` may have its secrets or not."""
    hidden = (Difference(place, None, None) for place in secrets_removed(kind, changes))
    return tuple(_shown(kind, one) for one in (*differences(state.shown(kind, now), changes), *hidden))


def secrets_removed(kind: ResourceType, changes: Properties, place: Place = ()) -> Iterator[Place]:
    """The places of secrets that the changes take away: whether they are there is not shown, so that it is asked."""
    for name, value in changes.items():
        here = (*place, name)
        if value is None and kind.secret.covers(here):
            yield here
        elif isinstance(value, dict):
            yield from secrets_removed(kind, value, here)


def of_unknown(kind: ResourceType, changes: Properties) -> tuple[PropertyChange, ...]:
    """The same where it is not known yet what is there."""
    return tuple(_shown(kind, one).model_copy(update={"kind": "set"}) for one in differences({}, changes))


def of_delete(kind: ResourceType, now: Properties) -> tuple[PropertyChange, ...]:
    """All that somebody has set of it; what AWS sets says nothing that would be lost."""
    own = PropertyPaths((*kind.read_only.paths, *kind.secret.paths)).without(now)
    return tuple(
        PropertyChange(path=pointer((name,)), before=value, kind="removed")
        for name, value in own.items()
        if value not in ({}, [])
    )


def check(kind: ResourceType, now: Properties, shown: Iterable[PropertyChange]) -> None:
    """Raise Conflict (`world_moved_on`) where a value is not the one that a person was shown."""
    moved = sorted(one.path for one in shown if not _as_shown(kind, now, one))
    if moved:
        raise Conflict(
            f"{', '.join(moved)} of the {kind.name} is not what the plan showed: somebody has changed it since the plan"
            " was prepared; propose the plan again",
            code="world_moved_on",
        )


def readable(kind: ResourceType, changes: Iterable[Difference]) -> Iterator[Difference]:
    """The differences, each with what was there before only where it may be kept and AWS reads it back."""
    for one in changes:
        unread = kind.write_only.covers(one.place) or kind.secret.meets(one.place)
        yield Difference(one.place, None, one.after) if unread else one


def place_of(path: str, properties: JsonValue) -> Place:
    """The place that a JSON pointer names in these properties."""
    place: list[str | int] = []
    for part in path.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        inside = at(properties, tuple(place))
        place.append(int(name) if isinstance(inside, list) and name.isdigit() else name)
    return tuple(place)


def _as_shown(kind: ResourceType, now: Properties, one: PropertyChange) -> bool:
    if one.hidden or one.kind == "set":
        return True
    place = place_of(one.path, dict(now))
    return state.same_at(kind, place, at(state.shown(kind, now), place), one.before)


def _shown(kind: ResourceType, one: Difference) -> PropertyChange:
    path = pointer(one.place)
    if kind.secret.covers(one.place) and (one.after is None or is_refused(kind, one.place)):
        return PropertyChange(path=path, kind="set", hidden=True)
    after = _without_secrets(kind, one.place, one.after)
    if kind.write_only.covers(one.place) or kind.secret.covers(one.place):
        return PropertyChange(path=path, after=after, kind="set")
    if one.after is None:
        return PropertyChange(path=path, before=one.before, kind="removed")
    return PropertyChange(path=path, before=one.before, after=after, kind="added" if one.before is None else "changed")


def _without_secrets(kind: ResourceType, place: Place, value: JsonValue) -> JsonValue:
    """The value as the step's arguments show it: without what a plan takes no literal of."""
    whole: JsonValue = value
    for part in reversed(place):
        whole = {str(part): whole}
    if not isinstance(whole, dict):
        return value
    refused = PropertyPaths(tuple(path for path in kind.secret.paths if is_refused(kind, tuple(path.split("/")))))
    return at(refused.replaced(whole, lambda _: "(not shown)"), place)
