"""Compares what AWS shows of a finished step with what the step left: for undoing it, and for a plan's drift."""

from __future__ import annotations

from services.executor.operations import OPERATIONS
from services.executor.registry.contexts import StepContext
from services.executor.registry.drift import Drift, NotRecorded
from shared.aws.clients import Aws
from shared.plans.plan import Plan
from shared.plans.step import Step


def drift(aws: Aws, plan: Plan, step_id: str) -> str | None:
    """Why a finished step cannot be undone any more: undoing it would destroy somebody's work. None where it can."""
    try:
        found = _compare(aws, plan, _step(plan, step_id), taking_back=True)
    except NotRecorded as reason:
        return str(reason)
    return found.why if found is not None and found.stops_undo else None


def look(aws: Aws, plan: Plan, step: Step) -> Drift | None:
    """How AWS differs from what a done or an undone step left, None where it does not.

    Raises NotRecorded where that is not known, and what AWS raises.
    """
    return _compare(aws, plan, step, taking_back=False)


def _compare(aws: Aws, plan: Plan, step: Step, *, taking_back: bool) -> Drift | None:
    check = OPERATIONS[step.operation].drift
    if check is None:
        return None
    # An effect that came late is undone though the plan says that it is.
    undone = step.status == "undone" and not taking_back
    context = StepContext(aws, plan.plan_id, step.id, steps=plan.steps, undone=undone, taking_back=taking_back)
    return check(context, step.result if isinstance(step.result, dict) else {})


def _step(plan: Plan, step_id: str) -> Step:
    return next(step for step in plan.steps if step.id == step_id)
