"""A plan on its way: what is stored of it, changed only under its lease, and in the audit log first."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from services.executor.records.audit import PlanAudit
from services.executor.records.journal import Journal, persistently
from shared.messages import Plan, Step

log = structlog.get_logger(__name__)


# Of the journal: how a plan that is being undone will end.
_PHASE = "phase"


class Progress:
    """The plan as it is stored. Threads of one run share it."""

    def __init__(self, plan: Plan, journal: Journal, audit: PlanAudit) -> None:
        self.plan, self.journal, self.audit = plan, journal, audit
        self._lock = threading.Lock()

    def step(self, step_id: str) -> Step:
        return next(step for step in self.plan.steps if step.id == step_id)

    def steps(self, *statuses: str) -> list[Step]:
        """The steps of these statuses, in the plan's order."""
        return [step for step in self.plan.steps if step.status in statuses]

    def update(self, step_id: str, entries: Mapping[str, str] | None = None, **changes: Any) -> None:
        """Change one step and write the plan, with journal entries; the audit has it first."""
        self.tell(lambda: self.audit.step(self.plan, step_id, changes))
        with self._lock:
            steps = tuple(step.model_copy(update=changes) if step.id == step_id else step for step in self.plan.steps)
            self._save(self.plan.model_copy(update={"steps": steps}), entries)

    def save(self, entries: Mapping[str, str] | None = None, **changes: Any) -> None:
        """Change the plan and write it, with journal entries."""
        with self._lock:
            self._save(self.plan.model_copy(update=changes), entries)

    def end(self, status: str) -> Plan:
        self.save(status=status, ended_at=time.time())
        log.info("plan_ended", plan_id=self.plan.plan_id, status=status)
        return self.plan

    def begin_undoing(self, final: str) -> None:
        """From now on the plan's finished steps are undone, also by a later run; then it ends as `final`."""
        self.save({_PHASE: json.dumps({"final": final})}, status="undoing")

    @property
    def final_status(self) -> str | None:
        """How the plan ends once its steps are undone; None where they are not being undone."""
        stored = self.journal.entry(_PHASE)
        return str(json.loads(stored)["final"]) if stored else None

    def tell(self, write: Callable[[], None]) -> None:
        """Write to the audit log, again while it cannot be written: nothing happens that it does not have."""
        persistently(write)

    def _save(self, plan: Plan, entries: Mapping[str, str] | None) -> None:
        self.journal.write(plan, entries)
        self.plan = plan
