"""Tasks in Redis: the record is the truth, the Celery message only announces it.

Celery on Redis alone loses and doubles messages when a worker or Redis is killed. So a task is a hash that
every transition changes atomically, by a function in Redis:

    publish → open → claim (lease + fencing token) → running → finish → done
                ↑__ sweep: overdue, or its lease ran out; or released _____|

The publisher's functions run on an async client, the worker's on a sync one; both take the same keys.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, fields

from shared.broker.functions import FunctionHost, RedisFunction, redis_function
from shared.keys.signing import sign, verify
from shared.messages import Agent, ToolCall
from shared.tasks.messages import make_task_message

LEASE_SECONDS = 10.0
# A message is pushed again when nobody has claimed the task for this long; doubled each time, up to the maximum.
PUSH_AGAIN_SECONDS = 5.0
MAX_PUSH_AGAIN_SECONDS = 60.0
# A task that nobody claimed is forgotten this long after its deadline.
FORGET_SECONDS = 60.0
MAX_ATTEMPTS = 5
MAX_OPEN_TASKS = 10_000
KEEP_DONE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Keys:
    """Every Redis key of one agent's tasks; an ACL rule can name them by their prefixes."""

    agent: Agent

    @property
    def prefix(self) -> str:
        """Kombu's own keys: the queue, what is unacknowledged, the bindings."""
        return f"q:{self.agent}:"

    @property
    def queue(self) -> str:
        return f"{self.prefix}tasks"

    @property
    def open(self) -> str:
        return f"open:{self.agent}"

    @property
    def dead(self) -> str:
        return f"dead:{self.agent}"

    @property
    def workers(self) -> str:
        """Sorted set: worker by the time (Unix seconds) until which its heartbeat counts."""
        return f"workers:{self.agent}"

    @property
    def task_prefix(self) -> str:
        return f"task:{self.agent}:"

    def task(self, call_id: str) -> str:
        return f"{self.task_prefix}{call_id}"


@dataclass(frozen=True, slots=True)
class TaskFunctions:
    """The functions that change a task, on one client."""

    publish: RedisFunction
    claim: RedisFunction
    renew: RedisFunction
    finish: RedisFunction
    answer: RedisFunction
    release: RedisFunction
    cancel: RedisFunction
    split: RedisFunction
    take_back: RedisFunction
    sweep: RedisFunction
    beat: RedisFunction
    dead_letter: RedisFunction

    @classmethod
    def on(cls, redis: FunctionHost) -> TaskFunctions:
        return cls(*(redis_function(redis, f"tasks_{field.name}") for field in fields(cls)))


def publish_arguments(call: ToolCall, reply_to: str, signing_key: bytes) -> tuple[list[str], list[str | int | float]]:
    """Keys and arguments of the function `publish`. Raises TooLarge for a call over 64 KiB."""
    keys = Keys(call.agent)
    task_message = make_task_message(call, signing_key)
    return [keys.task(call.call_id), keys.open], [
        call.call_id,
        task_message,
        _ms(time.time() + PUSH_AGAIN_SECONDS),
        _ms(call.deadline),
        reply_to,
        _ms(KEEP_DONE_SECONDS),
        MAX_OPEN_TASKS,
    ]


def reply_stream(agent: Agent, reader: str) -> str:
    """The stream on which one agent's replies to one reader arrive: no agent can write on another's."""
    return f"reply:{agent}:{reader}"


def sign_result(agent: Agent, call_id: str, body: str, signing_key: bytes) -> str:
    """`SIGNATURE.BODY`, the form a result has in the task record."""
    return f"{sign(signing_key, _purpose(agent, call_id), body)}.{body}"


def open_result(agent: Agent, call_id: str, signed: str, signing_key: bytes) -> str:
    """Verify what `sign_result` made and return the body. Raises Forbidden (`bad_signature`)."""
    signature, _, body = signed.partition(".")
    verify(signing_key, _purpose(agent, call_id), body, signature)
    return body


def _purpose(agent: Agent, call_id: str) -> str:
    return f"result:{agent}:{call_id}"


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
