"""Spaces out calls of an operation that AWS allows a few times a second, for all threads of this worker.

Workers do not know of each other's calls; what AWS throttles nevertheless, botocore sends again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """At most one call every `interval` seconds for each key, such as account and region."""

    def __init__(
        self,
        interval: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval, self._clock, self._sleep = interval, clock, sleep
        self._lock = threading.Lock()
        self._next: dict[tuple[str, ...], float] = {}

    def take_turn(self, key: tuple[str, ...], patience: float) -> bool:
        """Wait for this key's next turn. False, at once, where it comes later than in `patience` seconds."""
        with self._lock:
            now = self._clock()
            self._next = {other: at for other, at in self._next.items() if at > now or other == key}
            turn = max(now, self._next.get(key, 0.0))
            if turn - now > patience:
                return False
            self._next[key] = turn + self._interval
        if turn > now:
            self._sleep(turn - now)
        return True
