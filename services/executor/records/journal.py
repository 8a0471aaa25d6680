"""The journal of a plan, written only by the run that holds the plan's lease and the newest fencing token.

`run:{plan_id}` holds the lease; `journal:{plan_id}` has an entry for each call of AWS: an intent before it, its outcome
after it. Plan and journal are written together by a function that checks the fencing token first, so that an executor
that was stopped for longer than its lease can write nothing more. Writes are tried again while Redis is away, and an
acknowledged one is on Redis's disk.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import structlog
from redis import Redis
from redis.exceptions import RedisError

from services.executor.clock import SYSTEM_CLOCK, Clock
from services.executor.records.plans import KEEP_SECONDS, plan_key
from shared.broker.failures import RUN_SECONDS, Interrupted, LeaseLost, is_transient, report, retry
from shared.broker.functions import redis_function
from shared.errors import AssistantError, Busy
from shared.plans.plan import Plan

log = structlog.get_logger(__name__)
T = TypeVar("T")

LEASE_SECONDS = 10.0
RENEW_SECONDS = LEASE_SECONDS / 4
# What must be left of the lease before a call of AWS, so that the request arrives while the lease still holds.
MARGIN_SECONDS = 2.0
# How long to wait for another run of the same plan to end, or for the lease of a dead one to run out.
WAIT_SECONDS = LEASE_SECONDS + 5.0
WAIT_PAUSE_SECONDS = 0.25
# How many runs in a row may end without having written anything before the plan is given up.
MAX_IDLE_RUNS = 5


class RedisAway(Interrupted):
    """Redis was away for longer than a run waits."""


class Journal:
    """One run's lease on a plan, and what it reads and writes under it. The run's threads share it.

    `idle_runs` is how many runs, this one included, have taken the plan since something was last written.
    """

    def __init__(self, redis: Redis, plan_id: str, clock: Clock = SYSTEM_CLOCK) -> None:
        self.redis, self.plan_id, self._clock = redis, plan_id, clock
        self._lease_ms, self._keep_ms = int(LEASE_SECONDS * 1000), KEEP_SECONDS * 1000
        self._take, self._write, self._keep = (
            redis_function(redis, f"records_{name}") for name in ("take", "write", "keep")
        )
        self._holder = secrets.token_hex(8)
        self._fence = 0
        self._valid_until = 0.0
        self._entries: dict[str, str] = {}
        self._along: dict[str, str] = {}
        self._lock = threading.Lock()
        self.idle_runs = 0

    @contextmanager
    def lease(self, ended: Callable[[], T | None]) -> Iterator[T | None]:
        """Hold and renew the lease while the block runs, once no other run holds it.

        Yields None, or, without a lease, what `ended` returns as soon as that is not None: the plan has ended
        meanwhile. Raises Busy (`plan_is_running`) where another executor goes on renewing its lease.
        """
        found = self._take_when_free(ended)
        if found is not None:
            yield found
            return
        stop = threading.Event()
        renewer = threading.Thread(target=self._renew, args=(stop,), name=f"plan-{self.plan_id}", daemon=True)
        renewer.start()
        try:
            self._entries = persistently(lambda: dict(self.redis.hgetall(f"journal:{self.plan_id}")))  # type: ignore[arg-type]  # redis-py types sync replies as maybe awaitable
            yield None
        finally:
            stop.set()
            renewer.join()
            self._release()

    def entry(self, field: str) -> str | None:
        """The text under a field, None where there is none."""
        with self._lock:
            return self._along.get(field, self._entries.get(field))

    def fields(self, prefix: str) -> list[str]:
        """The fields that begin with the prefix and have an entry."""
        with self._lock:
            return [field for field in self._entries if field.startswith(prefix)]

    def along(self, field: str, text: str) -> None:
        """Write an entry with the next `write`: what may be lost where the process ends before that."""
        with self._lock:
            self._along[field] = text

    def write(self, plan: Plan | None = None, entries: Mapping[str, str] | None = None) -> None:
        """Write plan and entries, all or nothing; on disk when this returns. An empty text removes its entry.

        Raises LeaseLost or RedisAway.
        """
        with self._lock:
            entries, self._along = {**self._along, **(entries or {})}, {}
        pairs = [text for pair in entries.items() for text in pair]
        body = plan.model_dump_json() if plan else ""
        keys = [self._run_key, plan_key(self.plan_id), f"journal:{self.plan_id}"]

        def write() -> tuple[float, Any]:
            asked = self._clock.monotonic()
            return asked, self._write(keys, [self._fence, self._lease_ms, self._keep_ms, body, *pairs])

        asked, written = persistently(write)
        self._extend(asked, written)
        with self._lock:
            for field, value in entries.items():
                if value:
                    self._entries[field] = value
                else:
                    self._entries.pop(field, None)

    def check_lease(self, **_: Any) -> None:
        """Raise LeaseLost unless enough is left of the lease for a call of AWS to arrive while it holds.

        Takes the arguments of a botocore event, and ignores them.
        """
        if self._clock.monotonic() > self._valid_until - MARGIN_SECONDS:
            raise LeaseLost(f"the lease on the plan {self.plan_id} ran out, so another executor may be running it")

    @property
    def _run_key(self) -> str:
        return f"run:{self.plan_id}"

    def _take_when_free(self, ended: Callable[[], T | None]) -> T | None:
        """Take the lease and return None, or return what `ended` found. Raises Busy after WAIT_SECONDS."""
        until = self._clock.monotonic() + WAIT_SECONDS
        while True:
            found = persistently(ended)
            if found is not None:
                return found
            asked = self._clock.monotonic()
            taken, fence, idle = persistently(
                lambda: self._take([self._run_key], [self._holder, self._lease_ms, self._keep_ms])
            )
            if taken == "taken":
                self._fence, self.idle_runs = int(fence), int(idle)
                self._valid_until = asked + LEASE_SECONDS
                # Its last holder may have ended the plan since it was asked for above.
                found = persistently(ended)
                if found is not None:
                    self._release()
                return found
            if self._clock.monotonic() > until:
                raise Busy(
                    f"another executor is running the plan {self.plan_id}; wait for it to end", code="plan_is_running"
                )
            self._clock.sleep(WAIT_PAUSE_SECONDS)

    def _renew(self, stop: threading.Event) -> None:
        while not stop.wait(RENEW_SECONDS):
            asked = self._clock.monotonic()
            try:
                self._extend(asked, self._keep([self._run_key], [self._fence, self._lease_ms]))
            except RedisError as error:
                report(log, "plan_lease_renewal_failed", error, plan_id=self.plan_id)
            except LeaseLost:
                log.error("plan_lease_lost", plan_id=self.plan_id)
                return

    def _extend(self, asked: float, held: Any) -> None:
        """Count the lease from when a function was asked that renewed it; `held` is false where the token is old."""
        if not held:
            self._valid_until = 0.0
            raise LeaseLost(f"another executor has taken the plan {self.plan_id} over")
        self._valid_until = max(self._valid_until, asked + LEASE_SECONDS)

    def _release(self) -> None:
        try:
            self._keep([self._run_key], [self._fence, 0])
        except RedisError as error:
            report(log, "plan_lease_release_failed", error, plan_id=self.plan_id)


def persistently(action: Callable[[], T], seconds: float = RUN_SECONDS) -> T:
    """The action's result; it is called again while Redis is away or full.

    Raises RedisAway after `seconds`, and at once what does not pass by itself.
    """
    try:
        return retry(action, seconds)
    except (RedisError, AssistantError) as error:
        if not is_transient(error):
            raise
        raise RedisAway(f"Redis did not answer for {seconds:.0f} s ({type(error).__name__})") from error
