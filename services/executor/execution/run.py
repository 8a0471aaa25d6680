"""Runs an approved plan once, however many executors are asked to and wherever one of them is cut off.

A run holds the plan's lease, and writes each call of AWS into the plan's journal before and after it. A run that finds
the plan begun continues from the journal. A plan that fails is undone, unless it says to keep what was done. A plan
with a step of which it is unknown whether it happened stops with the status `in_doubt`.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from pydantic import JsonValue

from services.executor.calls.outcome import CancelledBeforeSend, OutcomeUnknown
from services.executor.context import ExecutorContext
from services.executor.decisions import in_doubt
from services.executor.decisions.people import shared_steps
from services.executor.decisions.signed_decisions import SignedDecisions
from services.executor.execution import original_plan
from services.executor.execution.compensation import compensate
from services.executor.execution.late_effects import resolve_late_effects
from services.executor.execution.may_run import approval_key, check_may_run
from services.executor.execution.schedule import run_steps
from services.executor.execution.step_runner import StepOutcomeUnknown, StepRunner
from services.executor.operations import OPERATIONS
from services.executor.records.audit import PlanAudit
from services.executor.records.files import Files
from services.executor.records.journal import MAX_IDLE_RUNS, Journal, persistently
from services.executor.records.plans import PlanStore
from services.executor.records.progress import Progress
from services.executor.registry import references
from shared.broker.failures import Interrupted
from shared.errors import AssistantError, Busy
from shared.messages import ErrorBody
from shared.plans.decisions import Approval
from shared.plans.plan import PLAN_ENDS, Plan
from shared.plans.skipped_steps import not_begun
from shared.plans.step import Step

log = structlog.get_logger(__name__)


def run(context: ExecutorContext, plan_id: str, approval: Approval) -> Plan:
    """Run a plan to its end and return it. A plan that has ended is returned as it is, without a lease.

    A plan in doubt counts as ended until a person has answered. Raises what `check_known`, `check_approval`,
    `check_beginning` and `check_limits` raise, before anything is changed; and Busy (`plan_is_running`,
    `run_interrupted`) where this run did not end the plan: call it again.
    """
    store = PlanStore(context.redis)
    audit = PlanAudit(context)

    def ended() -> Plan | None:
        plan = store.get(plan_id, context.owner_id)
        if plan.status == "in_doubt" and SignedDecisions(context, plan).resolutions(plan):
            return None
        return plan if plan.status in PLAN_ENDS else None

    journal = Journal(context.redis, plan_id)
    runner: StepRunner | None = None
    try:
        with journal.lease(ended) as end:
            if end is not None:
                return end
            plan = persistently(lambda: store.get(plan_id, context.owner_id))
            files = Files(context.redis, context.owner_id, context.settings.max_file_bytes)
            digests = check_may_run(context, store, plan, approval, files, journal, audit)
            progress = Progress(plan, journal, audit)
            shared = shared_steps(approval, persistently(lambda: store.decision(plan_id)), approval_key(context))
            runner = StepRunner(context, progress, files, digests, shared)
            return PlanRun(context, store, progress, runner, approval).to_the_end()
    except Interrupted as interruption:
        if runner and runner.late_steps:
            resolve_late_effects(context, plan_id, runner.late_steps)
        raise Busy(
            f"this run of the plan was cut off ({interruption}); another run continues it", code="run_interrupted"
        ) from interruption


class PlanRun:
    """One run of a plan, under its lease."""

    def __init__(
        self,
        context: ExecutorContext,
        store: PlanStore,
        progress: Progress,
        runner: StepRunner,
        approval: Approval,
    ) -> None:
        self._context, self._store, self._progress = context, store, progress
        self._runner, self._approval, self._clock = runner, approval, context.clock
        self._decisions = SignedDecisions(context, progress.plan)

    def to_the_end(self) -> Plan:
        """Begin the plan, or continue where an earlier run was cut off; return it with its final status."""
        progress = self._progress
        if progress.plan.status in ("running", "undoing"):
            runs = progress.journal.idle_runs
            progress.write_audit(lambda: progress.audit.run_resumed(progress.plan, runs))
        if progress.plan.status == "in_doubt":
            answers = self._decisions.resolutions(progress.plan)
            if not in_doubt.resolve(progress, answers, self._context.aws.info):
                return progress.plan
        elif progress.plan.status != "proposed" and progress.journal.idle_runs > MAX_IDLE_RUNS:
            return self._give_up()
        if progress.plan.status == "proposed":
            progress.save(status="running", decided_at=self._approval.approved_at)
            if progress.plan.undoes and self._fail_changed_steps():
                return self._after_steps()
        final = progress.final_status
        if final is not None:
            return self._undo(final)
        run_steps(progress, self._run_step, self._must_stop, self._context.settings.parallel_steps)
        return self._after_steps()

    def _fail_changed_steps(self) -> bool:
        """Fail the steps of an undo plan whose original somebody has changed since, before any other one is undone."""
        for step in self._progress.steps("pending"):
            if step.undoes is None:
                continue
            original = original_plan.find(self._store, step.undoes, self._progress.plan)
            reason = self._runner.find_drift_if_possible(original, step.undoes.step)
            if reason:
                error = ErrorBody(code="world_moved_on", detail=reason)
                self._progress.update(step.id, status="failed", error=error, ended_at=self._clock.now())
        return bool(self._progress.steps("failed"))

    def _after_steps(self) -> Plan:
        """End the plan, now that no step of it runs any more: in doubt, done, cancelled or failed."""
        progress = self._progress
        if progress.steps("in_doubt"):
            return progress.end("in_doubt")
        left = progress.steps("pending")
        # A step is skipped where it was cancelled before its first call, or by an earlier run that was cut off here.
        unfinished = left or progress.steps("skipped")
        cancellation = self._decisions.cancellation() if unfinished else None
        stopped = in_doubt.stop_requested(progress)
        if not unfinished and not progress.steps("failed") and not stopped:
            return self._end("done")
        if cancellation and not progress.steps("failed"):
            self._skip(left, not_begun("a person cancelled the plan"))
            return self._end_early("cancelled", undo=cancellation.completed_steps == "undo")
        self._skip(left, self._why_not_begun(stopped=stopped))
        return self._end_early("failed", undo=progress.plan.on_failure == "undo")

    def _why_not_begun(self, *, stopped: bool) -> ErrorBody:
        failed = ", ".join(step.id for step in self._progress.steps("failed"))
        if failed:
            return not_begun(f"step {failed} failed")
        if stopped:
            return not_begun("a person said to stop")
        return ErrorBody(
            code="deadline_exceeded",
            detail="this step was not begun, because the plan had run for as long as a plan may; propose it again",
        )

    def _skip(self, steps: list[Step], error: ErrorBody) -> None:
        for step in steps:
            self._progress.update(step.id, status="skipped", error=error)

    def _end_early(self, final: str, *, undo: bool) -> Plan:
        if not undo:
            return self._end(final)
        self._progress.begin_undoing(final)
        return self._undo(final)

    def _undo(self, final: str) -> Plan:
        """Undo what was done and end the plan as `final`, or in doubt where it is unknown whether an undo happened."""
        try:
            compensate(self._progress, self._runner)
        except StepOutcomeUnknown as stopped:
            in_doubt.mark(self._progress, stopped.step_id, stopped.unknown)
            return self._progress.end("in_doubt")
        return self._end(final)

    def _end(self, status: str) -> Plan:
        plan = self._progress.plan
        if plan.undoes:
            original_plan.mark_undone(plan, self._store, self._context.redis)
        return self._progress.end(status)

    def _must_stop(self) -> bool:
        """Whether no further step may begin: one failed or is in doubt, a person said so, or it took too long.

        The time counts from the approval, and anew from a person's answer on a step in doubt. What AWS itself took for
        slow resources is not the plan's time.
        """
        progress = self._progress
        began = max(progress.plan.decided_at or self._approval.approved_at, in_doubt.resolved_at(progress))
        began += sum(_seconds(step) for step in progress.steps("done") if OPERATIONS[step.operation].slow)
        return (
            bool(progress.steps("failed", "in_doubt", "skipped"))
            or in_doubt.stop_requested(progress)
            or self._clock.now() > began + self._context.settings.run_seconds
            or self._decisions.is_cancelled()
        )

    def _run_step(self, step: Step) -> None:
        """Run one step to its end; what came of it is on the plan."""
        if step.status == "pending":
            self._progress.update(step.id, status="running", started_at=self._clock.now())
        else:
            self._progress.write_audit(lambda: self._progress.audit.step_resumed(self._progress.plan, step))
        try:
            outcome = self._attempt(step)
        except CancelledBeforeSend:
            self._progress.update(step.id, status="skipped", ended_at=self._clock.now())
            return
        except StepOutcomeUnknown as stopped:
            in_doubt.mark(self._progress, step.id, stopped.unknown)
            return
        if isinstance(outcome, AssistantError):
            self._progress.update(step.id, status="failed", error=ErrorBody.of(outcome), ended_at=self._clock.now())
        else:
            self._progress.update(step.id, status="done", result=outcome, ended_at=self._clock.now())

    def _attempt(self, step: Step) -> JsonValue | AssistantError:
        results: Mapping[str, JsonValue] = {done.id: done.result for done in self._progress.steps("done")}
        undoes = None
        try:
            arguments = references.resolve_arguments(step.arguments, results)
            if step.undoes:
                undoes = (original_plan.find(self._store, step.undoes, self._progress.plan), step.undoes.step)
        except AssistantError as error:
            return error
        cancelled = self._decisions.is_cancelled
        return self._runner.attempt(OPERATIONS[step.operation], step.id, step.id, arguments, undoes, cancelled)

    def _give_up(self) -> Plan:
        """End a plan over which MAX_IDLE_RUNS executors in a row ended before they could write anything."""
        why = f"{MAX_IDLE_RUNS} executors in a row ended while they ran this plan, and none of them came any further"
        log.error("plan_given_up", plan_id=self._progress.plan.plan_id, runs=MAX_IDLE_RUNS)
        final = self._progress.final_status
        if final is not None:
            left = ErrorBody(code="plan_given_up", detail=f"not undone, because {why}; undo it by hand")
            for step in self._progress.steps("done"):
                self._progress.update(step.id, error=step.error or left)
            return self._end(final)
        for step in self._progress.steps("running"):
            in_doubt.mark(self._progress, step.id, OutcomeUnknown("", step.operation, why))
        not_begun = ErrorBody(code="plan_given_up", detail=f"this step was not begun, because {why}")
        self._skip(self._progress.steps("pending"), not_begun)
        return self._progress.end("in_doubt" if self._progress.steps("in_doubt") else "failed")


def _seconds(step: Step) -> float:
    """How long the step took."""
    return (step.ended_at or 0.0) - (step.started_at or step.ended_at or 0.0)
