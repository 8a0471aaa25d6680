"""Bounds the threads in which a worker asks AWS, over all of its calls: a container takes only so many."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# docker-compose.yml allows a worker 1,024 processes and threads.
MAX_THREADS = 512
# What a call gets however many threads the others have, so that none waits for another.
LEAST = 4


class Threads:
    """Counts threads that are lent; with `most` out, each borrower still gets `least`."""

    def __init__(self, most: int = MAX_THREADS, least: int = LEAST) -> None:
        self._most, self._least, self._lent = most, least, 0
        self._lock = threading.Lock()

    def share(self, processes: int) -> None:
        """Lend so much less that all processes of a container together lend no more than one alone."""
        self._most //= processes

    @contextmanager
    def lent(self, wanted: int) -> Iterator[int]:
        """How many of the wanted ones may be started, for the time of the context."""
        with self._lock:
            granted = min(wanted, max(self._least, self._most - self._lent))
            self._lent += granted
        try:
            yield granted
        finally:
            with self._lock:
                self._lent -= granted
