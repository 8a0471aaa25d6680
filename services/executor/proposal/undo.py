"""Prepares a plan that undoes an ended one: each finished step by its inverse, the last first, unless it drifted."""

from __future__ import annotations

from services.executor.context import ExecutorContext
from services.executor.decisions.approvals import check_known
from services.executor.operations import OPERATIONS
from services.executor.proposal.prepare import prepare
from services.executor.records.plans import PlanStore
from services.executor.scope.drift import drift
from services.executor.scope.session_policy import readers
from shared.errors import Conflict
from shared.plans.ids import plan_id_of
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep, Step, StepRef

CANNOT_UNDO = "cannot_undo"
_ENDED = ("done", "failed", "cancelled")


def propose(context: ExecutorContext, plan_id: str, turn_id: str | None = None, *, by_program: bool = False) -> Plan:
    """Return a stored plan, to be approved like any other, that undoes the finished steps of an ended one.

    Raises Conflict (`cannot_undo`) with the reasons, step by step: not ended, nothing left, cannot be undone, or
    somebody has changed what a step made; Conflict (`plan_of_newer_version`) if this version does not know all of it.
    """
    store = PlanStore(context.redis)
    existing = store.find(plan_id_of(context.call.session_id, context.call.call_id))
    if existing is not None:
        return existing
    plan = store.get(plan_id, context.owner_id)
    check_known(plan, store)
    if plan.status not in _ENDED:
        reason = ": say first whether the step in doubt happened" if plan.status == "in_doubt" else ""
        raise Conflict(f"the plan is {plan.status}; only one that has ended can be undone{reason}", code=CANNOT_UNDO)
    left = [step for step in plan.steps if step.status == "done"]
    steps = [step for step in left if OPERATIONS.inverse(step.operation, step.result)]
    if not steps:
        why = f"{left[0].operation} cannot be undone" if left else "nothing of it is left to be undone"
        raise Conflict(f"the plan cannot be undone: {why}", code=CANNOT_UNDO)
    reader = readers(context.aws, plan)
    reasons = {step.id: drift(reader(step.id), plan, step.id) for step in steps}
    if any(reasons.values()):
        named = "; ".join(f"step {step_id!r}: {reason}" for step_id, reason in reasons.items() if reason)
        raise Conflict(f"the plan cannot be undone any more: {named}", code=CANNOT_UNDO)
    proposed, refs = _steps(plan, steps)
    try:
        goal = f"Undo: {plan.goal}"[:2000]
        return prepare(context, goal, proposed, "keep", turn_id, by_program=by_program, undoes=plan, undone=refs)
    except Conflict as conflict:
        raise Conflict(f"the plan cannot be undone any more: {conflict.detail}", code=CANNOT_UNDO) from conflict


def _steps(plan: Plan, steps: list[Step]) -> tuple[list[ProposedStep], dict[str, StepRef]]:
    """The steps that undo these, in reverse: each needs those that undo what needed the step it undoes."""
    names = {step.id: f"undo-{step.id}"[:64] for step in steps}
    if len(set(names.values())) < len(names):
        names = {step.id: f"undo-{number}" for number, step in enumerate(steps, 1)}
    proposed, refs = [], {}
    for step in sorted(steps, key=lambda step: step.ended_at or 0, reverse=True):
        taken_back = OPERATIONS.inverse(step.operation, step.result)
        assert taken_back is not None
        inverse, arguments = taken_back
        proposed.append(
            ProposedStep(
                id=names[step.id],
                operation=inverse.name,
                arguments=arguments,
                needs=tuple(names[later.id] for later in steps if step.id in later.needs),
            )
        )
        refs[names[step.id]] = StepRef(plan_id=plan.plan_id, step=step.id)
    return proposed, refs
