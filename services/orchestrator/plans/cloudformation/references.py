"""Arguments of steps as values of a template: a reference to a step before becomes Ref or Fn::GetAtt."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from services.orchestrator.plans.cloudformation.template import FROM, Template
from shared.plans.step import Step

_SCALARS = (str, int, float, bool)


class NotExpressible(Exception):
    """The value cannot stand in a template; the message says why."""


def expressed(template: Template, steps: Mapping[str, Step], value: JsonValue) -> JsonValue:
    """The value as the template has it. Raises NotExpressible."""
    if isinstance(value, list):
        return [expressed(template, steps, item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {FROM}:
        return _of_step(template, steps, str(value[FROM]))
    # What a plan sends to AWS as it is would be run by CloudFormation as a function.
    if any(name == "Ref" or name.startswith("Fn::") for name in value):
        raise NotExpressible(f"it holds {next(iter(value))!r}, which CloudFormation would take for a function")
    return {name: expressed(template, steps, item) for name, item in value.items()}


def _of_step(template: Template, steps: Mapping[str, Step], reference: str) -> JsonValue:
    step, *path = reference.split(".")
    if step in template.made:
        made = template.made[step]
        if made.resource.logical_id in template.resources:
            found = made.value_of(tuple(path))
            if found is not None:
                return found
    known = _known(steps.get(step), path)
    if isinstance(known, _SCALARS):
        return known
    return template.parameter(reference, f"The {'.'.join(path)} that the step {step} of the plan gives.")


def _known(step: Step | None, path: list[str]) -> JsonValue:
    """The value in the step's result, where it has run."""
    value: JsonValue = step.result if step else None
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
