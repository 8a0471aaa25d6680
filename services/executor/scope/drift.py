"""Whether somebody has changed what a finished step made, so that undoing it would undo their work."""

from __future__ import annotations

from services.executor.operations import OPERATIONS
from services.executor.registry.contexts import StepContext
from shared.aws.clients import Aws
from shared.plans.plan import Plan


def drift(aws: Aws, plan: Plan, step_id: str) -> str | None:
    """Why a finished step cannot be undone any more; None where it can. Its operation declares the check."""
    step = next(step for step in plan.steps if step.id == step_id)
    result = step.result if isinstance(step.result, dict) else {}
    check = OPERATIONS[step.operation].drift
    return check(StepContext(aws, plan.plan_id, step_id, steps=plan.steps), result) if check else None
