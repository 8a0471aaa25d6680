"""Changes of a resource's properties as a JSON Merge Patch (RFC 7396): apply one, see what it changes, invert it.

`{"VisibilityTimeout": 60, "RedrivePolicy": null, "Settings": {"Mode": "fast"}}` sets the first, removes the second and
sets one member of the third. Lists are replaced whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from shared.resource_types.paths import Place

Properties = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that becomes another; None stands for "not there", on either side."""

    place: Place
    before: JsonValue
    after: JsonValue


def merged(state: Properties, changes: Properties) -> dict[str, JsonValue]:
    """The properties as the changes leave them."""
    result = dict(state)
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            held = result.get(name)
            result[name] = merged(held if isinstance(held, dict) else {}, value)
        else:
            result[name] = value
    return result


def differences(state: Properties, changes: Properties, place: Place = ()) -> Iterator[Difference]:
    """What the changes make different, each at the deepest place that both sides have."""
    for name, value in changes.items():
        here, held = (*place, name), state.get(name)
        if isinstance(value, dict) and isinstance(held, dict):
            yield from differences(held, value, here)
        elif isinstance(value, dict):
            yield Difference(here, held, merged({}, value))
        elif value != held:
            yield Difference(here, held, value)


def between(before: Properties, after: Properties, place: Place = ()) -> Iterator[Difference]:
    """How two states differ, each at the deepest place that both have, in the order of the names."""
    for name in sorted(before.keys() | after.keys()):
        here, one, other = (*place, name), before.get(name), after.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from between(one, other, here)
        elif one != other:
            yield Difference(here, one, other)


def inverse(state: Properties, changes: Properties) -> dict[str, JsonValue]:
    """The changes that lead back to `state` from what `changes` make of it."""
    back: dict[str, JsonValue] = {}
    for name, value in changes.items():
        held = state.get(name)
        if isinstance(value, dict) and isinstance(held, dict):
            if inner := inverse(held, value):
                back[name] = inner
        elif value != held:
            back[name] = _whole(held, value)
    return back


def at(properties: JsonValue, place: Place) -> JsonValue:
    """The value at a place; None where there is none."""
    for part in place:
        if isinstance(properties, dict):
            properties = properties.get(str(part))
        elif isinstance(properties, list) and isinstance(part, int) and part < len(properties):
            properties = properties[part]
        else:
            return None
    return properties


def _whole(held: JsonValue, instead_of: JsonValue) -> JsonValue:
    """A merge patch's value that makes exactly `held` of `instead_of`: what only the latter has is removed."""
    if isinstance(held, dict) and isinstance(instead_of, dict):
        gone: dict[str, JsonValue] = {name: None for name in instead_of if name not in held}
        return {**gone, **{name: _whole(value, instead_of.get(name)) for name, value in held.items()}}
    return held
