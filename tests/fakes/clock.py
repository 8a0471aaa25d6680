"""A clock that goes on only when it is told to, or when somebody sleeps by it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from services.executor.clock import Clock


@dataclass
class FakeClock:
    """Begins at the real time, so that what is stored by it looks recent to those who use another clock."""

    now: float = field(default_factory=time.time)
    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.now, monotonic=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def advance(self, seconds: float) -> None:
        self.now += seconds
