"""What runs inside Redis: the functions of `library.lua`, called by name.

    claim = redis_function(redis, "tasks_claim")
    status, fence = claim([task, open], [call_id, …])

Functions, because a service may then be forbidden to run a script of its own. They are loaded by the deployment's own
user (`shared/broker/library.py`) and bear their version in their names: two releases can run side by side. Every
command in a function is checked against the rights of whoever calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any, Protocol

LIBRARY = resources.files("shared.broker").joinpath("library.lua").read_text(encoding="utf-8")
# Its first line is `#!lua name=assistant_VERSION`.
LIBRARY_NAME = LIBRARY.partition("\n")[0].partition("name=")[2]
VERSION = LIBRARY_NAME.removeprefix("assistant_")


class FunctionHost(Protocol):
    """A client of redis-py, sync or async."""

    def fcall(self, function: str, numkeys: int, *keys_and_args: Any) -> Any: ...


class RedisFunction(Protocol):
    """Returns what the function does: on an async client, an awaitable of it."""

    def __call__(self, keys: Sequence[str], args: Sequence[str | int | float]) -> Any: ...


def redis_function(redis: FunctionHost, name: str) -> RedisFunction:
    """This version's function of that name (`PACKAGE_SCRIPT`) on one client."""
    versioned = f"{name}_{VERSION}"

    def call(keys: Sequence[str], args: Sequence[str | int | float]) -> Any:
        return redis.fcall(versioned, len(keys), *keys, *args)

    return call
