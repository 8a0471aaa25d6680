"""redis-py's async client by a shorter way, for as long as nothing is out of the ordinary.

    redis = LeanRedis.from_pool(LeanPool.from_url(url, …))

For each command redis-py connects what is connected, locks a pool that has a connection free, starts a task for what
the socket takes at once, packs in Python, and measures what nobody asks for: half of its CPU. Where something is to be
done (no connection is free, one was lost or is due for its health check, Redis fails over), redis-py does it, from the
beginning: what fails, and how often it is tried again, is as in `failures.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import hiredis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError

if TYPE_CHECKING:
    _Mixed = AbstractConnection
else:
    _Mixed = object


class _Sends(_Mixed):
    """How a connection packs and sends; mixed into redis-py's."""

    def pack_command(self, *args: Any) -> list[bytes]:
        """As redis-py's, in C."""
        if isinstance(args[0], str) and " " not in args[0]:
            try:
                return [hiredis.pack_command(args)]
            except (TypeError, UnicodeError):
                pass  # what redis-py refuses, or has a way of its own to write
        return super().pack_command(*args)

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        """As redis-py's, but it waits only where the socket does not take all of it at once."""
        writer = self._writer
        due = check_health and self.health_check_interval and _now() > self.next_health_check
        if writer is None or due or isinstance(command, (bytes, str)):
            await super().send_packed_command(command, check_health)
            return
        if writer.transport.is_closing():
            # uvloop would raise RuntimeError, which nobody takes for a lost connection.
            await self.disconnect(nowait=True)
            raise RedisConnectionError("the connection was closed")
        writer.writelines(command)
        if writer.transport.get_write_buffer_size():
            await super().send_packed_command([], check_health=False)  # for its time-out


class _LeanConnection(_Sends, Connection):
    pass


class _LeanSSLConnection(_Sends, SSLConnection):
    pass


_LEAN: dict[Any, type[AbstractConnection]] = {Connection: _LeanConnection, SSLConnection: _LeanSSLConnection}


class LeanPool(BlockingConnectionPool):
    """Gives a connection that is free and in order without more ado, while nobody waits for one."""

    def __init__(self, *, connection_class: type[AbstractConnection] = Connection, **options: Any) -> None:
        super().__init__(connection_class=_LEAN.get(connection_class, connection_class), **options)
        self._queued = 0

    async def get_connection(self, command_name: Any = None, *keys: Any, **options: Any) -> AbstractConnection:
        """As redis-py's. Raises ConnectionError where none is free in time, and what connecting raises."""
        if self._queued or self._in_maintenance or not self.can_get_connection():
            self._queued += 1
            try:
                found: AbstractConnection = await super().get_connection()  # type: ignore[no-untyped-call]  # redis-py
            finally:
                self._queued -= 1
            return found
        connection: AbstractConnection = self.get_available_connection()  # type: ignore[no-untyped-call]  # redis-py
        try:
            # What can be read before anything was asked is the end of the connection, or not ours.
            if not connection.is_connected or await connection.can_read():
                await self.ensure_connection(connection)
        except BaseException:
            await self.release(connection)
            raise
        return connection

    async def release(self, connection: AbstractConnection) -> None:
        """As redis-py's."""
        if self._queued or self._in_maintenance or connection.should_reconnect():  # type: ignore[no-untyped-call]  # redis-py
            await super().release(connection)
            return
        self._in_use_connections.remove(connection)
        self._available_connections.append(connection)


class LeanRedis(Redis):
    """Sends a command once by itself, and leaves it to redis-py where that failed and may be tried again."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """As redis-py's."""
        if self.single_connection_client:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py
        pool: Any = self.connection_pool
        connection = await pool.get_connection()
        try:
            await connection.send_packed_command(connection.pack_command(*args))
            return await self.parse_response(connection, args[0], **options)
        except (RedisConnectionError, ReadOnlyError):
            pass  # as in `failures.async_client_retry`
        finally:
            await pool.release(connection)
        return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py


def _now() -> float:
    return asyncio.get_running_loop().time()
