"""Why a step of an ended plan was not carried out: said alike by the executor and, where it ended none, the gateway."""

from __future__ import annotations

from collections.abc import Iterable

from shared.messages import ErrorBody
from shared.plans.step import Step


def not_begun(because: str) -> ErrorBody:
    """The reason on a skipped step: `because` goes on after "this step was not begun, because"."""
    return ErrorBody(code="not_begun", detail=f"this step was not begun, because {because}")


def without_pending(steps: Iterable[Step], because: str) -> tuple[Step, ...]:
    """The steps of a plan that has ended for good: those that nothing was done of are skipped, with the reason."""
    skipped = {"status": "skipped", "error": not_begun(because)}
    return tuple(step.model_copy(update=skipped) if step.status == "pending" else step for step in steps)
