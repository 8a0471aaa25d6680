"""A worker's own client of Redis, and what it does while Redis is away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from shared.broker.tls import client_options
from shared.settings import Settings

log = structlog.get_logger(__name__)

# Redis is away, restarting, full or failing over: it passes, and what was asked may be asked again.
REDIS_TROUBLE = (RedisConnectionError, RedisTimeoutError, OutOfMemoryError, ReadOnlyError)
RETRY_SECONDS = 0.25
T = TypeVar("T")


def connect(settings: Settings, max_connections: int) -> Redis:
    """A sync Redis client with time-outs on everything."""
    url = settings.redis_url.get_secret_value()
    return Redis.from_url(
        url,
        decode_responses=True,
        max_connections=max_connections,
        socket_timeout=10,
        socket_connect_timeout=5,
        health_check_interval=15,
        retry=Retry(ExponentialWithJitterBackoff(cap=1, base=0.05), 3),
        **client_options(url, settings.redis_ca_file),
    )


def persist(until: float, act: Callable[[], T]) -> T:
    """What `act` returns, asked again while Redis is in trouble, until a time (Unix seconds)."""
    while True:
        try:
            return act()
        except REDIS_TROUBLE as error:
            if time.time() >= until:
                raise
            log.warning("redis_asked_again", error=type(error).__name__)
            time.sleep(RETRY_SECONDS)
