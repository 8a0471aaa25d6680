"""The table of forms: what a step is rewritten to, and which operations it counts as."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jmespath
from pydantic import Field, JsonValue

from shared.aws_operations.catalogue import find
from shared.errors import AssistantError
from shared.messages import Message
from shared.resource_types.catalogue import resource_type

FILE = Path(__file__).with_name("forms.toml")
CALL = "change_aws"
CREATE, UPDATE, DELETE = "create_aws_resource", "update_aws_resource", "delete_aws_resource"
_VERBS = {CREATE: "create", UPDATE: "update", DELETE: "delete"}


class Form(Message):
    """One line of the table, see `forms.toml`."""

    from_: str = Field(alias="from")
    to: str
    takes: tuple[str, ...] = ()
    when: str | None = None
    with_: str | None = Field(default=None, alias="with")


@dataclass(frozen=True, slots=True)
class Meant:
    """What a step means: the table's name of it, its parameters, and the region that it names."""

    name: str
    parameters: Mapping[str, JsonValue]
    region: JsonValue


@lru_cache(maxsize=1)
def forms() -> tuple[Form, ...]:
    """All lines, in the order of the file."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Form.model_validate(one) for one in read["forms"])


def meant_by(operation: str, arguments: Mapping[str, JsonValue]) -> Meant | None:
    """What a step means; None for one of an operation that is no form of another, and one that nobody knows."""
    try:
        return _meant_by(operation, arguments)
    except AssistantError:
        # What is not known is refused with its reason where the step is checked.
        return None


# The parameters by which calls take tags.
_TAGS = ("Tags", "tags", "TagSpecifications")


def rewritten(meant: Meant, partition: str, account: str) -> tuple[str, dict[str, JsonValue]] | None:
    """The stronger operation that a step is rewritten to, with its arguments; None where it has more parameters than
    that one takes, or there is none."""
    for form in forms():
        if form.from_ == meant.name and form.with_ is not None and _takes(form, meant.parameters):
            over = _scope(meant, partition, account)
            try:
                if form.when is not None and not _search(form.when, over):
                    continue
                made = _search(form.with_, over)
            except jmespath.exceptions.JMESPathError:
                # A reference to another step cannot be put into a longer text.
                continue
            return form.to, _without_nothing(made)
    return None


def also(operation: str, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The stronger operations that a step does the work of: what the operator says of those holds for it."""
    meant = meant_by(operation, arguments)
    return _also(meant.name) if meant is not None else ()


@lru_cache(maxsize=1024)
def _also(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form.to for form in forms() if form.from_ == name))


def _meant_by(operation: str, arguments: Mapping[str, JsonValue]) -> Meant | None:
    region = arguments.get("region")
    if operation == CALL:
        service, name, parameters = (arguments.get(one) for one in ("service", "operation", "parameters"))
        found = find(str(service), str(name))
        return Meant(f"{found.service}:{found.name}", _object(parameters), region)
    if operation not in _VERBS:
        return None
    kind = resource_type(str(arguments.get("type_name"))).name
    if operation == CREATE:
        given = _object(arguments.get("properties"))
    elif operation == UPDATE:
        given = _object(arguments.get("changes"))
    else:
        given = {"identifier": arguments.get("identifier")}
    return Meant(f"{_VERBS[operation]} {kind}", given, region)


def _takes(form: Form, parameters: Mapping[str, JsonValue]) -> bool:
    """Whether the parameters have nothing that the form does not take."""
    return all(any(_covers(taken, path) for taken in form.takes) for path in _paths(parameters))


def _covers(taken: str, path: str) -> bool:
    stem = taken.removesuffix(".*")
    return path == stem or path.startswith(f"{stem}.")


def _paths(value: Mapping[str, JsonValue], before: str = "") -> Iterator[str]:
    """The path of every member that is no object itself; a reference to another step is a value."""
    for name, item in value.items():
        if isinstance(item, dict) and item and "$from" not in item:
            yield from _paths(item, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def _scope(meant: Meant, partition: str, account: str) -> dict[str, Any]:
    tags = meant.parameters.get("Tags")
    given = next((meant.parameters[name] for name in _TAGS if meant.parameters.get(name)), None)
    pairs = [{"key": key, "value": value} for key, value in tags.items()] if isinstance(tags, dict) else None
    return {
        **meant.parameters,
        "_region": meant.region,
        "_partition": partition,
        "_account": account,
        "_pairs": pairs,
        "_tags": _tags(given),
        "_desired": _parsed(meant.parameters.get("DesiredState")),
    }


def _tags(given: JsonValue) -> JsonValue:
    """The tags of a call as a list of `Key` and `Value`, in whichever of AWS's ways they are given."""
    if isinstance(given, dict):
        return None if "$from" in given else [{"Key": key, "Value": value} for key, value in given.items()]
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return None
    objects = [one for one in given if isinstance(one, dict)]
    if any("ResourceType" in one for one in objects):
        return _tags(objects[0].get("Tags")) if len(objects) == 1 else None
    return [{name.capitalize(): value for name, value in one.items()} for one in objects]


def _parsed(value: JsonValue) -> JsonValue:
    if not isinstance(value, str):
        return value
    try:
        parsed: JsonValue = json.loads(value)
    except ValueError:
        return None
    return parsed


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nothing(item) for name, item in value.items() if item is not None}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value


def _search(expression: str, over: Mapping[str, Any]) -> Any:
    return _compiled(expression).search(over)


@lru_cache(maxsize=512)
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)
