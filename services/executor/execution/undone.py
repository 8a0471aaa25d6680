"""The plan that an undo plan undoes: found for its steps, and marked when it has been undone."""

from __future__ import annotations

import time

from redis import Redis

from services.executor.records.journal import Journal, persistently
from services.executor.records.plans import PlanStore
from shared.errors import NotFound
from shared.messages import Plan, StepRef


def original(store: PlanStore, ref: StepRef, undoing: Plan) -> Plan:
    """The plan that a step takes back. Raises NotFound."""
    if ref.plan_id != undoing.undoes:
        raise NotFound(f"the plan {undoing.plan_id} does not take {ref.plan_id} back", code="plan_not_found")
    return persistently(lambda: store.get(ref.plan_id, undoing.session_id))


def mark(undoing: Plan, store: PlanStore, redis: Redis) -> None:
    """Mark the steps of the original that an undo plan took back, and the plan where nothing is left of it."""
    assert undoing.undoes is not None
    undone = {step.undoes.step for step in undoing.steps if step.undoes and step.status == "done"}
    if not undone or persistently(lambda: store.find(str(undoing.undoes))) is None:
        return
    journal = Journal(redis, undoing.undoes)
    with journal.held(lambda: None):
        plan = persistently(lambda: store.get(str(undoing.undoes), undoing.session_id))
        now = time.time()
        steps = tuple(
            step.model_copy(update={"status": "undone", "error": None, "ended_at": now}) if step.id in undone else step
            for step in plan.steps
        )
        left = any(step.status == "done" for step in steps)
        journal.write(plan.model_copy(update={"steps": steps, "status": plan.status if left else "undone"}))
