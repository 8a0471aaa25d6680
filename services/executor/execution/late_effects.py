"""Finds and undoes the effects of AWS calls that succeeded after their run lost its lease.

That happens where a process is stopped for longer than its lease at the moment a request leaves it. Names in AWS are
unique, so the run that took the plan over has adopted the effect, or AWS refused one of the two calls. What is left to
undo is an effect of a step that the plan, as it ended, says did not happen or was undone.
"""

from __future__ import annotations

from typing import Literal

import structlog

from services.executor.calls.observation import NotYet
from services.executor.context import ExecutorContext
from services.executor.decisions.in_doubt import expected_result
from services.executor.execution.looking import look
from services.executor.execution.step_runner import StepOutcomeUnknown, StepRunner
from services.executor.operations import OPERATIONS
from services.executor.records.audit import PlanAudit
from services.executor.records.files import Files
from services.executor.records.journal import Journal, persistently
from services.executor.records.plans import PlanStore
from services.executor.records.progress import Progress
from services.executor.scope.session_policy import scoped_for_reading
from shared.errors import AssistantError, Busy
from shared.messages import Finding
from shared.plans.plan import PLAN_ENDS, Plan
from shared.plans.step import Step

log = structlog.get_logger(__name__)

# How long to wait until the run that has the plan now ends it.
WAIT_SECONDS = 120.0
POLL_SECONDS = 1.0


def resolve_late_effects(context: ExecutorContext, plan_id: str, step_ids: list[str]) -> None:
    """Record the late effects of these steps in the audit log and, once the plan has ended, as findings on it.

    Undoes those that the ended plan does not have. Raises Interrupted.
    """
    audit = PlanAudit(context)
    for step_id in step_ids:
        log.error("late_effect_found", plan_id=plan_id, step_id=step_id)
        audit.late_effect(plan_id, step_id, "found")
    _wait_for_the_end(context, plan_id)
    store = PlanStore(context.redis)
    journal = Journal(context.redis, plan_id)
    try:
        with journal.lease(lambda: None):
            plan = persistently(lambda: store.get(plan_id, context.owner_id))
            progress = Progress(plan, journal, audit)
            for step_id in step_ids:
                _resolve(context, progress, progress.step(step_id))
    except Busy:
        log.error("late_effect_unresolved", plan_id=plan_id)


def _wait_for_the_end(context: ExecutorContext, plan_id: str) -> None:
    store, clock = PlanStore(context.redis), context.clock
    until = clock.monotonic() + WAIT_SECONDS
    while True:
        plan = persistently(lambda: store.get(plan_id, context.owner_id))
        if plan.status in PLAN_ENDS or clock.monotonic() > until:
            return
        clock.sleep(POLL_SECONDS)


def _resolve(context: ExecutorContext, progress: Progress, step: Step) -> None:
    """Undo one late effect unless the plan has it, and say so on the plan."""
    if step.status not in ("failed", "skipped", "undone"):
        _report(progress, step, "low", "its effect is the one that the plan shows", "kept")
        return
    if isinstance(look(context, scoped_for_reading(context.aws, progress.plan, step.id), progress, step), NotYet):
        # It was the plan's own undoing, or what it did was undone by the run that had the plan.
        _report(progress, step, "low", "nothing of it is there any more", "undone")
        return
    result = expected_result(progress, step, context.aws.info)
    found = OPERATIONS.inverse(step.operation, result)
    if found is None:
        _report(progress, step, "high", "its effect cannot be undone here; look at AWS and undo it by hand", "left")
        return
    inverse, arguments = found
    steps = (one.model_copy(update={"result": result}) if one.id == step.id else one for one in progress.plan.steps)
    plan: Plan = progress.plan.model_copy(update={"steps": tuple(steps)})
    files = Files(context.redis, context.owner_id, context.settings.max_file_bytes)
    try:
        outcome = StepRunner(context, progress, files, {}).attempt(
            inverse, f"{step.id}~late", step.id, arguments, undoes=(plan, step.id)
        )
    except StepOutcomeUnknown as unknown:
        outcome = AssistantError(str(unknown))
    if isinstance(outcome, AssistantError):
        what = f"its effect could not be undone ({outcome.detail}); look at AWS and undo it by hand"
        _report(progress, step, "high", what, "left")
    else:
        _report(progress, step, "medium", "its effect was undone", "undone")


def _report(
    progress: Progress,
    step: Step,
    severity: Literal["low", "medium", "high"],
    what: str,
    outcome: Literal["kept", "left", "undone"],
) -> None:
    message = f"A call of AWS succeeded after its executor had lost the plan to another one; {what}."
    finding = Finding(code="late_effect", severity=severity, message=message, step=step.id)
    progress.write_audit(lambda: progress.audit.late_effect(progress.plan.plan_id, step.id, outcome))
    progress.save(findings=(*progress.plan.findings, finding))
