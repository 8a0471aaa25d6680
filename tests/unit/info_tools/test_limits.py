"""Reads are as fast as AWS takes them: no limit until it refuses a call, then turns, and slowly faster again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import httpx
import pytest
from redis import Redis

from services.info_tools.limits import (
    AHEAD_SECONDS,
    COUNTED_SECONDS,
    FIRST_RATE,
    FORGET_SECONDS,
    KEPT,
    MIN_RATE,
    Limiter,
    Limits,
    Place,
)
from services.info_tools.shared_limits import FRESH_SECONDS, KEY, SharedLimits
from shared.aws.clients import Aws, ClientCache
from shared.errors import DeadlineExceeded
from shared.messages import SessionInfo
from shared.sessions.credentials import AgentSession, Credentials
from tests.fakes.broker import valkey

PLACE = Place("ec2", "111122223333", "eu-west-1")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_there_is_no_limit_until_a_call_is_refused(clock: Clock) -> None:
    limiter = Limiter(clock)
    assert [limiter.turn() for _ in range(1000)] == [0.0] * 1000
    assert limiter.rate is None


def test_a_refusal_leaves_a_part_of_the_rate_that_passed_and_calls_take_turns(clock: Clock) -> None:
    limiter = Limiter(clock)
    for _ in range(20):
        limiter.passed()
        clock.now += 0.05
    assert limiter.refused() == pytest.approx(20 * KEPT, rel=0.1)
    turns = [limiter.turn() for _ in range(5)]
    steps = [later - earlier for earlier, later in pairwise(turns)]  # type: ignore[operator]  # none is None
    assert steps == [pytest.approx(1 / (20 * KEPT), rel=0.1)] * 4


def test_of_many_calls_only_those_of_the_last_two_seconds_count_and_are_kept(clock: Clock) -> None:
    limiter = Limiter(clock)
    for step in [0.1] * 50 + [0.001] * 3000:
        limiter.passed()
        clock.now += step
    assert len(limiter._passed) <= COUNTED_SECONDS / 0.001 + 1
    assert limiter.refused() == pytest.approx(1000 * KEPT, rel=0.01)


def test_refusals_of_calls_that_were_under_way_together_count_once(clock: Clock) -> None:
    limiter = Limiter(clock)
    for _ in range(40):
        limiter.passed()
    first = limiter.refused()
    assert first is not None
    assert [limiter.refused() for _ in range(30)] == [None] * 30
    clock.now += 2
    assert limiter.refused() is not None
    assert limiter.rate is not None
    assert MIN_RATE <= limiter.rate < first


def test_it_grows_faster_again_and_is_forgotten_in_the_end(clock: Clock) -> None:
    limiter = Limiter(clock)
    slow = limiter.refused()
    assert slow == FIRST_RATE
    rates = []
    for _ in range(5):
        clock.now += 5
        limiter.turn()
        assert limiter.rate is not None
        rates.append(limiter.rate)
    assert rates == sorted(rates)
    assert rates[-1] > 5 * slow
    clock.now += FORGET_SECONDS
    assert limiter.turn() == 0.0
    assert limiter.rate is None


def test_a_turn_far_ahead_is_not_given_away_as_it_may_come_earlier(clock: Clock) -> None:
    limiter = Limiter(clock)
    limiter.slow_to(1.0)
    assert limiter.turn() is None
    clock.now += 1 - AHEAD_SECONDS / 2
    assert limiter.turn() == pytest.approx(AHEAD_SECONDS / 2)
    assert limiter.turn() is None


def test_it_is_never_slower_than_a_call_in_two_seconds(clock: Clock) -> None:
    limiter = Limiter(clock)
    limiter.slow_to(1e-9)
    for _ in range(5):
        limiter.refused()
    assert limiter.rate == MIN_RATE


@pytest.fixture
def redis() -> Iterator[Redis]:
    with valkey() as server:
        yield Redis(host=server.host, port=server.port, decode_responses=True)


def test_workers_hear_of_each_others_refusals_once_and_not_of_their_own(redis: Redis, clock: Clock) -> None:
    one, other = SharedLimits(redis, "one", clock), SharedLimits(redis, "other", clock)
    assert (one.hear(), other.hear()) == ({}, {})
    one.tell(PLACE, 7.0)
    clock.now += 1
    assert (one.hear(), other.hear()) == ({}, {PLACE: 7.0})
    clock.now += 1
    assert other.hear() == {}
    assert 0 < redis.pttl(KEY) <= FORGET_SECONDS * 1000  # type: ignore[operator]  # redis-py types sync replies as maybe awaitable


def test_a_short_while_of_calls_asks_redis_nothing(clock: Clock) -> None:
    nowhere = Redis(host="127.0.0.1", port=1, decode_responses=True, retry=None)
    shared = SharedLimits(nowhere, "one", clock)
    for _ in range(20):
        assert shared.hear() == {}
        clock.now += 0.04
        shared.hear()
    clock.now += 5
    assert shared.hear() == {}
    shared.tell(PLACE, 1.0)  # Redis is not there, and reading goes on


@pytest.mark.parametrize("value", ["", "[]", '["x", 1, "one"]', '{"rate": 1}', '[1, 1e400, "one"]', '[3, 0, "one"]'])
def test_what_is_no_rate_or_an_old_one_is_passed_over(redis: Redis, clock: Clock, value: str) -> None:
    shared = SharedLimits(redis, "other", clock)
    shared.hear()
    redis.hset(KEY, mapping={"|".join(PLACE): value, "no place": f'[1.0, {time.time()}, "one"]'})
    clock.now += 1
    assert shared.hear() == {}
    assert FRESH_SECONDS < FORGET_SECONDS


# A real AWS in a process of its own that lets through so many calls a second.
RATE, BUCKETS = 20, 40


@pytest.fixture
def throttling_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.aws_double", "--rate", str(RATE), "--seconds", "0.01"]
    double = subprocess.Popen([*command, "--buckets", "200"], stdout=subprocess.PIPE, text=True)
    assert double.stdout is not None
    url = double.stdout.readline().strip()
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    yield url
    double.kill()
    double.wait()
    double.stdout.close()


def reader(limits: Limits, seconds: float = 120) -> Aws:
    info = SessionInfo(
        session_id="s",
        account="111122223333",
        caller_arn="arn:aws:iam::111122223333:user/ann",
        region="eu-west-1",
        regions=("eu-west-1",),
        expires_at=time.time() + 600,
    )
    held = Credentials(access_key_id="ASIAEXAMPLE", secret_access_key="secret")
    cache = ClientCache(prepare=limits.watch)
    return Aws(AgentSession(info=info, credentials=held), time.time() + seconds, cache=cache)


def read(aws: Aws, count: int) -> list[Any]:
    """So many calls in 48 threads; raises the first failure."""
    client = aws.client("s3")
    with ThreadPoolExecutor(48) as pool:
        return list(pool.map(lambda n: client.list_objects_v2(Bucket=f"bench-bucket-{n:05d}"), range(count)))


def counts(url: str) -> dict[str, int]:
    found: dict[str, int] = httpx.get(f"{url}/counts").json()
    return found


def test_many_threads_are_refused_little_and_all_answered(throttling_aws: str) -> None:
    assert len(read(reader(Limits()), BUCKETS)) == BUCKETS
    seen = counts(throttling_aws)
    assert seen["ListObjectsV2"] == BUCKETS
    assert seen.get("ListObjectsV2 refused", 0) <= BUCKETS


def test_two_workers_share_what_one_was_refused(throttling_aws: str, redis: Redis) -> None:
    both = [SharedLimits(redis, name) for name in ("one", "other")]
    limits = [Limits(tell=shared.tell, hear=shared.hear) for shared in both]
    done: list[int] = []
    workers = [threading.Thread(target=lambda one=one: done.append(len(read(reader(one), BUCKETS)))) for one in limits]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert done == [BUCKETS, BUCKETS]
    seen = counts(throttling_aws)
    assert seen["ListObjectsV2"] == 2 * BUCKETS
    assert seen.get("ListObjectsV2 refused", 0) <= 2 * BUCKETS


def test_what_another_worker_told_slows_this_one_before_aws_does(throttling_aws: str) -> None:
    told = {Place("s3", "111122223333", "eu-west-1"): 9.0}
    limits = Limits(hear=lambda: told)
    reader(limits).client("s3").list_objects_v2(Bucket="bench-bucket-00000")
    assert limits.limiter(Place("s3", "111122223333", "eu-west-1")).rate is not None
    assert limits.limiter(PLACE).rate is None


def test_a_call_whose_turn_comes_after_its_deadline_says_so(throttling_aws: str, clock: Clock) -> None:
    limits = Limits(clock)
    limits.limiter(Place("s3", "111122223333", "eu-west-1")).slow_to(MIN_RATE)
    client = reader(limits, seconds=AHEAD_SECONDS).client("s3")
    with pytest.raises(DeadlineExceeded, match="only so often"):
        client.list_objects_v2(Bucket="bench-bucket-00000")
    assert "ListObjectsV2" not in counts(throttling_aws)
