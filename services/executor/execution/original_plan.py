"""The original plan that an undo plan undoes: read for each of its steps, and marked when they are undone."""

from __future__ import annotations

import time

from redis import Redis

from services.executor.records.journal import Journal, persistently
from services.executor.records.plans import PlanStore
from shared.errors import NotFound
from shared.plans.plan import Plan
from shared.plans.step import StepRef


def find(store: PlanStore, ref: StepRef, undo_plan: Plan) -> Plan:
    """The original plan, which a step of the undo plan names. Raises NotFound where it names another plan."""
    if ref.plan_id != undo_plan.undoes:
        raise NotFound(
            f"a step of {undo_plan.plan_id} undoes {ref.plan_id}, which is not the plan that it undoes;"
            " propose the undo again",
            code="plan_not_found",
        )
    return persistently(lambda: store.get(ref.plan_id, undo_plan.owner_id))


def mark_undone(undo_plan: Plan, store: PlanStore, redis: Redis) -> None:
    """Mark the original's steps that the undo plan undid, and the original itself where no done step is left.

    Does nothing where the original is gone. Raises Busy where another executor holds the original.
    """
    assert undo_plan.undoes is not None
    undone = {step.undoes.step for step in undo_plan.steps if step.undoes and step.status == "done"}
    if not undone or persistently(lambda: store.find(str(undo_plan.undoes))) is None:
        return
    journal = Journal(redis, undo_plan.undoes)
    with journal.lease(lambda: None):
        plan = persistently(lambda: store.get(str(undo_plan.undoes), undo_plan.owner_id))
        now = time.time()
        steps = tuple(
            step.model_copy(update={"status": "undone", "error": None, "ended_at": now}) if step.id in undone else step
            for step in plan.steps
        )
        left = any(step.status == "done" for step in steps)
        journal.write(plan.model_copy(update={"steps": steps, "status": plan.status if left else "undone"}))
