"""The state of a plan while it runs: every change goes to the audit log first, then to Redis under the lease."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from services.executor.records.audit import PlanAudit
from services.executor.records.journal import Journal, persistently
from shared.plans.plan import Plan
from shared.plans.step import Step

log = structlog.get_logger(__name__)

# The journal field that says how a plan ends whose steps are being undone.
_PHASE = "phase"


class Progress:
    """`plan` is always what is stored. The threads of one run share it."""

    def __init__(self, plan: Plan, journal: Journal, audit: PlanAudit) -> None:
        self.plan, self.journal, self.audit = plan, journal, audit
        self._lock = threading.Lock()

    def step(self, step_id: str) -> Step:
        return next(step for step in self.plan.steps if step.id == step_id)

    def steps(self, *statuses: str) -> list[Step]:
        """The steps that have one of these statuses, in the plan's order."""
        return [step for step in self.plan.steps if step.status in statuses]

    def update(self, step_id: str, entries: Mapping[str, str] | None = None, **changes: Any) -> None:
        """Record the change of one step in the audit log, then write plan and journal entries."""
        self.write_audit(lambda: self.audit.step_changed(self.plan, step_id, changes))
        changes = {"waiting": None, **changes}
        with self._lock:
            steps = tuple(step.model_copy(update=changes) if step.id == step_id else step for step in self.plan.steps)
            self._save(self.plan.model_copy(update={"steps": steps}), entries)

    def note_wait(self, step_id: str, waiting: str | None) -> None:
        """Say on the plan what a step waits for, None once that is over. The audit log has what the wait comes to."""
        with self._lock:
            if self.step(step_id).waiting != waiting:
                steps = (
                    one.model_copy(update={"waiting": waiting}) if one.id == step_id else one for one in self.plan.steps
                )
                self._save(self.plan.model_copy(update={"steps": tuple(steps)}), None)

    def save(self, entries: Mapping[str, str] | None = None, **changes: Any) -> None:
        """Change the plan and write it, together with journal entries. Raises LeaseLost or RedisAway."""
        with self._lock:
            self._save(self.plan.model_copy(update=changes), entries)

    def end(self, status: str) -> Plan:
        """Write the plan's final status and return the plan."""
        self.save(status=status, ended_at=time.time())
        log.info("plan_ended", plan_id=self.plan.plan_id, status=status)
        return self.plan

    def begin_undoing(self, final: str) -> None:
        """Have the plan's finished steps undone from now on, also by a later run, and end with the status `final`."""
        self.save({_PHASE: json.dumps({"final": final})}, status="undoing")

    @property
    def final_status(self) -> str | None:
        """The status with which the plan ends once its steps are undone; None where they are not being undone."""
        stored = self.journal.entry(_PHASE)
        return str(json.loads(stored)["final"]) if stored else None

    def write_audit(self, write: Callable[[], None]) -> None:
        """Write to the audit log, again while that fails: nothing may happen that the log does not have."""
        persistently(write)

    def _save(self, plan: Plan, entries: Mapping[str, str] | None) -> None:
        self.journal.write(plan, entries)
        self.plan = plan
