"""Keeps the leases of one worker process alive, and pushes overdue tasks again: two small threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from shared.tasks import LEASE_SECONDS, MAX_PUSH_AGAIN_SECONDS, PUSH_AGAIN_SECONDS, Keys, Scripts

log = structlog.get_logger(__name__)

RENEW_SECONDS = LEASE_SECONDS / 4
SWEEP_SECONDS = 1.0


@dataclass(slots=True)
class Claim:
    """One task held by this process. `lost` is set when another worker has taken it over."""

    call_id: str
    fence: int
    lost: bool = False


class Leases(threading.Thread):
    """Renews every held claim four times per lease."""

    def __init__(self, scripts: Scripts, keys: Keys) -> None:
        super().__init__(name=f"leases-{keys.agent}", daemon=True)
        self._scripts, self._keys = scripts, keys
        self._held: dict[str, Claim] = {}
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, claim: Claim) -> Iterator[Claim]:
        """Keep a claim's lease while the block runs."""
        with self._lock:
            self._held[claim.call_id] = claim
        try:
            yield claim
        finally:
            with self._lock:
                self._held.pop(claim.call_id, None)

    def run(self) -> None:
        while True:
            time.sleep(RENEW_SECONDS)
            with self._lock:
                held = list(self._held.values())
            for claim in held:
                self._renew(claim)

    def _renew(self, claim: Claim) -> None:
        keys = [self._keys.task(claim.call_id), self._keys.open]
        try:
            renewed = self._scripts.renew(keys, [claim.call_id, claim.fence, int(LEASE_SECONDS * 1000)])
        except RedisError as error:
            log.warning("lease_not_renewed", call_id=claim.call_id, error=type(error).__name__)
            return
        claim.lost = not renewed


class Sweeper(threading.Thread):
    """Pushes the hints of overdue tasks again. Any number may run: each entry is moved on atomically."""

    def __init__(self, scripts: Scripts, keys: Keys) -> None:
        super().__init__(name=f"sweeper-{keys.agent}", daemon=True)
        self._sweep, self._keys = scripts.sweep, keys

    def run(self) -> None:
        while True:
            time.sleep(SWEEP_SECONDS)
            try:
                pushed = self._sweep(
                    [self._keys.open, self._keys.queue],
                    [
                        self._keys.task_prefix,
                        int(PUSH_AGAIN_SECONDS * 1000),
                        int(MAX_PUSH_AGAIN_SECONDS * 1000),
                        100,
                    ],
                )
            except RedisError as error:
                log.warning("sweep_failed", error=type(error).__name__)
                continue
            for call_id in pushed:
                log.info("hint_pushed_again", call_id=call_id, agent=self._keys.agent)
