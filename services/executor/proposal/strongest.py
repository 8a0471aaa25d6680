"""One way for one change: each proposed step becomes the strongest form that there is of it.

An operation of ours before a resource of Cloud Control before a call of AWS, and never the other way: so checks,
limits, marks, rules and undo cannot be walked around by another spelling. What is approved is the rewritten step.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from services.executor.operations import OPERATIONS
from services.executor.registry import references
from services.executor.registry.forms import table
from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from shared.aws.arguments.checking import check
from shared.aws.service_models import operation_model
from shared.aws_operations.catalogue import find
from shared.errors import AssistantError
from shared.plans.step import ProposedStep

# change_aws → a resource → an operation of ours.
MAX_REWRITES = 3


@dataclass(slots=True)
class Strongest:
    """The steps in their strongest form, and for each that was rewritten what it was proposed as."""

    steps: list[ProposedStep] = field(default_factory=list)
    was: dict[str, str] = field(default_factory=dict)

    def notes(self) -> dict[str, list[str]]:
        """What the page says of the steps that were rewritten."""
        text = "It was proposed as {}; this is the operation for it here, with its own checks and undo."
        return {step: [text.format(was)] for step, was in self.was.items()}

    def marked(self, arguments: Collection[tuple[str | None, str]]) -> Iterator[tuple[str | None, str]]:
        """Arguments that the person did not write, as the rewritten steps have them: where one of a step's was not
        written by the person, none of its others is taken for theirs."""
        doubtful = {step for step, _ in arguments}
        yield from arguments
        for step in self.steps:
            if step.id in self.was and step.id in doubtful:
                yield from ((step.id, name) for name in step.arguments)


def strongest(given: Sequence[ProposedStep], location: Location, as_it_is: Container[str] = ()) -> Strongest:
    """Rewrite the steps. One that is not understood stays as it is: it is refused, with the reason, where it is
    checked.

    `as_it_is` are the ids of steps that take back one of a finished plan. The way by which a thing was made is the way
    that takes all of it back: a role made with policies attached goes with them, which delete_iam_role refuses.
    """
    made = Strongest()
    for step in given:
        if step.id in as_it_is:
            made.steps.append(step)
            continue
        becomes = _canonical(step)
        for _ in range(MAX_REWRITES):
            stronger = _stronger(becomes, location)
            if stronger is None:
                break
            made.was.setdefault(str(step.id), _name_of(becomes))
            becomes = stronger
        made.steps.append(becomes)
    return made


def _stronger(step: ProposedStep, location: Location) -> ProposedStep | None:
    meant = table.meant_by(step.operation, step.arguments)
    found = table.rewritten(meant, location.partition, location.account) if meant is not None else None
    if found is None:
        return None
    operation, arguments = found
    if operation not in OPERATIONS or not _is_whole(operation, arguments):
        return None
    return step.model_copy(update={"operation": operation, "arguments": arguments})


def _is_whole(operation: str, arguments: Mapping[str, JsonValue]) -> bool:
    """Whether the stronger operation has all that it needs; its region may still be the session's."""
    fields = OPERATIONS[operation].arguments_model.model_fields
    return all(name in arguments or name == "region" for name, one in fields.items() if one.is_required())


def _name_of(step: ProposedStep) -> str:
    meant = table.meant_by(step.operation, step.arguments)
    return f"{step.operation} ({meant.name})" if meant is not None else step.operation


def _canonical(step: ProposedStep) -> ProposedStep:
    """A call of AWS with its service, operation and parameters by AWS's own names, whatever spelling was proposed."""
    if step.operation != table.CALL:
        return step
    parameters = step.arguments.get("parameters")
    try:
        found = find(str(step.arguments.get("service")), str(step.arguments.get("operation")))
        named = _named(found.service, found.name, parameters) if isinstance(parameters, dict) else parameters
    except AssistantError:
        return step
    arguments = {**step.arguments, "service": found.service, "operation": found.name, "parameters": named}
    return step.model_copy(update={"arguments": arguments})


def _named(service: str, operation: str, parameters: Mapping[str, JsonValue]) -> JsonValue:
    """The parameters by AWS's names. A reference to another step stands where it stood."""
    shape = operation_model(service, operation).input_shape
    checked: Any = check(f"{service}:{operation}", shape, _hidden(dict(parameters)), placeholder=UNKNOWN)
    renamed: JsonValue = _renamed(dict(parameters), checked.arguments)
    return renamed


def _hidden(value: Any) -> Any:
    """The value with every reference replaced by what stands for a value that is not known yet."""
    if isinstance(value, dict):
        if references.MARK in value:
            return UNKNOWN
        return {name: _hidden(item) for name, item in value.items()}
    return [_hidden(item) for item in value] if isinstance(value, list) else value


def _renamed(given: Any, checked: Any) -> Any:
    """The given value with the names of the checked one: values stay as they were written."""
    if isinstance(given, dict) and isinstance(checked, dict):
        kept = [item for item in given.values() if item is not None]
        if len(kept) != len(checked):
            return given
        return {name: _renamed(item, inner) for item, (name, inner) in zip(kept, checked.items(), strict=True)}
    if isinstance(given, list) and isinstance(checked, list):
        return [_renamed(item, inner) for item, inner in zip(given, checked, strict=True)]
    return given
