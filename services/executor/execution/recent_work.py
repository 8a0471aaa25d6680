"""Puts together what a plan under way and its owner's other plans made and removed in the last minutes."""

from __future__ import annotations

from collections.abc import Callable

from services.executor.calls.recent import RECENT_SECONDS, Recent
from services.executor.context import ExecutorContext
from services.executor.records.journal import persistently
from services.executor.records.plans import KEEP_SECONDS, PlanStore
from services.executor.records.progress import Progress
from shared.plans.plan import Plan


def recent_work(context: ExecutorContext, progress: Progress, assumed_at: float | None) -> Callable[[float], Recent]:
    """What was made and removed lately, as of a time. The owner's other plans are read when that is first asked.

    `assumed_at` is when the step's credentials were made (Unix seconds), None for a caller's own.
    """
    others: list[Plan] = []
    asked = False

    def recent(now: float) -> Recent:
        nonlocal asked
        if not asked:
            asked = True
            # A plan waits for its approval, runs, and may be old by the time it makes something.
            since = now - min(KEEP_SECONDS, context.settings.plan_ttl_seconds + context.settings.run_seconds)
            store, owner_id = PlanStore(context.redis), progress.plan.owner_id
            found = persistently(lambda: store.of_owner(owner_id, since - RECENT_SECONDS))
            others.extend(plan for plan in found if plan.plan_id != progress.plan.plan_id)
        made = Recent(now, assumed_at=assumed_at)
        for plan in (*others, progress.plan):
            for step in plan.steps:
                if step.status in ("done", "undone") and isinstance(step.result, dict):
                    made.add(step.operation, step.result, step.ended_at, undone=step.status == "undone")
        return made

    return recent
