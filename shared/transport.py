"""Kombu's Redis transport with one guard: a lost connection must not stop the worker's reconnect.

`QoS.restore_unacked` runs while a consumer tears down. When Redis itself is gone it raises, and the
consumer never comes back. Giving up there is safe: the task record, not the message, is the truth.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis as kombu_redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError


class QoS(kombu_redis.QoS):
    """Gives up on restoring over a closed connection."""

    def restore_unacked(self, client: Any = None) -> None:
        try:
            super().restore_unacked(client)
        except (RedisConnectionError, RedisTimeoutError, OSError):
            if self._delivered:
                self._delivered.clear()


class Channel(kombu_redis.Channel):
    QoS = QoS


class Transport(kombu_redis.Transport):
    Channel = Channel
