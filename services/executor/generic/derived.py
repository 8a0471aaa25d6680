"""Reads that show an operation's effect, derived from AWS's models where no table declares one.

`DeleteX` happened once `GetX` or `DescribeX`, asked with its parameters, finds nothing; `PutX`, `UpdateX`, `ModifyX`
and `SetX` once the answer has every value that was asked for under the same name; `CreateX` once there is one where
there was none. Only reads count that need no more parameters than the operation has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from services.executor.generic import matching
from services.executor.generic.observing import Effect
from services.executor.registry.drift import ABSENT, PRESENT
from shared.access.argument_values import plain
from shared.aws.service_models import operation_model
from shared.aws_operations.catalogue import operations
from shared.aws_operations.models import Operation
from shared.messages import Effect as Level

_SETS = re.compile(r"(Put|Update|Modify|Set)(?=[A-Z])")
_REMOVES = re.compile(r"(Delete|Terminate)(?=[A-Z])")
_MAKES = re.compile(r"Create(?=[A-Z])")
_NOT_A_VALUE = re.compile(r"token$|^dryrun$|^callerreference$", re.IGNORECASE)


def derived(service: str, operation: str, asked: Mapping[str, JsonValue]) -> Effect | None:
    """The effect of an operation with these parameters; None where no read shows it."""
    removes, makes = _REMOVES.match(operation), _MAKES.match(operation)
    found = removes or makes or _SETS.match(operation)
    if found is None:
        return None
    for read in _reads(service, operation[found.end() :]):
        parameters = _narrowed(service, read.name, asked)
        if parameters is None:
            continue
        if removes or makes:
            return _presence(service, read.name, parameters, is_there=makes is not None)
        if effect := _values(service, read.name, parameters, asked):
            return effect
    return None


def _reads(service: str, noun: str) -> Iterator[Operation]:
    known = operations(service)
    for verb in ("Get", "Describe"):
        read = known.get(verb + noun)
        if read is not None and read.effect in (Level.LIST, Level.READ) and read.actions and not read.streams:
            yield read


def _narrowed(service: str, read: str, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue] | None:
    """The read's parameters, of the operation's; None where it needs more, or would read more than one thing."""
    shape = operation_model(service, read).input_shape
    if shape is None or not shape.required_members:
        return None
    found = {name: asked[name] for name in shape.members if name in asked and not _NOT_A_VALUE.search(name)}
    return found if all(name in found for name in shape.required_members) else None


def _presence(service: str, read: str, parameters: dict[str, JsonValue], *, is_there: bool) -> Effect:
    return Effect(
        service=service,
        read=read,
        parameters=parameters,
        shows=lambda answer: "there",
        absent=(),
        is_there=lambda state: (state is not None) == is_there,
        creates=is_there,
        wants=PRESENT if is_there else ABSENT,
    )


def _values(
    service: str, read: str, parameters: Mapping[str, JsonValue], asked: Mapping[str, JsonValue]
) -> Effect | None:
    wanted = {name: value for name, value in asked.items() if name not in parameters and not _NOT_A_VALUE.search(name)}
    output = operation_model(service, read).output_shape
    places = {name: _place(output, name) for name in wanted}
    if not wanted or output is None or not all(places.values()):
        return None

    def shows(answer: Any) -> Any:
        return {name: _at(answer, place) for name, place in places.items()}

    return Effect(
        service=service,
        read=read,
        parameters=dict(parameters),
        shows=shows,
        absent=(),
        is_there=lambda state: matching.equals(state, wanted),
        wants=wanted,
    )


def _place(shape: Any, name: str) -> tuple[str, ...]:
    """Where an answer has a member of this name: at its top, or in the only structure that is there."""
    if shape is None:
        return ()
    own = {plain(member): member for member in shape.members}
    if plain(name) in own:
        return (own[plain(name)],)
    inner = [member for member, target in shape.members.items() if target.type_name == "structure"]
    if len(inner) != 1:
        return ()
    below = {plain(member): member for member in shape.members[inner[0]].members}
    return (inner[0], below[plain(name)]) if plain(name) in below else ()


def _at(answer: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        answer = answer.get(name) if isinstance(answer, Mapping) else None
    return answer
