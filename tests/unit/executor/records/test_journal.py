"""Who may write a plan's journal, and for how long; and that a run goes on after Redis was away."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ResponseError

from services.executor.clock import Clock
from services.executor.operations.lambda_ import packages
from services.executor.records import journal as journal_module
from services.executor.records.journal import (
    LEASE_SECONDS,
    MARGIN_SECONDS,
    MAX_IDLE_RUNS,
    Journal,
    RedisAway,
    persistently,
)
from shared.broker.failures import LeaseLost
from shared.errors import Busy, Forbidden
from tests.fakes.broker import Broker
from tests.fakes.clock import FakeClock
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, Executor, step
from tests.unit.executor.faults import expire_leases, passes, wired

PLAN = "pln_x"


def nothing() -> None:
    return None


def lease_until(redis: Redis) -> float:
    stored: Any = redis.hget(f"run:{PLAN}", "lease_until")
    return float(stored)


def has_lease(journal: Journal) -> bool:
    try:
        journal.check_lease()
    except LeaseLost:
        return False
    return True


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came about"
        time.sleep(0.005)


def entries(redis: Redis) -> dict[str, str]:
    found: Any = redis.hgetall(f"journal:{PLAN}")
    return dict(found)


def test_a_run_that_lost_its_lease_writes_nothing_more(redis: Redis) -> None:
    first = Journal(redis, PLAN)
    with first.lease(nothing):
        first.write(entries={"a": "1"})
        expire_leases(redis)
        with Journal(redis, PLAN).lease(nothing):
            with pytest.raises(LeaseLost):
                first.write(entries={"a": "2", "b": "3"})
            with pytest.raises(LeaseLost):
                first.check_lease()
            assert entries(redis) == {"a": "1"}


def test_a_run_that_takes_a_plan_over_reads_its_journal(redis: Redis) -> None:
    with Journal(redis, PLAN).lease(nothing):
        pass
    first = Journal(redis, PLAN)
    with first.lease(nothing):
        first.write(entries={"role/iam:CreateRole": "1", "gone": "2"})
        first.write(entries={"gone": ""})
    second = Journal(redis, PLAN)
    with second.lease(nothing):
        assert second.entry("role/iam:CreateRole") == "1"
        assert second.entry("gone") is None
        assert second.has_entries("role/")
        assert not second.has_entries("role~undo/")


def test_a_holder_whose_answer_was_lost_asks_again_and_gets_the_same_token(redis: Redis) -> None:
    journal = Journal(redis, PLAN)
    asked: list[list[Any]] = []
    take = journal._take

    def lossy(*args: Any) -> Any:
        asked.append(take(*args))
        if len(asked) == 1:
            raise RedisConnectionError("the answer was lost")
        return asked[-1]

    journal._take = lossy  # type: ignore[assignment]  # a script that loses its answer
    with journal.lease(nothing):
        journal.write(entries={"a": "1"})
    assert asked[0] == asked[1]


def test_a_plan_that_another_run_holds_is_waited_for_and_then_refused(redis: Redis) -> None:
    waiting = FakeClock()
    began = waiting.now
    second = Journal(redis, PLAN, clock=waiting.clock)
    with Journal(redis, PLAN).lease(nothing), pytest.raises(Busy) as caught, second.lease(nothing):
        pass
    assert caught.value.code == "plan_is_running"
    assert waiting.now - began > LEASE_SECONDS


def test_a_plan_is_taken_as_soon_as_its_holder_gives_it_back(redis: Redis) -> None:
    waits: list[float] = []
    with ExitStack() as first:
        first.enter_context(Journal(redis, PLAN).lease(nothing))

        def give_back(seconds: float) -> None:
            waits.append(seconds)
            first.close()

        second = Journal(redis, PLAN, clock=Clock(sleep=give_back))
        with second.lease(nothing):
            second.write(entries={"a": "1"})
    assert len(waits) == 1
    assert entries(redis) == {"a": "1"}


def test_a_plan_that_ends_while_it_is_waited_for_is_not_taken(redis: Redis) -> None:
    answers: list[str | None] = [None, None, "ended"]
    second = Journal(redis, PLAN, clock=FakeClock().clock)
    with Journal(redis, PLAN).lease(nothing), second.lease(lambda: answers.pop(0)) as found:
        assert found == "ended"


def test_a_plan_that_ended_right_before_its_lease_was_taken_is_not_run_again(redis: Redis) -> None:
    """Its holder wrote the end and released the lease in between."""
    answers: list[str | None] = [None, "ended"]
    with Journal(redis, PLAN).lease(lambda: answers.pop(0)) as found:
        assert found == "ended"
    assert redis.hget(f"run:{PLAN}", "holder") == ""


def test_a_lease_is_renewed_while_nothing_is_written(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "RENEW_SECONDS", 0.02)
    waiting = FakeClock()
    journal = Journal(redis, PLAN, clock=waiting.clock)
    with journal.lease(nothing):
        expire_leases(redis)
        waiting.advance(LEASE_SECONDS)
        eventually(lambda: lease_until(redis) > 0)
        eventually(lambda: has_lease(journal))


def test_a_process_that_was_stopped_for_longer_than_its_lease_notices_before_it_calls_aws(redis: Redis) -> None:
    stopped = FakeClock()
    journal = Journal(redis, PLAN, clock=stopped.clock)
    with journal.lease(nothing):
        stopped.advance(LEASE_SECONDS - MARGIN_SECONDS - 0.1)
        journal.check_lease()
        stopped.advance(0.2)
        expire_leases(redis)
        with pytest.raises(LeaseLost):
            journal.check_lease()
        # No other run took the plan meanwhile, so a write succeeds and renews the lease.
        journal.write(entries={"a": "1"})
        journal.check_lease()


def test_what_redis_refuses_for_a_while_is_tried_again() -> None:
    answers: list[Exception | str] = [OutOfMemoryError("command not allowed"), RedisConnectionError("gone"), "written"]

    def act() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert persistently(act) == "written"


def test_patience_with_redis_ends() -> None:
    def away() -> None:
        raise RedisConnectionError("gone")

    with pytest.raises(RedisAway):
        persistently(away, seconds=0.2)


def test_a_journal_of_a_wrong_type_fails_at_once(redis: Redis) -> None:
    redis.rpush(f"journal:{PLAN}", "x")
    began = time.monotonic()
    with pytest.raises(ResponseError, match="WRONGTYPE"), Journal(redis, PLAN).lease(nothing):
        pass
    assert time.monotonic() - began < 5


def test_a_word_waits_while_a_failover_lasts(redis: Redis) -> None:
    """For a moment the server is a replica, which takes no writes."""
    promoting = threading.Timer(0.5, lambda: redis.replicaof("NO", "ONE"))
    try:
        with Journal(redis, PLAN).lease(nothing) as _:
            journal = Journal(redis, "pln_y")
            redis.replicaof("127.0.0.1", "1")
            promoting.start()
            with journal.lease(nothing):
                journal.write(entries={"a": "1"})
    finally:
        promoting.join()
    assert redis.hgetall("journal:pln_y") == {"a": "1"}


def test_a_plan_that_kills_every_executor_that_runs_it_is_given_up(executor: Executor, redis: Redis) -> None:
    plan = executor.prepare(step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST))
    approval = executor.approve(plan)
    executor.redis.set(f"plan:{plan.plan_id}", plan.model_copy(update={"status": "running"}).model_dump_json())
    for _ in range(MAX_IDLE_RUNS):
        Journal(redis, plan.plan_id)._take_when_free(nothing)
        expire_leases(redis)
    ended = executor.run(plan, approval)
    assert ended.status == "failed"
    assert ended.steps[0].error is not None
    assert ended.steps[0].error.code == "poisoned"
    assert executor.client("iam").list_roles()["Roles"] == []


def test_refused_approvals_do_not_poison_a_plan(executor: Executor) -> None:
    plan = executor.prepare(step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST))
    for _ in range(MAX_IDLE_RUNS + 1):
        with pytest.raises(Forbidden):
            executor.run(plan, executor.approve(plan, key="a guess"))
    assert executor.run(plan).status == "done"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    made.start()
    yield made
    made.stop()


def test_a_run_goes_on_when_redis_was_killed_under_it(make_executor: Any, broker: Broker) -> None:
    quick = wired(make_executor())
    quick.redis = broker.client()
    plan = quick.prepare(step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST))
    back = threading.Timer(0.5, broker.start)

    def kill() -> None:
        broker.kill()
        back.start()

    quick.wire.faults["CreateRole"] = [passes(kill)]
    ended = quick.run(plan)
    back.join()
    assert ended.status == "done"
    assert quick.wire.effects == ["CreateRole"]


def test_a_run_goes_on_when_redis_was_full_for_a_while(make_executor: Any, broker: Broker) -> None:
    quick = wired(make_executor())
    quick.redis = broker.client()
    plan = quick.prepare(step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST))
    drained = threading.Timer(0.5, lambda: broker.client().config_set("maxmemory", 0))

    def fill() -> None:
        broker.client().config_set("maxmemory-policy", "noeviction")
        broker.client().config_set("maxmemory", 1)
        drained.start()

    quick.wire.faults["CreateRole"] = [passes(fill)]
    ended = quick.run(plan)
    drained.join()
    assert ended.status == "done"
    assert quick.wire.effects == ["CreateRole"]


@pytest.mark.parametrize("command", ["decision:", "file:", "cancel:"])
def test_redis_away_for_a_moment_neither_ends_a_run_nor_puts_it_in_doubt(
    executor: Executor, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    quick = wired(executor)
    package = quick.upload(packages.minimal_package("python3.13", "app.main"))
    quick.client("iam").create_role(RoleName="old", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))
    role_arn = "arn:aws:iam::123456789012:role/old"
    arguments = {**FUNCTION.arguments, "zip_file_path": package, "role_arn": role_arn}
    plan = quick.prepare(FUNCTION.model_copy(update={"arguments": arguments}))
    approval = quick.approve(plan)
    asked: list[str] = []
    real = Redis.execute_command

    def every_other_time(self: Redis, *args: Any, **options: Any) -> Any:
        if len(args) > 1 and str(args[1]).startswith(command):
            asked.append(args[1])
            if len(asked) % 2:
                raise RedisConnectionError("away")
        return real(self, *args, **options)  # type: ignore[no-untyped-call]  # redis-py's

    monkeypatch.setattr(Redis, "execute_command", every_other_time)
    assert quick.run(plan, approval).status == "done"
    assert len(asked) > 1
