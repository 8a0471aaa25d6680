"""Kombu's Redis transport, reduced to what task messages need: BRPOP, and no writes.

The task record brings back what is lost, so kombu's own bookkeeping (unacknowledged messages, bindings) would only be
more that can fail or fill Redis: a worker whose every write is refused still consumes, and reconnects.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from shared.broker.failures import LISTEN_AGAIN_SECONDS, is_transient

# Turns what lay on the queue into a message for Celery; None where it is none, and was dealt with.
Receive = Callable[[bytes], str | None]


class Client(kombu_redis.PrefixedStrictRedis):
    """Has everything that is taken off the queue looked at first: kombu and Celery trust what they read."""

    def __init__(self, *args: Any, receive: Receive, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._receive = receive

    def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
        try:
            answer = super().parse_response(connection, command_name, **options)
        except ResponseError as error:
            if not is_transient(error):
                raise
            # A failover ends BRPOP, and a replica refuses it. Celery would end the worker; of this it connects anew.
            time.sleep(LISTEN_AGAIN_SECONDS)
            raise RedisConnectionError(str(error)) from error
        if command_name != "BRPOP" or not answer:
            return answer
        queue, item = answer
        message = self._receive(item)
        return (queue, message) if message else None


class QoS(virtual.QoS):
    """Counts what is being worked on, in memory."""

    restore_at_shutdown = False

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Forget a delivery; the task record brings it back."""
        super().reject(delivery_tag, requeue=False)


class Channel(kombu_redis.Channel):
    receive: Receive
    QoS = QoS  # type: ignore[assignment]  # the base of kombu's own, without what it writes
    from_transport_options = (*kombu_redis.Channel.from_transport_options, "receive")

    def _get_client(self) -> Any:
        return partial(Client, global_keyprefix=self.global_keyprefix, receive=self.receive)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        """Nothing: publishers push onto the queue by its name."""


class Transport(kombu_redis.Transport):
    Channel = Channel
