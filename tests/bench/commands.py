"""How many commands Redis gets: those that clients send, and with them those that functions carry out inside it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis import Redis

LAST = "bench: the last command"


@dataclass(frozen=True, slots=True)
class Commands:
    """So many in so many seconds."""

    sent: float
    inside: float
    seconds: float = 0.0


def during(redis: Redis, act: Callable[[], object]) -> Commands:
    """What Redis was asked by anybody while `act` ran."""
    counted: Counter[str] = Counter()
    with redis.monitor() as monitor:  # type: ignore[no-untyped-call]

        def count() -> None:
            while True:
                seen: dict[str, Any] = monitor.next_command()
                if LAST in seen["command"]:
                    return
                counted["inside" if seen["client_type"] == "lua" else "sent"] += 1

        counting = threading.Thread(target=count, daemon=True)
        counting.start()
        started = time.monotonic()
        act()
        seconds = time.monotonic() - started
        redis.echo(LAST)
        counting.join(10)
    return Commands(counted["sent"], counted["inside"], seconds)


def of_one(redis: Redis, act: Callable[[], object], times: int, idle_seconds: float) -> Commands:
    """What one of the `times` that `act` does needs; what comes anyway in the same time is taken off.

    That is counted for so long as `act` takes, and `idle_seconds` at least.
    """
    busy = during(redis, act)
    idle = during(redis, lambda: time.sleep(max(idle_seconds, busy.seconds)))
    share = busy.seconds / idle.seconds
    sent, inside = busy.sent - idle.sent * share, busy.inside - idle.inside * share
    return Commands(max(0.0, sent) / times, max(0.0, inside) / times)
