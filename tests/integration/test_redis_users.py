"""What each service's Redis user may do: all that the service does, and nothing by which it could stop the others.

The attackers hold a worker's user and speak to Redis directly; the server has the deployment's own ACL file.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from redis import Redis
from redis.exceptions import NoPermissionError, RedisError
from structlog.testing import capture_logs

from services.orchestrator.gateway import connect
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.workers.dispatch import Dispatcher
from shared.broker.acl import RULES
from shared.broker.functions import redis_function
from shared.messages import AGENTS, Agent
from shared.results.records import StoredResult, in_text, pack, store
from shared.tasks.answers import signed_answer
from shared.tasks.parts import Parts
from shared.tasks.records import Keys, TaskFunctions
from tests.fakes import audit_keys
from tests.fakes.broker import BrokerWithUsers
from tests.fakes.workers import a_result, ask
from tests.integration.conftest import PRIVATE_KEY, SESSION, SIGNING_KEY, open_test_session
from tests.unit.orchestrator.conftest import make_settings

SERVICES = tuple(RULES)
LIB = "#!lua name=mine\nredis.register_function('mine', function() while true do end end)"
# Each would stop the server or the others, show or remove their data, or let the user out of its rights.
DANGEROUS = [
    "EVAL|while true do end|0",
    "EVAL_RO|return 1|0",
    "EVALSHA|e0e1f9fabfc9d4800c877a703b823ac0578ff8db|0",
    "SCRIPT|LOAD|return 1",
    "SCRIPT|FLUSH",
    "SCRIPT|KILL",
    f"FUNCTION|LOAD|REPLACE|{LIB}",
    "FUNCTION|FLUSH",
    "FUNCTION|KILL",
    "FUNCTION|DELETE|mine",
    "FUNCTION|LIST",
    "FUNCTION|DUMP",
    "FUNCTION|RESTORE|x",
    "FCALL_RO|mine|0",
    *("FLUSHALL", "FLUSHDB", "SWAPDB|0|1", "KEYS|*", "SCAN|0", "RANDOMKEY", "DBSIZE", "SHUTDOWN|NOSAVE", "SAVE"),
    *("BGSAVE", "BGREWRITEAOF", "CONFIG|GET|*", "CONFIG|SET|maxmemory|1", "ACL|LIST", "ACL|SETUSER|info|allcommands"),
    *("MODULE|LIST", "REPLICAOF|NO|ONE", "FAILOVER", "CLUSTER|NODES", "LATENCY|RESET", "SLOWLOG|GET", "MEMORY|PURGE"),
    *("MONITOR", "SYNC", "PSYNC|?|-1", "CLIENT|LIST", "CLIENT|KILL|TYPE|normal", "CLIENT|PAUSE|9999", "WATCH|x"),
    *("CLIENT|NO-EVICT|on", "CLIENT|TRACKING|on|BCAST", "CLIENT|UNBLOCK|1", "CLIENT|REPLY|off", "WAIT|1|0"),
    *("WAITAOF|1|0|0", "OBJECT|HELP", "SUBSCRIBE|x", "PSUBSCRIBE|*", "SSUBSCRIBE|x", "PUBLISH|x|y", "SPUBLISH|x|y"),
]
# On a key of a worker's own, `{own}`: long work, other kinds of key, or a way to another's key.
ON_ITS_OWN_KEYS = [
    *("SORT|{own}|STORE|{own}2", "LREM|{own}|0|x", "LPOS|{own}|x", "LRANGE|{own}|0|-1", "BITCOUNT|{own}"),
    *("COPY|{own}|{own}2", "RENAME|{own}|{own}2", "MOVE|{own}|1", "DUMP|{own}", "RESTORE|{own}|0|x", "APPEND|{own}|x"),
    *("MIGRATE|h|1|{own}|0|1", "SUNIONSTORE|{own}|{own}", "ZUNIONSTORE|{own}|1|{own}", "PFMERGE|{own}|{own}"),
    *("GETRANGE|{own}|0|1", "OBJECT|ENCODING|{own}", "MEMORY|USAGE|{own}", "HSCAN|{own}|0", "SETRANGE|{own}|9|x"),
    *("XGROUP|CREATE|{own}|g|0", "BITFIELD|{own}|SET|u8|#999|1"),
]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerWithUsers]:
    broker = BrokerWithUsers(tmp_path)
    broker.start()
    open_test_session(broker)
    yield broker
    broker.stop()


@pytest.fixture
async def dispatcher(broker: BrokerWithUsers) -> AsyncIterator[Dispatcher]:
    """The gateway's, on its own user and with its own client."""
    redis = connect(gateway_settings(broker))
    dispatcher = Dispatcher(redis, {"info": SIGNING_KEY.encode(), "advisor": b"k"})
    await dispatcher.start()
    yield dispatcher
    await dispatcher.stop()
    await redis.aclose()


@pytest.fixture
def worker(broker: BrokerWithUsers, tmp_path: Path) -> Iterator[None]:
    """A real worker of the info agent, on its own user."""
    environment = os.environ | {
        "REDIS_URL": broker.url_of("info"),
        "COUNTERS_URL": broker.url,
        "SIGNING_KEY": SIGNING_KEY,
        "PRIVATE_KEY": PRIVATE_KEY,
        "AUDIT_SIGNING_KEY": audit_keys.SIGNING_KEYS["info"],
    }
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.echo_worker"], env=environment, stdout=log, stderr=log
        )
    deadline = time.monotonic() + 30
    while not broker.client().exists(Keys("info").workers):
        assert time.monotonic() < deadline, (tmp_path / "worker.log").read_text()
        time.sleep(0.05)
    yield
    process.kill()
    process.wait()


def gateway_settings(broker: BrokerWithUsers) -> GatewaySettings:
    keys: dict[Agent, str] = dict.fromkeys(AGENTS, PRIVATE_KEY)
    return make_settings(keys, redis_url=SecretStr(broker.url_of("gateway")))


def refusals(broker: BrokerWithUsers) -> list[tuple[str, str, str]]:
    """User, command or key, and context of everything that Redis refused."""
    return [(one["username"], one["object"], one["context"]) for one in broker.client().acl_log()]


async def echo(dispatcher: Dispatcher, text: str) -> float:
    """Have the info agent answer; how long it took, in seconds."""
    began = time.monotonic()
    result = await ask(dispatcher, "info", "echo", {"text": text}, session_id=SESSION, seconds=20)
    assert result.status == "ok", result.error
    return time.monotonic() - began


async def test_calls_large_results_and_dead_letters_need_no_right_that_is_not_there(
    broker: BrokerWithUsers, worker: None, dispatcher: Dispatcher
) -> None:
    assert await dispatcher.ready() == {"redis": True, "info": True, "advisor": False, "executor": False}
    await echo(dispatcher, "x")
    large = await ask(dispatcher, "info", "large", {"size": 200_000}, session_id=SESSION)
    assert large.result_ref
    assert len(large.result) == 2000  # type: ignore[arg-type]  # a list
    broker.client().lpush(Keys("info").queue, "no message at all")
    deadline = time.monotonic() + 10
    while not broker.client().exists(Keys("info").dead):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    await asyncio.sleep(2.5)  # a heartbeat, a renewed lease and two sweeps

    assert refusals(broker) == []


@pytest.mark.parametrize("user", SERVICES)
def test_no_services_user_can_stop_redis_or_reach_beyond_its_keys(broker: BrokerWithUsers, user: str) -> None:
    redis = broker.as_user(user)
    for command in DANGEROUS:
        with pytest.raises(NoPermissionError):
            redis.execute_command(*command.split("|"))
    assert broker.client().ping()
    redis_function(broker.client(), "workers_present")([], [])


@pytest.mark.parametrize("agent", AGENTS)
def test_a_worker_has_no_slow_command_and_no_way_to_another_kind_of_key(broker: BrokerWithUsers, agent: Agent) -> None:
    redis = broker.as_user(agent)
    for own in (f"task:{agent}:x", f"open:{agent}", f"q:{agent}:tasks", f"result:{agent}:x", f"reply:{agent}:x"):
        for command in ON_ITS_OWN_KEYS:
            with pytest.raises(NoPermissionError):
                redis.execute_command(*command.format(own=own).split("|"))
    arguments = {"XREAD": "STREAMS {} 0", "DEL": "{}", "XADD": "{} * a b", "HSET": "{} a b", "XTRIM": "{} MAXLEN 0"}
    for key, commands in {
        f"workers:{agent}": ("RPUSH", "SET", "HSET", "XADD", "DEL"),
        f"open:{agent}": ("RPUSH", "SET", "HSET", "DEL"),
        f"reply:{agent}:x": ("RPUSH", "SET", "HSET", "DEL", "XREAD", "XTRIM"),
        f"dead:{agent}": ("SET", "HSET", "ZADD", "DEL"),
    }.items():
        for command in commands:
            with pytest.raises(NoPermissionError):
                redis.execute_command(command, *arguments.get(command, "{} 1 a").format(key).split())


def test_what_is_granted_is_neither_dangerous_nor_administration(broker: BrokerWithUsers) -> None:
    """By the server's own lists, so that a command of a newer version is seen too."""
    redis = broker.client()
    forbidden = {
        str(name) for category in ("dangerous", "admin", "pubsub") for name in redis.command_list(category=category)
    }
    assert len(forbidden) > 50
    for user in SERVICES:
        granted = commands_of(redis, user)
        assert "fcall" in granted
        assert granted & forbidden == ({"info"} if user == "gateway" else set())
        assert not granted & {"eval", "evalsha", "function", "script", "keys", "scan", "sort", "subscribe", "flushall"}


def commands_of(redis: Redis, user: str) -> set[str]:
    """Every command that a user is given, in its selectors too, as the server lists its rules."""
    rules = next(str(line) for line in redis.acl_list() if str(line).startswith(f"user {user} "))
    words = rules.replace("(", " ").replace(")", " ").split()
    assert not [word for word in words if word.startswith("+@")]
    return {word[1:] for word in words if word.startswith("+")}


@contextmanager
def attacked(broker: BrokerWithUsers, act: Callable[[Redis], object]) -> Iterator[None]:
    """A thread acts as the advisor's user for as long as the block runs."""
    over = threading.Event()

    def run() -> None:
        redis = broker.as_user("advisor")
        while not over.is_set():
            with suppress(RedisError):
                act(redis)

    attacker = threading.Thread(target=run, daemon=True)
    attacker.start()
    yield
    over.set()
    attacker.join()


def add_many(redis: Redis, stream: str) -> None:
    pipe = redis.pipeline(transaction=False)
    for number in range(500):
        pipe.xadd(stream, {"call_id": f"call.{number}"})
    pipe.execute()


# Pauses, so that what is measured is the product and not two cores' share of a busy thread.
FLOODS: dict[str, Callable[[Redis, str], object]] = {
    "many replies": lambda redis, stream: (add_many(redis, stream), time.sleep(0.2)),
    "large ones": lambda redis, stream: (redis.xadd(stream, {"call_id": "x" * 4_000_000}), time.sleep(0.5)),
    "what is no text, at the end of all numbers": lambda redis, stream: (
        redis.xadd(stream, {b"\xff": b"\xfe"}, id="18446744073709551615-18446744073709551615"),
        time.sleep(0.01),
    ),
}


NOTICED = {"many replies", "large ones"}


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_worker_that_floods_its_replies_delays_nobody_elses(
    broker: BrokerWithUsers, worker: None, dispatcher: Dispatcher, flood: str
) -> None:
    stream = dispatcher.replies.stream("advisor")
    await echo(dispatcher, "before")
    with capture_logs() as logs, attacked(broker, lambda redis: FLOODS[flood](redis, stream)):
        took = [await echo(dispatcher, f"meanwhile {n}") for n in range(20)]
        until = time.monotonic() + (15 if flood in NOTICED else 0)
        while time.monotonic() < until and not flooded(logs):
            took.append(await echo(dispatcher, f"later {len(took)}"))

    # A lost reply would have cost three seconds.
    assert max(took) < 2.5, took
    assert (broker.client().memory_usage(stream, samples=0) or 0) < 20_000_000
    assert flooded(logs) == (["advisor"] if flood in NOTICED else [])


def flooded(logs: list[Any]) -> list[str]:
    """The agents that the gateway told the operator of."""
    return [one["agent"] for one in logs if one["event"] == "replies_flooded"]


async def test_an_answer_of_any_size_in_a_record_is_refused_and_stops_no_other_call(
    broker: BrokerWithUsers, worker: None, dispatcher: Dispatcher
) -> None:
    call = asyncio.create_task(
        ask(dispatcher, "advisor", "x", {}, session_id=SESSION, seconds=20, call_id="call.forged")
    )
    hostile = broker.as_user("advisor")
    while not hostile.hget("task:advisor:call.forged", "state"):
        await asyncio.sleep(0.01)
    for forged in (b"\xff\xfe", b"x" * 300_000):
        hostile.hset("task:advisor:call.forged", "result", forged)  # type: ignore[arg-type]  # bytes, on purpose
        hostile.xadd(dispatcher.replies.stream("advisor"), {"call_id": "call.forged"})
        with pytest.raises(Exception, match=r"signature|larger than one may be"):
            await call
        call = asyncio.create_task(
            ask(dispatcher, "advisor", "x", {}, session_id=SESSION, seconds=20, call_id="call.forged")
        )
        hostile.hset("task:advisor:call.forged", "result", b"x" * 300_000)  # type: ignore[arg-type]
    call.cancel()
    await echo(dispatcher, "still")


async def test_a_call_is_split_with_no_more_rights_than_the_services_have(
    broker: BrokerWithUsers, dispatcher: Dispatcher
) -> None:
    info = broker.as_user("info")
    functions, now = TaskFunctions.on(info), time.time()
    assert functions.beat([Keys("info").workers], ["host.1", now, now + 10]) == 1
    asking = asyncio.create_task(ask(dispatcher, "info", "t", {}, session_id=SESSION, seconds=60, call_id="call.wide"))

    def claim(call_id: str) -> Any:
        arguments: list[str | int | float] = [call_id, "me", 10_000, 5, SESSION]
        return functions.claim([Keys("info").task(call_id), Keys("info").open], arguments)[0]

    async with asyncio.timeout(30):
        while claim("call.wide") != "claimed":
            await asyncio.sleep(0.01)
        call = dispatcher._waiting["call.wide"].call
        parts = Parts(info, call, 1, SIGNING_KEY.encode(), workers=2)
        (first, second) = parts.ask([{"items": [1]}, {"items": [2]}])
        while claim(first.call_id) != "claimed":
            await asyncio.sleep(0.01)
        assert parts.states([first, second]) == ["taken", "back"]
        stored = StoredResult(session_id=SESSION, packed=in_text(pack([b"[]"])))
        reference = store(info, "info", first.call_id, stored, 60)
        for answered in (first, call):
            result = a_result("t", None, call_id=answered.call_id).model_copy(update={"result_ref": reference})
            arguments = [answered.call_id, 1, signed_answer(result, SIGNING_KEY.encode()), 60_000, 2048]
            functions.finish([Keys("info").task(answered.call_id), Keys("info").open], arguments)
        assert parts.result(first) == b"[]"
        assert (await asking).parts == 2


def test_a_hostile_callers_function_does_no_more_than_its_rights_and_never_long(broker: BrokerWithUsers) -> None:
    hostile = broker.as_user("info")
    for name, keys in {
        "plans_decide": ["decision:pln_x", "runs"],
        "records_take": ["run:pln_x"],
        "turns_lease": ["turn:trn_x"],
        "tasks_cancel": ["task:advisor:call.x"],
        "audit_append": ["audit:head:ses_x", "audit:log:ses_x"],
        "workers_take": ["reply:info:x"],
    }.items():
        with pytest.raises(NoPermissionError):
            redis_function(hostile, name)(keys, ["a", "1", "2", "3", "4", "5", "6", "7"])
    # The only one that walks over a set of the caller's: a hundred at a time, however many there are.
    pipe = hostile.pipeline(transaction=False)
    for start in range(0, 100_000, 10_000):
        pipe.zadd("open:info", {f"c{n}": 0 for n in range(start, start + 10_000)})
    pipe.execute()
    began = time.monotonic()
    redis_function(hostile, "tasks_sweep")(["open:info", "q:info:tasks"], [1, 1, 1])
    assert time.monotonic() - began < 0.5
    assert hostile.zcard("open:info") == 100_000 - 100
