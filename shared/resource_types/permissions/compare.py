"""What a change adds and takes away: only that is judged, not what a resource had before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import JsonValue

from shared.resource_types.paths import Place


class Part(NamedTuple):
    """One value that is new, or other than before: its place, and the object it stands in."""

    place: Place
    value: JsonValue
    within: Mapping[str, JsonValue]

    @property
    def name(self) -> str:
        """The name of the property, also of an item of its list."""
        return next((part for part in reversed(self.place) if isinstance(part, str)), "")


def added(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> Iterator[Part]:
    """Every value of `after`, objects and lists with all that is in them, that `before` does not have there.

    An item of a list is new where the list did not have it, wherever it stood.
    """
    yield from _of_object(dict(before), dict(after), ())


def _of_object(before: JsonValue, after: dict[str, JsonValue], place: Place) -> Iterator[Part]:
    was = before if isinstance(before, dict) else {}
    for name, value in after.items():
        if name not in was or was[name] != value:
            yield from _of_value(was.get(name), value, (*place, name), after)


def _of_value(before: JsonValue, after: JsonValue, place: Place, within: dict[str, JsonValue]) -> Iterator[Part]:
    yield Part(place, after, within)
    if isinstance(after, dict):
        yield from _of_object(before, after, place)
    elif isinstance(after, list):
        was = before if isinstance(before, list) else []
        for number, item in enumerate(after):
            if item not in was:
                yield from _of_value(None, item, (*place, number), within)
