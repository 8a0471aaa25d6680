"""What of a plan is no longer as it was left, step by step, with who changed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from shared.messages import Gap
from shared.plans.drift import ChangeSince, DriftState, StepDrift

Verdict = Literal["as_left", "drifted", "not_certain"]
HistoryVerdict = Literal["found", "none_recorded", "unknown"]


@dataclass(frozen=True)
class Changer:
    """One event, and the assistant's own plan that made the call, where one of the session's owner did."""

    event: ChangeSince
    plan_id: str | None = None


@dataclass(frozen=True)
class ByWhom:
    """What AWS's event history says of one resource since it was left; `unread` is why part of that was not seen."""

    verdict: HistoryVerdict
    events: tuple[Changer, ...] = ()
    more: int = 0
    unread: str | None = None


@dataclass(frozen=True)
class StepFound:
    """One step; `by_whom` is None where nobody had to be asked for."""

    drift: StepDrift
    title: str
    by_whom: ByWhom | None = None


@dataclass(frozen=True)
class PlanDrift:
    """A whole plan. What happened after `shown_until` may not be in AWS's event history yet; None: it was not asked."""

    plan_id: str
    looked_at: float
    steps: tuple[StepFound, ...]
    shown_until: float | None = None
    gaps: tuple[Gap, ...] = ()

    @cached_property
    def counts(self) -> Mapping[DriftState, int]:
        """How many steps are in each state."""
        states: list[DriftState] = [one.drift.state for one in self.steps]
        every: tuple[DriftState, ...] = ("as_left", "changed", "gone", "unknown")
        return {state: states.count(state) for state in every}

    @property
    def verdict(self) -> Verdict:
        if self.counts["changed"] or self.counts["gone"]:
            return "drifted"
        return "not_certain" if self.counts["unknown"] else "as_left"

    @property
    def complete(self) -> bool:
        """Whether every step was compared, and AWS's event history read for each that differs."""
        read = all(one.by_whom is None or one.by_whom.verdict != "unknown" for one in self.steps)
        return read and not self.counts["unknown"]
