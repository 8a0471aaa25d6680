"""Which steps of a plan read a value for a person, and where the person sees it."""

from __future__ import annotations

from collections.abc import Mapping

from shared.messages import Effect
from shared.plans.plan import Plan
from shared.plans.step import Step


def reads_value(step: Step) -> bool:
    """Whether the step reads a value that only its person sees."""
    return step.effect is Effect.SENSITIVE_READ


def value_path(plan: Plan, step: Step) -> str | None:
    """Where the value of a step is asked for, once it was read; None where there is none to ask for."""
    if not reads_value(step) or step.status != "done":
        return None
    return f"/v1/plans/{plan.plan_id}/steps/{step.id}/value"


def readable_until(step: Step) -> str | None:
    """Until when the value is kept, ISO 8601; None before it was read."""
    found = step.result.get("readable_until") if isinstance(step.result, Mapping) else None
    return str(found) if found else None


def readers(plan: Plan) -> tuple[str, ...]:
    """The ids of the steps that read a value."""
    return tuple(step.id for step in plan.steps if reads_value(step))
