"""How fast each service of each account and region is asked: as fast as it goes, until AWS says that it is too fast.

botocore sends a refused call again by itself, four times in all and later each time (its standard mode). That alone
does not make many threads slower, so that most of what they send is refused again. Here the first refusal sets a rate
for that service, account and region: a part of what AWS let through. Every call, those that are sent again too, then
waits for its turn. What succeeds makes it faster again, little by little. This is botocore's adaptive mode, which knows
only clients and no accounts, no deadline and no other worker. `shared_limits.py` tells the other workers.
"""

from __future__ import annotations

import random
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import structlog
from botocore.retries.standard import RetryEventAdapter, ThrottlingErrorDetector

from shared.aws.bound_clients import current_scope
from shared.errors import DeadlineExceeded

log = structlog.get_logger(__name__)

# Calls a second that are always allowed, those where AWS refused all so far, and the share of the rate that AWS let
# through which a refusal leaves.
MIN_RATE, FIRST_RATE, KEPT = 0.5, 2.0, 0.7
# Refusals of calls that were under way at the same time are one refusal.
SAME_REFUSAL_SECONDS = 1.0
# How much faster it goes each second without a refusal: by a part, and by a little more.
FASTER, AND = 0.15, 2.0
# So long after the last refusal there is no rate any more.
FORGET_SECONDS = 60.0
# What AWS let through is counted over so long.
COUNTED_SECONDS = 2.0
# Turns are given so far ahead; for a later one a call asks again, as it may be earlier by then.
AHEAD_SECONDS = 0.5
MAX_PLACES = 5000


class Place(NamedTuple):
    """What AWS counts calls by. Services have limits of their own for some operations; those show here too."""

    service: str
    account: str
    region: str


class Limiter:
    """The turns of one place. Times are in seconds of `clock`; from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._passed: deque[float] = deque()
        self._rate: float | None = None
        self._refused_at = self._raised_at = self._next = 0.0

    @property
    def rate(self) -> float | None:
        """Calls a second; None where there is no limit."""
        with self._lock:
            return self._rate

    def turn(self) -> float | None:
        """Seconds to wait before the next call may be sent; None where that is too far ahead to be said: ask again."""
        with self._lock:
            now = self._clock()
            self._raise(now)
            if self._rate is None:
                return 0.0
            turn = max(now, self._next)
            if turn - now > AHEAD_SECONDS:
                return None
            self._next = turn + 1 / self._rate
            return turn - now

    def passed(self) -> None:
        """A call was not refused."""
        with self._lock:
            now = self._clock()
            self._passed.append(now)
            self._forget(now)

    def refused(self) -> float | None:
        """A call was refused. The new rate, where this made one; None where another refusal just did."""
        with self._lock:
            now = self._clock()
            if self._rate is not None and now - self._refused_at < SAME_REFUSAL_SECONDS:
                return None
            self._forget(now)
            seen = len(self._passed) / max(1.0, now - self._passed[0]) if self._passed else FIRST_RATE / KEPT
            return self._slow(min(seen, self._rate or seen) * KEPT, now)

    def slow_to(self, rate: float) -> None:
        """Another worker was refused, and goes at this rate."""
        with self._lock:
            if self._rate is None or rate < self._rate:
                self._slow(rate, self._clock())

    def _forget(self, now: float) -> None:
        while self._passed and self._passed[0] < now - COUNTED_SECONDS:
            self._passed.popleft()

    def _slow(self, rate: float, now: float) -> float:
        self._rate = max(MIN_RATE, rate)
        self._refused_at = self._raised_at = now
        self._next = max(self._next, now + 1 / self._rate)
        return self._rate

    def _raise(self, now: float) -> None:
        if self._rate is None:
            return
        if now - self._refused_at > FORGET_SECONDS:
            self._rate = None
            return
        self._rate += (self._rate * FASTER + AND) * (now - self._raised_at)
        self._raised_at = now


class Limits:
    """The limiters of a worker, hung into its clients."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        tell: Callable[[Place, float], None] = lambda place, rate: None,
        hear: Callable[[], dict[Place, float]] = dict,
    ) -> None:
        """`tell` is given the rate of a place that was refused; `hear` is asked for those of other workers."""
        self._clock, self._sleep, self._tell, self._hear = clock, sleep, tell, hear
        self._lock = threading.Lock()
        self._limiters: OrderedDict[Place, Limiter] = OrderedDict()
        self._is_refusal = ThrottlingErrorDetector(RetryEventAdapter()).is_throttling_error

    def watch(self, client: Any) -> None:
        """Have each call of a client wait for its turn from now on."""
        service, region = client.meta.service_model.service_name, client.meta.region_name
        events = client.meta.events
        events.register_first("before-send", partial(self._before_send, service, region))
        events.register_first("needs-retry", partial(self._after, service, region))

    def limiter(self, place: Place) -> Limiter:
        """The limiter of a place; that of the place used least is forgotten where there are too many."""
        with self._lock:
            limiter = self._limiters.get(place)
            if limiter is None:
                limiter = self._limiters[place] = Limiter(self._clock)
                if len(self._limiters) > MAX_PLACES:
                    self._limiters.popitem(last=False)
            self._limiters.move_to_end(place)
            return limiter

    def _before_send(self, service: str, region: str, **_: Any) -> None:
        for place, rate in self._hear().items():
            self.limiter(place).slow_to(rate)
        scope = current_scope()
        if scope is None:
            return
        limiter = self.limiter(Place(service, scope.account, region))
        while (wait := limiter.turn()) is None:
            if time.time() > scope.deadline - AHEAD_SECONDS:
                raise DeadlineExceeded(
                    f"not read: AWS lets account {scope.account} call {service} in {region} only so often, and the"
                    " call's time is over before its next turn; ask for less at once, or again later"
                )
            self._sleep(AHEAD_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311  # only so that not all ask at once
        if wait:
            self._sleep(wait)

    def _after(self, service: str, region: str, **answer: Any) -> None:
        scope = current_scope()
        if scope is None:
            return
        place = Place(service, scope.account, region)
        if not self._is_refusal(**answer):
            self.limiter(place).passed()
            return
        rate = self.limiter(place).refused()
        if rate is not None:
            log.info("aws_calls_slowed", service=service, region=region, account=scope.account, rate=round(rate, 1))
            self._tell(place, rate)
