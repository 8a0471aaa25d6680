"""A worker's own client of Redis."""

from __future__ import annotations

from redis import Redis

from shared.broker.failures import client_retry
from shared.broker.tls import client_options
from shared.settings import Settings


def connect(settings: Settings, max_connections: int) -> Redis:
    """A sync Redis client with time-outs on everything."""
    url = settings.redis_url.get_secret_value()
    return Redis.from_url(
        url,
        decode_responses=True,
        # A record that is no UTF-8 is one that cannot be read, and must not end what reads the others.
        encoding_errors="replace",
        max_connections=max_connections,
        socket_timeout=10,
        socket_connect_timeout=5,
        health_check_interval=15,
        retry=client_retry(),
        **client_options(url, settings.redis_ca_file),
    )
