"""Waits for what passes by itself: between two sends of a refused call, and for what a read does not show yet.

How long counts from the first refusal, which is in the journal, so that a run that takes the plan over waits no longer
in all. While it waits the plan says for what; a person may cancel, and the lease is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.executor.calls.passing import Patience, Wait
from services.executor.clock import Clock
from services.executor.records.journal import Journal
from services.executor.settings import ExecutorSettings

FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS, MAX_PAUSE_FOR_NAMES = 5.0, 15.0
# How often the lease and a cancellation are looked at within a pause.
LOOK_SECONDS = 1.0
# What passes faster than this is not worth a line on the plan.
TOLD_AFTER_SECONDS = 1.0

OnWait = Callable[[str | None], None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """`on_wait` is told what is waited for ("S3 to …, 8 s"), and None once that is over. `undoing`: waits longest."""

    journal: Journal
    clock: Clock
    settings: ExecutorSettings
    on_wait: OnWait
    undoing: bool = False

    def pause(self, wait: Wait, since: float, stop: Callable[[], bool]) -> bool:
        """Wait for a while; False where that was long enough since `since` (Unix seconds). Raises LeaseLost."""
        waited = self.clock.now() - since
        left = self.seconds(wait.patience) - waited
        longest = MAX_PAUSE_FOR_NAMES if wait.patience is Patience.NAME else MAX_PAUSE_SECONDS
        # Each is as long as all before it together.
        length = min(FIRST_PAUSE_SECONDS + waited, longest)
        if left < length:
            return False
        self.sleep(wait.waiting_for, since, length, stop)
        return True

    def sleep(self, what: str, since: float, length: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Sleep for `length` seconds, or until `stop`; the plan says what for. Raises LeaseLost."""
        while length > 0 and not stop():
            self.journal.check_lease()
            waited = self.clock.now() - since
            if waited >= TOLD_AFTER_SECONDS:
                self.on_wait(f"waiting for {what}, {waited:.0f} s")
            self.clock.sleep(min(length, LOOK_SECONDS))
            length -= LOOK_SECONDS

    def seconds(self, patience: Patience) -> float:
        """How long in all."""
        if patience is Patience.BRIEF:
            return min(self.settings.settle_seconds, self.settings.role_wait_seconds)
        if patience is Patience.NAME:
            return self.settings.undo_name_wait_seconds if self.undoing else self.settings.name_wait_seconds
        return self.settings.role_wait_seconds
