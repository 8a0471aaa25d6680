"""The names by which AWS's event history may know what a step made or changed: ARNs and Cloud Control's identifiers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.executor.operations import OPERATIONS
from services.executor.registry import references
from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from services.executor.resources.known import known_of
from services.executor.resources.needs import own_arns
from services.executor.scope.session_policy import looks
from shared.errors import AssistantError
from shared.plans.drift import MAX_NAMES
from shared.plans.plan import Plan
from shared.plans.step import Step
from shared.resource_types.catalogue import resource_type

_MAX_NAME = 1024
# Needed to hand a role on, of which the step changes nothing.
_HANDS_ON = "iam:PassRole"


def names_of(plan: Plan, step: Step, location: Location) -> tuple[str, ...]:
    """At most `MAX_NAMES`, the surest first; none where the step's arguments and its result tell none."""
    result = step.result if isinstance(step.result, dict) else {}
    found = _of_type(result, location) if result.get("type_name") else _acted_on(plan, step, location)
    names = (name for name in found if name and "*" not in name and UNKNOWN not in name and len(name) <= _MAX_NAME)
    return tuple(dict.fromkeys(names))[:MAX_NAMES]


def region_of(step: Step) -> str | None:
    """Where the step acted; None where it has no region, or does not say."""
    result = step.result if isinstance(step.result, dict) else {}
    found = result.get("region") or step.arguments.get("region")
    return found if isinstance(found, str) else None


def _of_type(result: dict[str, Any], location: Location) -> Iterator[str]:
    kind, identifier = resource_type(str(result["type_name"])), str(result.get("identifier") or "")
    properties = result.get("properties") or {}
    known = known_of(kind, properties, identifier, location, str(result["region"]))
    yield from own_arns(kind, "delete" if "delete" in kind.handlers else "read", known)
    yield identifier
    if "|" in identifier:
        yield identifier.split("|")[-1]


def _acted_on(plan: Plan, step: Step, location: Location) -> Iterator[str]:
    """The ARNs that the step's changing actions are on, with what the steps before it gave it."""
    operation = OPERATIONS[step.operation]
    results = {one.id: one.result for one in plan.steps if one.result is not None}
    try:
        values = operation.validate(references.resolve_arguments(step.arguments, results))
        needs = operation.declared(values, location).needs
    except AssistantError:
        return
    for action, arn in needs:
        if not looks(action) and action != _HANDS_ON:
            yield arn
