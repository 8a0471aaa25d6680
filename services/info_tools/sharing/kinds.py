"""What another worker can read of a call: a kind of part, by its name, with arguments and items that travel as JSON.

    @part
    def instances_of(aws: Aws, states: list[str]) -> Callable[[str], list[Instance]]:
        def read(region: str) -> list[Instance]: ...
        return read

    found = read_each(aws, aws.regions(regions), instances_of(aws, states or []), place=in_region)

The function makes the reader of one item (here a region). What the reader takes and returns follows from the function's
annotations, and both go through JSON where another worker reads; so do the function's arguments.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter

from shared.aws.clients import Aws
from shared.errors import NotFound
from shared.tools import arguments_model

Item = TypeVar("Item")
Found = TypeVar("Found")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of part. `calls` says how many calls of AWS an item takes at least, for an `Aws` of the call.

    `is_one_thread`: an item is read in one thread, which tells what it costs.
    """

    name: str
    make: Callable[..., Callable[[Any], Any]]
    arguments: type[BaseModel]
    item: TypeAdapter[Any]
    found: TypeAdapter[Any]
    calls: Callable[[Aws], int]
    is_one_thread: bool


@dataclass(frozen=True, slots=True)
class Reading(Generic[Item, Found]):
    """The reader of one call's items, which other workers can make too."""

    kind: Kind
    arguments: Mapping[str, Any]
    read: Callable[[Item], Found]

    def __call__(self, item: Item) -> Found:
        return self.read(item)


_KINDS: dict[str, Kind] = {}


def part(
    make: Callable[Concatenate[Aws, P], Callable[[Item], Found]],
) -> Callable[Concatenate[Aws, P], Reading[Item, Found]]:
    """Register a kind of part by the name of its function. A name used twice raises at import."""
    item, found = _read_by(make)
    kind = register(make.__name__, make, arguments_model(make, {}), item, found, calls=lambda _: 1, is_one_thread=True)
    signature = inspect.signature(make)

    def reading(aws: Aws, /, *args: P.args, **kwargs: P.kwargs) -> Reading[Item, Found]:
        given = signature.bind(aws, *args, **kwargs)
        given.apply_defaults()
        named = dict(list(given.arguments.items())[1:])
        return Reading(kind, named, make(aws, *args, **kwargs))

    return reading


def register(
    name: str,
    make: Callable[..., Callable[[Any], Any]],
    arguments: type[BaseModel],
    item: Any,
    found: Any,
    *,
    calls: Callable[[Aws], int],
    is_one_thread: bool,
) -> Kind:
    """A kind whose types no annotation tells."""
    if name in _KINDS:
        raise ValueError(f"the kind of part {name!r} is registered twice")
    kind = _KINDS[name] = Kind(name, make, arguments, TypeAdapter(item), TypeAdapter(found), calls, is_one_thread)
    return kind


def kind_named(name: str) -> Kind:
    """Raises NotFound (`unknown_tool`)."""
    if name not in _KINDS:
        raise NotFound(f"there is no kind of part {name!r}", code="unknown_tool")
    return _KINDS[name]


def _read_by(make: Callable[..., Any]) -> tuple[Any, Any]:
    """What the reader that a function makes takes and returns."""
    taken, returned = get_args(get_type_hints(make, include_extras=True)["return"])
    return taken[0], returned
