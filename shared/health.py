"""Health check of a worker's container: `python -m shared.health AGENT` ends with 0 while its consumer is alive."""

from __future__ import annotations

import socket
import sys
import time

import structlog
from redis.exceptions import RedisError

from shared.broker.client import connect
from shared.broker.failures import report
from shared.settings import Settings, load
from shared.tasks.records import Keys
from shared.worker.heartbeats import Heartbeat

log = structlog.get_logger(__name__)


def alive(agent: str) -> bool:
    """True where a worker on this host has a heartbeat that still counts."""
    try:
        workers = connect(load(Settings), 2).zrangebyscore(Keys(agent).workers, time.time(), "+inf")  # type: ignore[arg-type]  # an unknown agent has no workers
    except RedisError as error:
        report(log, "heartbeat_not_read", error)
        return False
    return any(Heartbeat.read(str(one)).worker.startswith(f"{socket.gethostname()}.") for one in workers)


if __name__ == "__main__":
    sys.exit(0 if alive(sys.argv[1]) else 1)
