"""Failures of Redis: which of them pass, how often and how long a command is tried again, what the client is told.

A failed command is one of three things:

- *transient*: Redis is away, starting, busy, failing over or cut off from its disk, or lacks this version's functions,
  which the deployment loads anew. The same command works later.
- *full*: Redis is at its `maxmemory`. The same command works once there is room.
- *a defect* of ours: a wrong type, a missing right, a wrong script. It fails the same every time, so it is never tried
  again; the log has it with its traceback, and the client gets 500.

Everything about how often Redis is tried again is here: change it here and nowhere else.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from shared.errors import AssistantError, Busy, Unavailable

log = structlog.get_logger(__name__)
T = TypeVar("T")

# redis-py itself tries a command again this often where its connection was lost, on a new one each time; its pauses
# double from twice the first, with jitter: 0.7 s in all at most. The gateway's client (`async_client.py`) has tried it
# once by itself before. A command that timed out is not tried again: a server
# that is stalled would let every try, and every try to connect, take its whole time.
CLIENT_RETRIES = 3
CLIENT_FIRST_PAUSE_SECONDS, CLIENT_LONGEST_PAUSE_SECONDS = 0.05, 1.0
# Between two tries of `retry`: doubled after each, up to the longest.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 1.0
# Between two tries of what listens to Redis for as long as the process lives.
LISTEN_AGAIN_SECONDS = 0.5
# For how long it is tried again: to claim a task (then the sweep brings it back), to write a task's result (counted
# from the task's deadline), and in the middle of a plan's run (then another run takes the plan up).
CLAIM_SECONDS = 30.0
RESULT_SECONDS = 60.0
RUN_SECONDS = 120.0

# In redis-py LOADING (Redis is starting) is a ConnectionError, MASTERDOWN (a replica without its primary) a
# ClusterDownError.
_TRANSIENT = (RedisConnectionError, RedisTimeoutError, ReadOnlyError, TryAgainError, ClusterDownError)
# redis-py has them under ConnectionError: wrong or missing passwords and rights.
_DEFECTS = (AuthenticationError, AuthorizationError)
# Error codes that redis-py has no class for: a script runs for too long, the disk cannot be written, too few replicas
# are connected, a blocking command was ended by a failover. https://redis.io/docs/latest/develop/reference/protocol-spec
_TRANSIENT_CODES = frozenset({"BUSY", "MISCONF", "NOREPLICAS", "UNBLOCKED"})
# What a failed command is called where it was translated already: `as_error` below, and the audit log.
_TRANSLATED = frozenset({"audit_unavailable", "broker_full", "broker_unavailable"})
# What Redis answers where the functions (`library.py`) are not loaded; it has no code of its own for that.
_WITHOUT_FUNCTIONS = "Function not found"
_CODE = re.compile("([A-Z]+) ")


class Interrupted(Exception):
    """This process cannot go on with its work, and must write nothing more; another one takes it up."""


class LeaseLost(Interrupted):
    """Another process holds the lease on the work now, or may hold it."""


def is_full(error: BaseException) -> bool:
    """Whether Redis refused a command because it is at its `maxmemory`."""
    return isinstance(error, OutOfMemoryError)


def lacks_functions(error: BaseException) -> bool:
    """Whether a command failed because this version's functions are not loaded."""
    return isinstance(error, ResponseError) and _words(error).startswith(_WITHOUT_FUNCTIONS)


def is_transient(error: BaseException) -> bool:
    """Whether the same command may work later, in a full Redis too.

    Of this system's own errors only those that stand for a failed command are: another one may be `retryable` for a
    client, and still would not pass by asking Redis again.
    """
    if isinstance(error, AssistantError):
        return error.retryable and error.code in _TRANSLATED
    if isinstance(error, _DEFECTS) or not isinstance(error, RedisError):
        return False
    if isinstance(error, _TRANSIENT) or is_full(error) or lacks_functions(error):
        return True
    code = _CODE.match(_words(error))
    return code is not None and code[1] in _TRANSIENT_CODES


def as_error(error: RedisError) -> AssistantError:
    """A failed command in this system's words, and into the log.

    Unavailable (`broker_unavailable`) where it passes, Busy (`broker_full`) where Redis is full, else AssistantError
    (`internal_error`).
    """
    report(log, "redis_command_failed", error)
    if is_full(error):
        return Busy("the message broker is full; try again later", code="broker_full")
    if lacks_functions(error):
        return Unavailable(
            "the message broker lacks this version's functions, which are being loaded; try again in a moment",
            code="broker_unavailable",
        )
    if is_transient(error):
        return Unavailable("the message broker does not answer; try again in a moment", code="broker_unavailable")
    return AssistantError("the message broker refused a command, which is a defect here; this service's log has it")


def report(logger: Any, event: str, error: BaseException, **facts: object) -> None:
    """Log a failure: what passes as a warning, a refused command as an error, with the line that gave it."""
    if isinstance(error, RedisError) and not is_transient(error):
        logger.error(event, error=type(error).__name__, exc_info=error, **facts)
    else:
        logger.warning(event, error=type(error).__name__, **facts)


def retry(act: Callable[[], T], seconds: float) -> T:
    """What `act` returns; it is called again while it fails with what passes, for up to `seconds`.

    Raises its last failure when the time is up, and at once a failure that does not pass.
    """
    patience = _Patience(seconds)
    while True:
        try:
            return act()
        except (RedisError, AssistantError) as error:
            pause = patience.after(error)
        time.sleep(pause)


async def retry_async(act: Callable[[], Awaitable[T]], seconds: float) -> T:
    """As `retry`, for an event loop."""
    patience = _Patience(seconds)
    while True:
        try:
            return await act()
        except (RedisError, AssistantError) as error:
            pause = patience.after(error)
        await asyncio.sleep(pause)


def _words(error: BaseException) -> str:
    """What Redis said: in a pipeline redis-py puts the command before it, and an async one writes it as a tuple."""
    return str(error).rpartition("caused error: ")[2].lstrip("('\"")


class _Patience:
    """How long one action is tried again."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._pause = FIRST_PAUSE_SECONDS

    def after(self, error: RedisError | AssistantError) -> float:
        """Seconds to wait before the next try. Raises the error where there is none."""
        pause = self._pause
        if not is_transient(error) or time.monotonic() + pause > self._until:
            raise error
        log.warning("redis_command_retried", error=type(error).__name__)
        self._pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        return pause


def client_retry() -> Retry:
    """How a sync client of redis-py tries a command again, before it raises."""
    return Retry(_client_backoff(), CLIENT_RETRIES, (RedisConnectionError, ReadOnlyError))


def async_client_retry() -> AsyncRetry:
    """The same for an async client."""
    return AsyncRetry(_client_backoff(), CLIENT_RETRIES, (RedisConnectionError, ReadOnlyError))


def _client_backoff() -> ExponentialWithJitterBackoff:
    return ExponentialWithJitterBackoff(cap=CLIENT_LONGEST_PAUSE_SECONDS, base=CLIENT_FIRST_PAUSE_SECONDS)
