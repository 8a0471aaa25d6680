"""What a call of AWS did that got through although its run had lost the plan: found, told, and taken back.

It happens where a process was stopped for longer than its lease in the moment a request left it. Names are given
once, so whoever took the plan over has either adopted the effect or AWS refused one of the two; what is left is an
effect of a step that the plan, as it ended, does not have.
"""

from __future__ import annotations

import time

import structlog

from services.executor.context import ExecutorContext
from services.executor.decisions.in_doubt import expected_result
from services.executor.execution.perform import Performer, StepOutcomeUnknown
from services.executor.operations import OPERATIONS
from services.executor.records.audit import PlanAudit
from services.executor.records.files import Files
from services.executor.records.journal import Journal, persistently
from services.executor.records.plans import PlanStore
from services.executor.records.progress import Progress
from shared.errors import AssistantError, Busy
from shared.messages import PLAN_ENDS, Finding, Plan, Step

log = structlog.get_logger(__name__)

# How long to wait for the run that has the plan to end it.
WAIT_SECONDS = 120.0


def settle(context: ExecutorContext, plan_id: str, step_ids: list[str]) -> None:
    """Tell of the late effects of these steps, and take back those that the ended plan does not have."""
    audit = PlanAudit(context)
    store = PlanStore(context.redis)
    for step_id in step_ids:
        log.error("late_effect", plan_id=plan_id, step_id=step_id)
        audit.late(plan_id, step_id, "found")
    until = time.monotonic() + WAIT_SECONDS
    while True:
        plan = persistently(lambda: store.get(plan_id, context.call.session_id))
        if plan.status in PLAN_ENDS or time.monotonic() > until:
            break
        time.sleep(1.0)
    journal = Journal(context.redis, plan_id)
    try:
        with journal.held(lambda: None):
            plan = persistently(lambda: store.get(plan_id, context.call.session_id))
            files = Files(context.redis, context.call.session_id, context.settings.max_file_bytes)
            progress = Progress(plan, journal, audit)
            for step_id in step_ids:
                _settle_step(context, progress, Performer(context, progress, files, {}), progress.step(step_id))
    except Busy:
        log.error("late_effect_not_settled", plan_id=plan_id)


def _settle_step(context: ExecutorContext, progress: Progress, performer: Performer, step: Step) -> None:
    if step.status not in ("failed", "skipped", "undone"):
        _say(progress, step, "low", "it is the one that the plan has", "kept")
        return
    result = expected_result(progress, step, context.aws.info)
    taken_back = OPERATIONS.inverse(step.operation, result)
    if taken_back is None:
        _say(progress, step, "high", "it cannot be undone: look at AWS", "left")
        return
    inverse, arguments = taken_back
    steps = (one.model_copy(update={"result": result}) if one.id == step.id else one for one in progress.plan.steps)
    plan: Plan = progress.plan.model_copy(update={"steps": tuple(steps)})
    try:
        outcome = performer.attempt(inverse, f"{step.id}~late", step.id, arguments, (plan, step.id))
    except StepOutcomeUnknown as doubt:
        outcome = AssistantError(str(doubt))
    if isinstance(outcome, AssistantError):
        _say(progress, step, "high", f"it could not be undone ({outcome.detail}): look at AWS", "left")
    else:
        _say(progress, step, "medium", "it was undone", "undone")


def _say(progress: Progress, step: Step, severity: str, what: str, outcome: str) -> None:
    message = f"A call of a stopped executor got through after another one had taken the plan over; {what}."
    finding = Finding.model_validate({"code": "late_effect", "severity": severity, "message": message, "step": step.id})
    progress.tell(lambda: progress.audit.late(progress.plan.plan_id, step.id, outcome))
    progress.save(findings=(*progress.plan.findings, finding))
