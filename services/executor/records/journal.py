"""The journal of one plan's run: who may write it (lease and fencing token), and what was about to happen.

`run:{plan_id}` holds the lease, `journal:{plan_id}` an entry per AWS call: an intent before it, its outcome after
it. Plan and journal are written together, by a script that first checks the token: who was stopped for longer than
the lease writes nothing more. Redis is asked again while it is away; an acknowledged write is on its disk.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import structlog
from redis import Redis
from redis.exceptions import RedisError

from services.executor.records.plans import KEEP_SECONDS, plan_key
from shared.broker.failures import RUN_SECONDS, Interrupted, LeaseLost, is_transient, report, retry
from shared.broker.scripts import lua
from shared.errors import AssistantError, Busy
from shared.messages import Plan

log = structlog.get_logger(__name__)
T = TypeVar("T")

LEASE_SECONDS = 10.0
RENEW_SECONDS = LEASE_SECONDS / 4
# Before a call of AWS at least this must be left of the lease: what is sent then arrives under it.
MARGIN_SECONDS = 2.0
# How long to wait for another run of the same plan to end or to die.
WAIT_SECONDS = LEASE_SECONDS + 5.0
MAX_IDLE_RUNS = 5


class RedisAway(Interrupted):
    """Redis was away for longer than a run waits."""


class Journal:
    """One run's hold on a plan. Threads of the run share it."""

    def __init__(self, redis: Redis, plan_id: str, lease_seconds: float = LEASE_SECONDS) -> None:
        self.redis, self.plan_id = redis, plan_id
        self._lease_ms, self._keep_ms = int(lease_seconds * 1000), KEEP_SECONDS * 1000
        self._take, self._write, self._keep = (
            redis.register_script(lua("services.executor.records", name)) for name in ("take", "write", "keep")
        )
        self._holder = secrets.token_hex(8)
        self._fence = 0
        self._valid_until = 0.0
        self._entries: dict[str, str] = {}
        self._lock = threading.Lock()
        self.idle_runs = 0

    @contextmanager
    def held(self, ended: Callable[[], T | None]) -> Iterator[T | None]:
        """Hold the plan while the block runs; yields what `ended` returns where the plan ended meanwhile.

        Raises Busy (`plan_is_running`) where another executor holds it and goes on renewing its lease.
        """
        found = self._wait_for_it(ended)
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
            self._give_back()

    def entry(self, field: str) -> str | None:
        """What the journal says of a field."""
        with self._lock:
            return self._entries.get(field)

    def has(self, prefix: str) -> bool:
        """Whether there is an entry whose field begins so."""
        with self._lock:
            return any(field.startswith(prefix) for field in self._entries)

    def write(self, plan: Plan | None = None, entries: Mapping[str, str] | None = None) -> None:
        """Write plan and entries, both or neither; on disk when this returns. An empty entry is taken out.

        Raises LeaseLost or RedisAway.
        """
        pairs = [text for pair in (entries or {}).items() for text in pair]
        body = plan.model_dump_json() if plan else ""
        keys = [self._run_key, plan_key(self.plan_id), f"journal:{self.plan_id}"]

        def write() -> tuple[float, Any]:
            asked = time.monotonic()
            return asked, self._write(keys, [self._fence, self._lease_ms, self._keep_ms, body, *pairs])

        asked, written = persistently(write)
        self._held_since(asked, written)
        with self._lock:
            for field, value in (entries or {}).items():
                if value:
                    self._entries[field] = value
                else:
                    self._entries.pop(field, None)

    def check(self, **_: Any) -> None:
        """Raise LeaseLost unless enough is left of the lease for a call of AWS to arrive under it."""
        if time.monotonic() > self._valid_until - MARGIN_SECONDS:
            raise LeaseLost(f"the lease on the plan {self.plan_id} ran out; another executor may have it")

    @property
    def _run_key(self) -> str:
        return f"run:{self.plan_id}"

    def _wait_for_it(self, ended: Callable[[], T | None]) -> T | None:
        until = time.monotonic() + WAIT_SECONDS
        while True:
            found = persistently(ended)
            if found is not None:
                return found
            asked = time.monotonic()
            taken, fence, idle = persistently(
                lambda: self._take([self._run_key], [self._holder, self._lease_ms, self._keep_ms])
            )
            if taken == "taken":
                self._fence, self.idle_runs = int(fence), int(idle)
                self._valid_until = asked + self._lease_ms / 1000
                # Its last holder may have ended it after the look above.
                found = persistently(ended)
                if found is not None:
                    self._give_back()
                return found
            if time.monotonic() > until:
                raise Busy(f"another executor is running the plan {self.plan_id}", code="plan_is_running")
            time.sleep(0.25)

    def _renew(self, stop: threading.Event) -> None:
        while not stop.wait(RENEW_SECONDS):
            asked = time.monotonic()
            try:
                self._held_since(asked, self._keep([self._run_key], [self._fence, self._lease_ms]))
            except RedisError as error:
                report(log, "plan_lease_not_renewed", error, plan_id=self.plan_id)
            except LeaseLost:
                log.error("plan_lease_lost", plan_id=self.plan_id)
                return

    def _held_since(self, asked: float, held: Any) -> None:
        if not held:
            self._valid_until = 0.0
            raise LeaseLost(f"another executor has taken the plan {self.plan_id} over")
        self._valid_until = max(self._valid_until, asked + self._lease_ms / 1000)

    def _give_back(self) -> None:
        try:
            self._keep([self._run_key], [self._fence, 0])
        except RedisError as error:
            report(log, "plan_lease_not_released", error, plan_id=self.plan_id)


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
