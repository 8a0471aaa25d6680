"""Paths in the properties of a resource: "Tags", "Rules/*/Prefix". `*` is any item of a list and any key of a map.

A path covers the property and all that is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

# Where a value stands: ("Rules", 0, "Prefix").
Place = tuple[str | int, ...]
ANY = "*"


@dataclass(frozen=True, slots=True)
class PropertyPaths:
    """Some paths of one resource type."""

    paths: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.paths)

    def covers(self, place: Place) -> bool:
        """Whether the value at this place is one of these, or within one."""
        return any(_begins(path.split("/"), place) for path in self.paths)

    def meets(self, place: Place) -> bool:
        """Whether the value at this place is one of these, within one, or can have one within."""
        return self.covers(place) or any(_begins([str(part) for part in place], path) for path in self._places())

    def find(self, properties: Mapping[str, JsonValue]) -> Iterator[tuple[Place, JsonValue]]:
        """Every value there is at one of the paths, with its place."""
        for path in self.paths:
            yield from _find(dict(properties), path.split("/"), ())

    def without(self, properties: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """A copy that has none of these; an object that only held such ones is left empty."""
        return _object(properties, self._split(), None)

    def replaced(
        self, properties: Mapping[str, JsonValue], put: Callable[[JsonValue], JsonValue]
    ) -> dict[str, JsonValue]:
        """A copy in which each value of these is `put(value)`."""
        return _object(properties, self._split(), put)

    def _places(self) -> list[Place]:
        return [tuple(path) for path in self._split()]

    def _split(self) -> list[list[str]]:
        return [path.split("/") for path in self.paths]


def pointer(place: Place) -> str:
    """The place as a JSON pointer (RFC 6901): "/Rules/0/Prefix"."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place)


def _begins(path: list[str], place: Place) -> bool:
    pairs = zip(path, place, strict=False)
    return len(path) <= len(place) and all(part in (ANY, str(at)) or at == ANY for part, at in pairs)


def _find(value: JsonValue, path: list[str], place: Place) -> Iterator[tuple[Place, JsonValue]]:
    if not path:
        yield place, value
        return
    first, rest = path[0], path[1:]
    if isinstance(value, dict):
        for name, item in value.items():
            if first in (ANY, name):
                yield from _find(item, rest, (*place, name))
    elif isinstance(value, list) and first == ANY:
        for number, item in enumerate(value):
            yield from _find(item, rest, (*place, number))


Put = Callable[[JsonValue], JsonValue] | None


def _object(value: Mapping[str, JsonValue], paths: list[list[str]], put: Put) -> dict[str, JsonValue]:
    below = {name: [path[1:] for path in paths if path[0] in (ANY, name)] for name in value}
    return {
        name: _changed(item, below[name], put)
        for name, item in value.items()
        if put is not None or [] not in below[name]
    }


def _changed(value: JsonValue, paths: list[list[str]], put: Put) -> JsonValue:
    if put is not None and [] in paths:
        return put(value)
    if isinstance(value, dict):
        return _object(value, paths, put)
    if isinstance(value, list):
        below = [path[1:] for path in paths if path[0] == ANY]
        return [_changed(item, below, put) for item in value if put is not None or [] not in below]
    return value
