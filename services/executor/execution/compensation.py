"""Compensation: undoes the finished steps of a plan that failed or was cancelled, each by its inverse operation."""

from __future__ import annotations

import time

from services.executor.execution.step_runner import StepRunner
from services.executor.operations import OPERATIONS
from services.executor.records.progress import Progress
from shared.errors import AssistantError
from shared.messages import Effect, ErrorBody


def compensate(progress: Progress, runner: StepRunner) -> None:
    """Undo the finished steps, the last first. A step that cannot be undone stays done, with the reason as its error.

    Raises StepOutcomeUnknown and Interrupted.
    """
    # What only read has left nothing behind.
    changed = [step for step in progress.steps("done") if step.effect is not Effect.SENSITIVE_READ]
    done = [step for step in changed if step.error is None]
    for step in sorted(done, key=lambda step: step.ended_at or 0, reverse=True):
        found = OPERATIONS.inverse(step.operation, step.result)
        if found is None:
            kept = ErrorBody(code="not_reversible", detail="this step cannot be undone, so what it did stays")
            progress.update(step.id, error=kept)
            continue
        inverse, arguments = found
        plan = progress.plan
        progress.write_audit(lambda: progress.audit.undo_started(plan, step, inverse.name))  # noqa: B023  # called at once
        outcome = runner.attempt(inverse, f"{step.id}~undo", step.id, arguments, undoes=(plan, step.id))
        if isinstance(outcome, AssistantError):
            progress.update(step.id, error=ErrorBody.of(outcome, "could not be undone: "))
        else:
            progress.update(step.id, status="undone", ended_at=time.time())
