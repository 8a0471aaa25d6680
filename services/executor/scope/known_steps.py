"""What the steps of a stored plan do, worked out anew from their arguments: nothing else on the record is believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.executor.operations import OPERATIONS
from services.executor.registry import references
from services.executor.registry.declared import Declared
from services.executor.registry.location import Location
from services.executor.registry.operation import Operation
from shared.plans.plan import Plan


@dataclass(frozen=True, slots=True)
class KnownStep:
    """A step with its arguments as typed values, what is declared of it, and its result as far as that is known."""

    id: str
    operation: Operation
    values: dict[str, Any]
    declared: Declared
    expected: dict[str, JsonValue]


def known_steps(plan: Plan, location: Location) -> Iterator[KnownStep]:
    """The plan's steps in their order; a reference stands for what is expected of an earlier step.

    Raises InvalidArguments for arguments that the operation does not take.
    """
    results: dict[str, JsonValue] = {}
    for step in plan.steps:
        operation = OPERATIONS[step.operation]
        values = operation.validate(references.resolve_arguments(step.arguments, results))
        expected = operation.expected_result(values, location)
        results[step.id] = expected
        yield KnownStep(step.id, operation, values, operation.declared(values, location), expected)
