"""Two threads of a worker process: one renews the leases it holds, one pushes the messages of overdue tasks again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from redis.exceptions import RedisError

from shared.broker.failures import report
from shared.tasks.records import (
    FORGET_SECONDS,
    LEASE_SECONDS,
    MAX_PUSH_AGAIN_SECONDS,
    PUSH_AGAIN_SECONDS,
    Keys,
    TaskFunctions,
)

log = structlog.get_logger(__name__)

RENEW_SECONDS = LEASE_SECONDS / 4
SWEEP_SECONDS = 1.0


class Leases(threading.Thread):
    """Renews every held lease four times before it runs out."""

    def __init__(self, functions: TaskFunctions, keys: Keys) -> None:
        super().__init__(name=f"leases-{keys.agent}", daemon=True)
        self._functions, self._keys = functions, keys
        # By call and fence: a process that was stopped for a while may have taken the same call twice.
        self._held: set[tuple[str, int]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, call_id: str, fence: int) -> Iterator[None]:
        """Keep a claim's lease while the block runs."""
        with self._lock:
            self._held.add((call_id, fence))
        try:
            yield
        finally:
            with self._lock:
                self._held.discard((call_id, fence))

    @property
    def count(self) -> int:
        """Calls that this worker answers now."""
        with self._lock:
            return len(self._held)

    def run(self) -> None:
        while True:
            time.sleep(RENEW_SECONDS)
            with self._lock:
                held = list(self._held)
            try:
                for call_id, fence in held:
                    self._renew(call_id, fence)
            except RedisError as error:
                report(log, "leases_not_renewed", error, held=len(held))

    def _renew(self, call_id: str, fence: int) -> None:
        keys = [self._keys.task(call_id), self._keys.open]
        if not self._functions.renew(keys, [call_id, fence, int(LEASE_SECONDS * 1000)]):
            # Finished just now, or taken over; the fence drops what this worker still answers.
            with self._lock:
                self._held.discard((call_id, fence))


class Sweeper(threading.Thread):
    """Pushes the messages of overdue tasks again. Any number may run: the function moves each entry on atomically."""

    def __init__(self, functions: TaskFunctions, keys: Keys) -> None:
        super().__init__(name=f"sweeper-{keys.agent}", daemon=True)
        self._sweep, self._keys = functions.sweep, keys

    def run(self) -> None:
        while True:
            time.sleep(SWEEP_SECONDS)
            try:
                pushed = self._sweep(
                    [self._keys.open, self._keys.queue],
                    [
                        int(PUSH_AGAIN_SECONDS * 1000),
                        int(MAX_PUSH_AGAIN_SECONDS * 1000),
                        int(FORGET_SECONDS * 1000),
                    ],
                )
            except RedisError as error:
                report(log, "sweep_failed", error)
                continue
            for call_id in pushed:
                log.info("task_message_pushed_again", call_id=call_id, agent=self._keys.agent)
