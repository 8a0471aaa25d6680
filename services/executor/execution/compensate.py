"""Undoes a plan's finished steps, the last first, each by its inverse operation."""

from __future__ import annotations

import time

from services.executor.execution.perform import Performer
from services.executor.operations import OPERATIONS
from services.executor.records.progress import Progress
from shared.errors import AssistantError
from shared.messages import ErrorBody


def undo_steps(progress: Progress, performer: Performer) -> None:
    """Undo the finished steps. What cannot be undone stays done and says why. Raises StepInDoubt and Interrupted."""
    done = [step for step in progress.steps("done") if step.error is None]
    for step in sorted(done, key=lambda step: step.ended_at or 0, reverse=True):
        taken_back = OPERATIONS.inverse(step.operation, step.result)
        if taken_back is None:
            kept = ErrorBody(code="not_reversible", detail="this step cannot be undone; it stays done")
            progress.update(step.id, error=kept)
            continue
        inverse, arguments = taken_back
        plan = progress.plan
        progress.tell(lambda: progress.audit.undoing(plan, step, inverse.name))  # noqa: B023  # called at once
        outcome = performer.attempt(inverse, f"{step.id}~undo", step.id, arguments, (plan, step.id))
        if isinstance(outcome, AssistantError):
            progress.update(step.id, error=ErrorBody.of(outcome, "could not be undone: "))
        else:
            progress.update(step.id, status="undone", ended_at=time.time())
