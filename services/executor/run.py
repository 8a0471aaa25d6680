"""Carries out an approved plan: every step saved before and after, a failed plan undone in reverse order."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ReadTimeoutError
from pydantic import JsonValue

from services.executor import references
from services.executor.approvals import check_approval, check_in_time
from services.executor.audit import PlanAudit
from services.executor.context import ExecutorContext
from services.executor.files import Files
from services.executor.operations import OPERATIONS
from services.executor.operations.registry import Operation, OperationContext
from services.executor.permissions import explain_denial
from services.executor.place import Place
from services.executor.plans import PlanStore
from services.executor.scope import scoped
from shared.aws import Aws, translate
from shared.errors import AssistantError, Conflict
from shared.messages import PLAN_ENDS, Approval, ErrorBody, Plan, Step

log = structlog.get_logger(__name__)


def run(context: ExecutorContext, plan_id: str, approval: Approval) -> Plan:
    """Run a plan to its end and return it; one that has ended is returned as it is.

    Raises what `check_approval` and `check_in_time` raise, before anything is changed.
    """
    store = PlanStore(context.redis)
    files = Files(context.redis, context.call.session_id, context.settings.max_file_bytes)
    plan = store.get(plan_id, context.call.session_id)
    if plan.status in PLAN_ENDS:
        return plan
    approval_key = context.settings.approval_key.get_secret_value().encode()
    try:
        check_approval(plan, approval, store.decision(plan_id), files, approval_key)
        if plan.status == "proposed":
            check_in_time(plan, approval)
    except AssistantError as refusal:
        PlanAudit(context).denied(plan_id, refusal)
        raise
    if plan.status == "proposed":
        plan = plan.model_copy(update={"status": "running", "decided_at": approval.approved_at})
        if not store.swap(plan, "proposed"):
            raise Conflict(f"the plan {plan_id} was started by another worker", code="plan_already_started")
    return Run(context, store, files, plan).to_its_end()


class CutOff(Exception):
    """AWS got a call and its answer was lost: nobody knows whether it happened."""


class Run:
    """One plan on its way; `plan` is what is stored."""

    def __init__(self, context: ExecutorContext, store: PlanStore, files: Files, plan: Plan) -> None:
        self.context, self.store, self.files, self.plan = context, store, files, plan
        self.aws: Aws | None = None
        self.audit = PlanAudit(context)

    def to_its_end(self) -> Plan:
        """Run the steps that are pending. A step found running was cut off: whether it happened is in doubt."""
        cut_off = next((step for step in self.plan.steps if step.status == "running"), None)
        if cut_off or self.plan.status == "undoing":
            return self._stop_in_doubt(cut_off)
        try:
            for step in self.plan.steps:
                if step.status == "pending" and not self._carry_out(step):
                    return self._fail()
        except CutOff as error:
            return self._stop_in_doubt(next(step for step in self.plan.steps if step.id == error.args[0]))
        return self._end("done")

    def _carry_out(self, step: Step) -> bool:
        """Run one step; False where it failed."""
        self._update(step.id, status="running", started_at=time.time())
        operation = OPERATIONS[step.operation]
        results = {done.id: done.result for done in self.plan.steps if done.status == "done"}
        outcome = self._attempt(
            step.id, lambda: self._perform(operation, step.id, references.resolve_arguments(step.arguments, results))
        )
        if isinstance(outcome, AssistantError):
            self._update(step.id, status="failed", error=_body(outcome), ended_at=time.time())
            return False
        self._update(step.id, status="done", result=outcome, ended_at=time.time())
        return True

    def _attempt(self, step_id: str, action: Callable[[], JsonValue]) -> JsonValue | AssistantError:
        """Do it and return its result, or the failure in our words."""
        try:
            return action()
        except AssistantError as error:
            failure = error
        except (ReadTimeoutError, ConnectionClosedError):
            raise CutOff(step_id) from None
        except (ClientError, BotoCoreError) as error:
            step = next(step for step in self.plan.steps if step.id == step_id)
            failure = explain_denial(translate(error), step.iam_actions)
        except Exception:
            # A defect of ours: nobody knows what happened, so the plan says so before the error goes on.
            self._stop_in_doubt(next(step for step in self.plan.steps if step.id == step_id))
            raise
        log.warning("step_failed", plan_id=self.plan.plan_id, step_id=step_id, code=failure.code)
        return failure

    def _perform(self, operation: Operation, step_id: str, arguments: dict[str, JsonValue]) -> JsonValue:
        if self.aws is None:
            self.aws = scoped(self.context.aws, self.plan)
        values = operation.validate(arguments)
        operation.notes(values, Place.of(self.aws.info), self.files.read)
        context = OperationContext(self.aws, self.plan.plan_id, step_id, self.context.settings, self.files.read)
        return operation.run(context, values)

    def _fail(self) -> Plan:
        for step in self.plan.steps:
            if step.status == "pending":
                self._update(step.id, status="skipped")
        if self.plan.on_failure == "undo":
            self._compensate()
        return self._end("failed")

    def _compensate(self) -> None:
        """Undo the finished steps, last first. What cannot be undone stays done and says why."""
        self._save(status="undoing")
        for step in reversed([step for step in self.plan.steps if step.status == "done"]):
            undo = OPERATIONS[step.operation].undo
            if undo is None:
                kept = ErrorBody(code="not_reversible", detail="this step cannot be undone; it stays done")
                self._update(step.id, error=kept)
                continue
            result = step.result if isinstance(step.result, dict) else {}
            arguments = OPERATIONS[step.operation].undo_arguments(result)
            twin = OPERATIONS[undo.operation]
            self.audit.undoing(self.plan, step, twin.name)
            outcome = self._attempt(step.id, partial(self._perform, twin, step.id, arguments))
            if isinstance(outcome, AssistantError):
                self._update(step.id, error=_body(outcome, "could not be undone: "))
            else:
                self._update(step.id, status="undone", ended_at=time.time())

    def _stop_in_doubt(self, cut_off: Step | None) -> Plan:
        """End the plan without touching AWS again: nobody knows whether the step's call went through."""
        undoing = self.plan.status == "undoing"
        step = cut_off or next((step for step in reversed(self.plan.steps) if step.status == "done"), None)
        if step:
            what = "undone" if undoing else "carried out"
            detail = f"the worker was cut off in this step; look at AWS whether it was {what}"
            self._update(step.id, status="in_doubt", error=ErrorBody(code="in_doubt", detail=detail))
        for later in self.plan.steps:
            if later.status == "pending":
                self._update(later.id, status="skipped")
        return self._end("in_doubt")

    def _end(self, status: str) -> Plan:
        self._save(status=status, ended_at=time.time())
        log.info("plan_ended", plan_id=self.plan.plan_id, status=status)
        return self.plan

    def _update(self, step_id: str, **changes: Any) -> None:
        """Change one step and store the plan; the audit has it first."""
        self.audit.step(self.plan, step_id, changes)
        steps = (step.model_copy(update=changes) if step.id == step_id else step for step in self.plan.steps)
        self._save(steps=tuple(steps))

    def _save(self, **changes: Any) -> None:
        self.plan = self.plan.model_copy(update=changes)
        self.store.save(self.plan)


def _body(error: AssistantError, before: str = "") -> ErrorBody:
    return ErrorBody(code=error.code, detail=before + error.detail, retryable=error.retryable)
