"""Who may write a plan's journal, and for how long; and that a run outlasts Redis."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ResponseError

from services.executor.operations import packages
from services.executor.records import journal as journal_module
from services.executor.records.journal import MAX_IDLE_RUNS, Journal, RedisAway, persistently
from shared.broker.failures import LeaseLost
from shared.errors import Busy, Forbidden
from tests.fakes.broker import Broker
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, Executor, step
from tests.unit.executor.faults import expire_leases, passes, wired

PLAN = "pln_x"


def nothing() -> None:
    return None


def entries(redis: Redis) -> dict[str, str]:
    found: Any = redis.hgetall(f"journal:{PLAN}")
    return dict(found)


def test_who_lost_the_plan_writes_nothing_more(redis: Redis) -> None:
    first = Journal(redis, PLAN)
    with first.held(nothing):
        first.write(entries={"a": "1"})
        expire_leases(redis)
        with Journal(redis, PLAN).held(nothing):
            with pytest.raises(LeaseLost):
                first.write(entries={"a": "2", "b": "3"})
            with pytest.raises(LeaseLost):
                first.check()
            assert entries(redis) == {"a": "1"}


def test_who_takes_a_plan_over_finds_its_journal(redis: Redis) -> None:
    with Journal(redis, PLAN).held(nothing):
        pass
    first = Journal(redis, PLAN)
    with first.held(nothing):
        first.write(entries={"role/iam:CreateRole": "1", "gone": "2"})
        first.write(entries={"gone": ""})
    second = Journal(redis, PLAN)
    with second.held(nothing):
        assert second.entry("role/iam:CreateRole") == "1"
        assert second.entry("gone") is None
        assert second.has("role/")
        assert not second.has("role~undo/")


def test_a_holder_whose_answer_got_lost_asks_again_and_has_the_plan(redis: Redis) -> None:
    journal = Journal(redis, PLAN)
    asked: list[list[Any]] = []
    take = journal._take

    def lossy(*args: Any) -> Any:
        asked.append(take(*args))
        if len(asked) == 1:
            raise RedisConnectionError("the answer got lost")
        return asked[-1]

    journal._take = lossy  # type: ignore[assignment]  # a script that loses its answer
    with journal.held(nothing):
        journal.write(entries={"a": "1"})
    assert asked[0] == asked[1]


def test_a_plan_that_somebody_holds_is_waited_for_and_then_refused(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "WAIT_SECONDS", 0.5)
    with Journal(redis, PLAN).held(nothing), pytest.raises(Busy) as caught, Journal(redis, PLAN).held(nothing):
        pass
    assert caught.value.code == "plan_is_running"


def test_a_plan_is_taken_as_soon_as_its_holder_gives_it_back(redis: Redis) -> None:
    first, done = Journal(redis, PLAN), threading.Event()

    def hold() -> None:
        with first.held(nothing):
            done.set()
            time.sleep(0.3)

    thread = threading.Thread(target=hold)
    thread.start()
    done.wait()
    second = Journal(redis, PLAN)
    with second.held(nothing):
        second.write(entries={"a": "1"})
    thread.join()
    assert entries(redis) == {"a": "1"}


def test_a_plan_that_ends_while_it_is_waited_for_is_not_taken(redis: Redis) -> None:
    looks: list[str | None] = [None, None, "ended"]
    with Journal(redis, PLAN).held(nothing), Journal(redis, PLAN).held(lambda: looks.pop(0)) as found:
        assert found == "ended"


def test_a_plan_that_ended_between_the_look_and_the_taking_is_not_run_again(redis: Redis) -> None:
    """Its holder wrote the end and gave it back in between."""
    looks: list[str | None] = [None, "ended"]
    with Journal(redis, PLAN).held(lambda: looks.pop(0)) as found:
        assert found == "ended"
    assert redis.hget(f"run:{PLAN}", "holder") == ""


def test_a_lease_is_renewed_while_nothing_is_written(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "RENEW_SECONDS", 0.1)
    monkeypatch.setattr(journal_module, "MARGIN_SECONDS", 0.1)
    journal = Journal(redis, PLAN, lease_seconds=1.0)
    with journal.held(nothing):
        time.sleep(1.5)
        journal.check()


def test_a_process_stopped_for_longer_than_its_lease_knows_before_it_calls(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "MARGIN_SECONDS", 0.1)
    journal = Journal(redis, PLAN, lease_seconds=0.4)
    with journal.held(nothing):
        time.sleep(0.6)
        with pytest.raises(LeaseLost):
            journal.check()
        # Nobody took it meanwhile: what it knows may still be written, and the lease is its own again.
        journal.write(entries={"a": "1"})
        journal.check()


def test_what_redis_refuses_for_a_while_is_asked_again() -> None:
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
    with pytest.raises(ResponseError, match="WRONGTYPE"), Journal(redis, PLAN).held(nothing):
        pass
    assert time.monotonic() - began < 5


def test_a_word_waits_while_a_failover_lasts(redis: Redis) -> None:
    """For a moment the server is a replica, which takes no writes."""
    promoting = threading.Timer(0.5, lambda: redis.replicaof("NO", "ONE"))
    try:
        with Journal(redis, PLAN).held(nothing) as _:
            journal = Journal(redis, "pln_y")
            redis.replicaof("127.0.0.1", "1")
            promoting.start()
            with journal.held(nothing):
                journal.write(entries={"a": "1"})
    finally:
        promoting.join()
    assert redis.hgetall("journal:pln_y") == {"a": "1"}


def test_a_plan_that_ends_whoever_runs_it_is_given_up(executor: Executor, redis: Redis) -> None:
    plan = executor.prepare(step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST))
    approval = executor.approve(plan)
    executor.redis.set(f"plan:{plan.plan_id}", plan.model_copy(update={"status": "running"}).model_dump_json())
    for _ in range(MAX_IDLE_RUNS):
        Journal(redis, plan.plan_id)._wait_for_it(nothing)
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
