"""Looks at AWS some time after a plan has ended, for effects that are there and that the plan does not have.

A request can arrive at AWS after the executor that sent it died and the settle time is over. By then the plan has ended
without it, so nobody would be told. This changes nothing in AWS: it says on the plan what it found.
"""

from __future__ import annotations

from typing import Literal

import structlog

from services.executor.calls.entry import check_journal
from services.executor.calls.observation import Happened
from services.executor.context import ExecutorContext
from services.executor.decisions.in_doubt import values_of
from services.executor.execution.looking import is_marked, look, was_sent
from services.executor.operations import OPERATIONS
from services.executor.records.audit import PlanAudit
from services.executor.records.journal import Journal, persistently
from services.executor.records.plans import PlanStore
from services.executor.records.progress import Progress
from services.executor.registry.location import Location
from services.executor.scope.session_policy import readers
from shared.broker.failures import Interrupted
from shared.errors import Busy
from shared.messages import Finding, Message
from shared.plans.plan import PLAN_ENDS
from shared.plans.step import Step

log = structlog.get_logger(__name__)

_TOLD = ("late_effect", "unexpected_effect")


class Reconciled(Message):
    """The steps whose effects were found now and are not told of on the plan before."""

    plan_id: str
    unexpected: tuple[str, ...] = ()


def reconcile(context: ExecutorContext, plan_id: str) -> Reconciled:
    """Compare an ended plan with AWS and record a finding per effect that it does not have. Changes nothing in AWS.

    Does nothing for a plan that goes on, and for one in doubt, at which a person looks. Raises NotFound, and Busy where
    it was cut off.
    """
    store = PlanStore(context.redis)
    journal = Journal(context.redis, plan_id)
    try:
        with journal.lease(lambda: None):
            plan = persistently(lambda: store.get(plan_id, context.owner_id))
            if plan.status not in PLAN_ENDS or plan.status == "in_doubt":
                return Reconciled(plan_id=plan_id)
            check_journal(journal)
            progress = Progress(plan, journal, PlanAudit(context))
            suspects = [step for step in plan.steps if _may_surprise(progress, step)]
            if not suspects:
                return Reconciled(plan_id=plan_id)
            reader = readers(context.aws, plan)
            found = [one for one in suspects if isinstance(look(context, reader(one.id), progress, one), Happened)]
            for step in found:
                _report(progress, step, Location.of(context.aws.info))
    except Interrupted as interruption:
        raise Busy(f"the look was cut off ({interruption}); look again", code="run_interrupted") from interruption
    return Reconciled(plan_id=plan_id, unexpected=tuple(step.id for step in found))


def _may_surprise(progress: Progress, step: Step) -> bool:
    """Whether a call of a step that the plan says has no effect was on its way, and nobody was told of an effect."""
    if step.status not in ("failed", "skipped", "undone") or not was_sent(progress, step):
        return False
    if any(finding.code in _TOLD and finding.step == step.id for finding in progress.plan.findings):
        return False
    # Where a deletion was undone something is there again, of which the probe says that the old one is gone.
    return step.status != "undone" or not _takes_away(progress, step)


def _takes_away(progress: Progress, step: Step) -> bool:
    location = Location.of_identity(progress.plan.identity)
    declared = OPERATIONS[step.operation].declared(values_of(progress, step), location)
    return declared.deletes > 0 or step.operation == "detach_policy_from_role"


def _report(progress: Progress, step: Step, location: Location) -> None:
    """Say on the plan, and in the audit log, that the step's effect is there."""
    plan = progress.plan
    severity: Literal["low", "high"] = "high" if is_marked(progress, step, location) else "low"
    sure = "by its tags this plan made it" if severity == "high" else "this plan or somebody else did it"
    finding = Finding(
        code="unexpected_effect",
        severity=severity,
        message=f"AWS shows what this step was to do, and the plan ended without it: {sure}. A request may have arrived"
        " late. Look at AWS, and undo it by hand if nobody wants it.",
        step=step.id,
    )
    log.error("unexpected_effect_found", plan_id=plan.plan_id, step_id=step.id, severity=severity)
    progress.write_audit(lambda: progress.audit.unexpected_effect(plan.plan_id, step.id, severity))
    progress.save(findings=(*progress.plan.findings, finding))
