"""A template in the making: resources, parameters, and notes on what it does not hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

Properties = dict[str, JsonValue]
# The one member of an argument that refers to an earlier step's result: "STEP_ID.path".
FROM = "$from"
_REGION: JsonValue = {"Ref": "AWS::Region"}


@dataclass(slots=True)
class Resource:
    """One resource of the template, which `step` makes; `needs` are the steps before it."""

    logical_id: str
    type_name: str
    properties: Properties
    step: str
    holds_data: bool
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """What a step gives to later ones: its resource, and what a field of its result is in the template."""

    resource: Resource
    value_of: Callable[[tuple[str, ...]], JsonValue]


@dataclass(slots=True)
class Template:
    """The parts so far. `made` is by step; a step that changes another one's resource has that one's."""

    region: str | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    parameters: dict[str, dict[str, JsonValue]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    made: dict[str, Made] = field(default_factory=dict)

    def add(self, resource: Resource) -> None:
        self.resources[resource.logical_id] = resource

    def logical_id(self, *words: str) -> str:
        """An id of letters and digits that no resource or parameter has."""
        name = "".join(part[:1].upper() + part[1:] for word in words for part in re.findall(r"[A-Za-z0-9]+", word))
        name = (name if name[:1].isalpha() else f"R{name}")[:200]
        taken = self.resources.keys() | self.parameters.keys()
        return next(one for one in _numbered(name) if one not in taken)

    def parameter(self, name: str, description: str, **more: JsonValue) -> JsonValue:
        """A new parameter, as the value that stands for it."""
        logical_id = self.logical_id(name)
        self.parameters[logical_id] = {"Type": "String", "Description": description[:4000], **more}
        return {"Ref": logical_id}

    def of_reference(self, value: Mapping[str, JsonValue]) -> Made | None:
        """What the step made that a reference of the plan names; None where it made nothing, or it is no reference."""
        return self.made.get(str(value.get(FROM, "")).partition(".")[0])

    def note(self, step: str, text: str) -> None:
        self.notes.append(f"{step}: {text}")


def ref(resource: Resource) -> JsonValue:
    """What names the resource: mostly its identifier."""
    return {"Ref": resource.logical_id}


def attribute(resource: Resource, name: str) -> JsonValue:
    return {"Fn::GetAtt": [resource.logical_id, name]}


def in_region() -> JsonValue:
    return _REGION


def referred(value: JsonValue) -> Iterator[str]:
    """The logical ids that a value refers to."""
    if isinstance(value, list):
        for item in value:
            yield from referred(item)
    elif isinstance(value, dict):
        if set(value) == {"Ref"}:
            yield str(value["Ref"])
        elif isinstance(named := value.get("Fn::GetAtt"), list):
            yield str(named[0])
        for item in value.values():
            yield from referred(item)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}{number}"
        number += 1
