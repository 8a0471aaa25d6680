"""Tells the other workers that AWS refused calls, by one hash in Redis that is there only for a while after that.

Nothing is read for calls that take less than a second, and nothing is written until AWS refuses something. Where Redis
does not answer, every worker finds its own rates.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

import structlog
from redis import Redis
from redis.exceptions import RedisError

from services.info_tools.limits import FORGET_SECONDS, Place
from shared.broker.failures import report

log = structlog.get_logger(__name__)

KEY = "limits:info"
# Between two looks at what the others were refused, while calls are made.
LOOK_SECONDS = 1.0
# A rate of longer ago says nothing any more.
FRESH_SECONDS = 10.0
MAX_FIELDS = 1000


class SharedLimits:
    """`tell` and `hear` of `Limits`, over Redis."""

    def __init__(
        self, redis: Redis, name: str, clock: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        self._redis, self._name, self._clock, self._now = redis, name, clock, now
        self._lock = threading.Lock()
        self._asked = self._looked = 0.0
        self._heard: dict[str, float] = {}

    def tell(self, place: Place, rate: float) -> None:
        """This worker was refused calls of a place and goes at this rate there."""
        value = json.dumps([rate, self._now(), self._name])
        try:
            pipe = self._redis.pipeline(transaction=False)
            pipe.hset(KEY, "|".join(place), value)
            pipe.pexpire(KEY, int(FORGET_SECONDS * 1000))
            pipe.execute()
        except RedisError as error:
            report(log, "limit_not_told", error)

    def hear(self) -> dict[Place, float]:
        """What other workers told since the last look; empty where it is not time for one."""
        if not self._is_time():
            return {}
        try:
            if self._redis.hlen(KEY) > MAX_FIELDS:
                return {}
            told: dict[str, str] = self._redis.hgetall(KEY)  # type: ignore[assignment]  # redis-py types sync replies as maybe awaitable
        except RedisError as error:
            report(log, "limits_not_heard", error)
            return {}
        return dict(filter(None, (self._read(field, value) for field, value in told.items())))

    def _is_time(self) -> bool:
        """Once a second, in the one thread that comes first, and not in the first second of a while of calls."""
        with self._lock:
            now = self._clock()
            if now - self._asked > LOOK_SECONDS:
                self._looked = now
            self._asked = now
            if now - self._looked < LOOK_SECONDS:
                return False
            self._looked = now
            return True

    def _read(self, field: str, value: str) -> tuple[Place, float] | None:
        """A place and its rate; None for what this worker told, knows already, or cannot read."""
        try:
            rate, at, name = json.loads(value)
            place, rate, at = Place(*field.split("|")), float(rate), float(at)
        except (ValueError, TypeError):
            return None
        if name == self._name or self._heard.get(field, 0.0) >= at or not 0 <= self._now() - at < FRESH_SECONDS:
            return None
        if len(self._heard) > MAX_FIELDS:
            self._heard.clear()
        self._heard[field] = at
        return place, rate
