"""Writes what the executor does into the session's audit log; it needs no gateway for that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from services.executor.context import ExecutorContext
from shared.audit.kinds import Kind
from shared.audit.log import Actor, AuditLog, Entry, Writer
from shared.audit.reviews import review_facts
from shared.errors import AssistantError
from shared.plans.plan import Plan, Review
from shared.plans.step import Step

log = structlog.get_logger(__name__)

# The kind of entry for a step's new status. A pending step has done nothing yet, so there is none for it.
_KINDS: Mapping[str, Kind] = {
    "running": "step.intent",
    "done": "step.done",
    "failed": "step.failed",
    "undone": "step.undone",
    "in_doubt": "step.in_doubt",
    "skipped": "step.skipped",
}


class SessionAudit:
    """The audit log of one session, which appending raises Unavailable (`audit_unavailable`) for."""

    def __init__(self, context: ExecutorContext) -> None:
        settings = context.settings
        writer = Writer.of_worker("executor", settings.audit_signing_key, settings.audit_anchor_file)
        self._log = AuditLog(context.redis, writer)
        self._session_id = context.call.session_id
        self._actor = Actor(context.aws.session.main_account, context.aws.info.caller_arn)

    def _append(self, kind: Kind, data: Mapping[str, Any]) -> None:
        self._log.append(self._session_id, Entry(kind, data), actor=self._actor)


class ReadAudit(SessionAudit):
    """Reads that a standing grant allows."""

    def logs_read(self, facts: Mapping[str, Any]) -> None:
        """Record, before AWS is asked, that the lines of a log group are about to be read, under which grant."""
        self._append("logs.read", facts)


class PlanAudit(SessionAudit):
    """What happens to plans. Every method but `denied` raises Unavailable (`audit_unavailable`)."""

    def step_changed(self, plan: Plan, step_id: str, changes: Mapping[str, Any]) -> None:
        """Record the new status of a step, where it begins with its arguments; `changes` are of the Step's fields."""
        # Without a new status it is a finished step that got an error, because it could not be undone.
        kind: Kind | None = _KINDS.get(str(changes.get("status"))) if "status" in changes else "step.not_undone"
        if kind is None:
            return
        step = next(step for step in plan.steps if step.id == step_id).model_copy(update=dict(changes))
        self._append(kind, _facts(plan, step))

    def undo_started(self, plan: Plan, step: Step, operation: str) -> None:
        """Record that a step is about to be undone, by which operation."""
        self._append("step.undo_intent", {"plan_id": plan.plan_id, "step_id": step.id, "operation": operation})

    def run_resumed(self, plan: Plan, runs: int) -> None:
        """Record that this run continues a plan whose run was cut off; `runs` of them without any step forward."""
        self._append(
            "plan.resumed", {"plan_id": plan.plan_id, "code": "run_interrupted", "runs_without_progress": runs - 1}
        )

    def step_resumed(self, plan: Plan, step: Step) -> None:
        """Record that another run of the plan continues a step that was cut off."""
        self._append("step.resumed", _facts(plan, step))

    def late_effect(self, plan_id: str, step_id: str, outcome: str) -> None:
        """Record a call that succeeded after its run lost the lease: `found`, then `kept`, `undone` or `left`."""
        self._append("step.late", {"plan_id": plan_id, "step_id": step_id, "outcome": outcome})

    def unexpected_effect(self, plan_id: str, step_id: str, severity: str) -> None:
        """Record that AWS shows the effect of a step that the ended plan does not have."""
        self._append("step.unexpected", {"plan_id": plan_id, "step_id": step_id, "severity": severity})

    def denied(self, plan_id: str, error: AssistantError) -> None:
        """Record that a plan was refused. It is refused all the same where this fails, so that is only logged."""
        try:
            self._append("denied", {"plan_id": plan_id, "code": error.code, "detail": error.detail})
        except AssistantError as trouble:
            log.error("denial_audit_failed", code=trouble.code, plan_id=plan_id)

    def not_reviewed(self, plan: Plan, review: Review) -> None:
        """Record that the advisor could not be asked for a review; one that was asked, the gateway records."""
        self._append("advisor.called", review_facts(plan, review))


def _facts(plan: Plan, step: Step) -> dict[str, Any]:
    facts: dict[str, Any] = {"plan_id": plan.plan_id, "step_id": step.id, "operation": step.operation}
    if step.status == "running":
        return facts | {"digest": plan.digest, "arguments": step.arguments}
    if step.status == "done":
        return facts | {"result": step.result}
    if step.error is not None:
        return facts | {"code": step.error.code, "detail": step.error.detail}
    return facts
