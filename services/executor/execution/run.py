"""Carries out an approved plan, once, whoever asks for it and however often it is cut off.

The run holds the plan's lease; every call of AWS is in the plan's journal before and after it. A plan found in the
middle goes on from its journal; a failed one is taken back; one whose step nobody can tell the fate of stops in doubt.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from pydantic import JsonValue

from services.executor.calls.once import OutcomeUnknown
from services.executor.context import ExecutorContext
from services.executor.decisions import in_doubt
from services.executor.decisions.answers import Decisions
from services.executor.decisions.approvals import check_approval, check_beginning, file_digests
from services.executor.execution import compensate, late, undone
from services.executor.execution.perform import Performer, StepOutcomeUnknown
from services.executor.execution.schedule import run_steps
from services.executor.operations import OPERATIONS
from services.executor.records.audit import PlanAudit
from services.executor.records.files import Files
from services.executor.records.journal import MAX_IDLE_RUNS, Journal, persistently
from services.executor.records.plans import PlanStore
from services.executor.records.progress import Progress
from services.executor.registry import references
from services.executor.scope.limits import check_limits
from shared.broker.failures import Interrupted
from shared.decisions import Approval
from shared.errors import AssistantError, Busy
from shared.messages import PLAN_ENDS, ErrorBody, Plan, Step

# Of the journal: the digests of the uploaded files.
FILES = "@files"


def run(context: ExecutorContext, plan_id: str, approval: Approval) -> Plan:
    """Run a plan to its end and return it; one that has ended is returned as it is, unless a doubt was answered.

    Raises what `check_approval`, `check_beginning` and `check_limits` raise, before anything is changed, and Busy
    (`plan_is_running`, `run_interrupted`) where this run is not the one that ends it; the plan is then asked for again.
    """
    store = PlanStore(context.redis)
    session_id = context.call.session_id
    audit = PlanAudit(context)

    def ended() -> Plan | None:
        plan = store.get(plan_id, session_id)
        if plan.status == "in_doubt" and Decisions(context, plan).resolutions(plan):
            return None
        return plan if plan.status in PLAN_ENDS else None

    journal = Journal(context.redis, plan_id)
    performer: Performer | None = None
    try:
        with journal.held(ended) as end:
            if end is not None:
                return end
            plan = persistently(lambda: store.get(plan_id, session_id))
            files = Files(context.redis, session_id, context.settings.max_file_bytes)
            digests = _check(context, store, plan, approval, files, journal, audit)
            progress = Progress(plan, journal, audit)
            performer = Performer(context, progress, files, digests)
            return Run(context, store, progress, performer, approval).to_its_end()
    except Interrupted as interruption:
        if performer and performer.late:
            late.settle(context, plan_id, performer.late)
        raise Busy(f"this run of the plan was cut off: {interruption}", code="run_interrupted") from interruption


def _check(
    context: ExecutorContext,
    store: PlanStore,
    plan: Plan,
    approval: Approval,
    files: Files,
    journal: Journal,
    audit: PlanAudit,
) -> dict[str, str]:
    """Check what binds the run; return the digests of the uploaded files, as they were when the plan began."""
    key = context.settings.approval_key.get_secret_value().encode()
    decision = persistently(lambda: store.decision(plan.plan_id))
    try:
        known = journal.entry(FILES)
        digests: dict[str, str] = json.loads(known) if known else persistently(lambda: file_digests(plan.steps, files))
        check_approval(plan, approval, decision, digests, key)
        if plan.status == "proposed":
            persistently(lambda: check_beginning(plan, approval, context.redis, key))
            check_limits(plan, context.settings)
            journal.write(entries={FILES: json.dumps(digests)})
    except AssistantError as refusal:
        audit.denied(plan.plan_id, refusal)
        raise
    return digests


class Run:
    """One run of a plan that is held."""

    def __init__(
        self,
        context: ExecutorContext,
        store: PlanStore,
        progress: Progress,
        performer: Performer,
        approval: Approval,
    ) -> None:
        self._context, self._store, self._progress = context, store, progress
        self._performer, self._approval = performer, approval
        self._decisions = Decisions(context, progress.plan)

    def to_its_end(self) -> Plan:
        progress = self._progress
        if progress.plan.status == "in_doubt":
            answers = self._decisions.resolutions(progress.plan)
            if not in_doubt.resolve(progress, answers, self._context.aws.info):
                return progress.plan
        elif progress.plan.status != "proposed" and progress.journal.idle_runs > MAX_IDLE_RUNS:
            return self._give_up()
        if progress.plan.status == "proposed":
            progress.save(status="running", decided_at=self._approval.approved_at)
            if progress.plan.undoes and self._fail_drifted():
                return self._after_steps()
        final = progress.final_status
        if final is not None:
            return self._take_back(final)
        run_steps(progress, self._carry_out, self._stop, self._context.settings.parallel_steps)
        return self._after_steps()

    def _fail_drifted(self) -> bool:
        """Fail the steps of an undo plan that cannot be taken back any more, before any of the others is."""
        for step in self._progress.steps("pending"):
            if step.undoes is None:
                continue
            original = undone.original(self._store, step.undoes, self._progress.plan)
            reason = self._performer.known_drift(original, step.undoes.step)
            if reason:
                error = ErrorBody(code="world_moved_on", detail=reason)
                self._progress.update(step.id, status="failed", error=error, ended_at=time.time())
        return bool(self._progress.steps("failed"))

    def _after_steps(self) -> Plan:
        progress = self._progress
        if progress.steps("in_doubt"):
            return progress.end("in_doubt")
        left = progress.steps("pending")
        cancellation = self._decisions.cancellation() if left else None
        if not left and not progress.steps("failed") and not in_doubt.stopped(progress):
            return self._end("done")
        if cancellation and not progress.steps("failed"):
            self._skip(left, None)
            return self._wind_up("cancelled", taken_back=cancellation.completed_steps == "undo")
        too_late = ErrorBody(
            code="deadline_exceeded", detail="the plan ran for longer than a plan may; it was not begun"
        )
        self._skip(left, None if progress.steps("failed") or in_doubt.stopped(progress) else too_late)
        return self._wind_up("failed", taken_back=progress.plan.on_failure == "undo")

    def _skip(self, steps: list[Step], error: ErrorBody | None) -> None:
        for step in steps:
            self._progress.update(step.id, status="skipped", error=error)

    def _wind_up(self, final: str, *, taken_back: bool) -> Plan:
        if not taken_back:
            return self._end(final)
        self._progress.begin_undoing(final)
        return self._take_back(final)

    def _take_back(self, final: str) -> Plan:
        try:
            compensate.undo_steps(self._progress, self._performer)
        except StepOutcomeUnknown as stopped:
            in_doubt.stop(self._progress, stopped.step_id, stopped.doubt)
            return self._progress.end("in_doubt")
        return self._end(final)

    def _end(self, status: str) -> Plan:
        plan = self._progress.plan
        if plan.undoes:
            undone.mark(plan, self._store, self._context.redis)
        return self._progress.end(status)

    def _stop(self) -> bool:
        """Whether no further step is begun: one failed or is in doubt, a person said so, or it is too late."""
        progress = self._progress
        began = max(progress.plan.decided_at or self._approval.approved_at, in_doubt.resolved_at(progress))
        return (
            bool(progress.steps("failed", "in_doubt", "skipped"))
            or in_doubt.stopped(progress)
            or time.time() > began + self._context.settings.run_seconds
            or self._decisions.cancellation() is not None
        )

    def _carry_out(self, step: Step) -> None:
        """Run one step to the end of it; what it came to is on the plan."""
        if step.status == "pending":
            self._progress.update(step.id, status="running", started_at=time.time())
        else:
            self._progress.tell(lambda: self._progress.audit.resumed(self._progress.plan, step))
        try:
            outcome = self._attempt(step)
        except StepOutcomeUnknown as stopped:
            in_doubt.stop(self._progress, step.id, stopped.doubt)
            return
        if isinstance(outcome, AssistantError):
            self._progress.update(step.id, status="failed", error=ErrorBody.of(outcome), ended_at=time.time())
        else:
            self._progress.update(step.id, status="done", result=outcome, ended_at=time.time())

    def _attempt(self, step: Step) -> JsonValue | AssistantError:
        results: Mapping[str, JsonValue] = {done.id: done.result for done in self._progress.steps("done")}
        takes_back = None
        try:
            arguments = references.resolve_arguments(step.arguments, results)
            if step.undoes:
                takes_back = (undone.original(self._store, step.undoes, self._progress.plan), step.undoes.step)
        except AssistantError as error:
            return error
        return self._performer.attempt(OPERATIONS[step.operation], step.id, step.id, arguments, takes_back)

    def _give_up(self) -> Plan:
        """End a plan that ended every executor that ran it, before it could write a word."""
        final = self._progress.final_status
        if final is not None:
            for step in self._progress.steps("done"):
                left = ErrorBody(code="poisoned", detail="not undone: executors ended over it")
                self._progress.update(step.id, error=step.error or left)
            return self._end(final)
        for step in self._progress.steps("running"):
            in_doubt.stop(
                self._progress, step.id, OutcomeUnknown("", step.operation, f"{MAX_IDLE_RUNS} executors ended over it")
            )
        self._skip(self._progress.steps("pending"), ErrorBody(code="poisoned", detail="executors ended over this plan"))
        return self._progress.end("in_doubt" if self._progress.steps("in_doubt") else "failed")
