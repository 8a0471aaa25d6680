"""Parts of a call: what its worker has other workers of the same agent read, while it reads the rest.

    worker of the call ── split: signed, in the call's record; its reply stream says so ──▶ gateway
    gateway ── a task for each part, signed like every task ──▶ queue ──▶ other workers
    worker of the call ◀── the signed result in each part's record

A worker cannot publish, so the gateway does, for a call that it waits for itself and once for each. Nothing depends on
it: a part that nobody has taken after a moment, that failed, or whose worker is lost, is taken back by the worker of
the call, which reads it itself (`services/info_tools/sharing`). So no worker waits for one that does not work.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from typing import Literal, get_args

import structlog
from pydantic import JsonValue, ValidationError
from redis import Redis
from redis.exceptions import RedisError

from shared.broker.failures import report
from shared.broker.stored import read
from shared.errors import AssistantError, BadRequest, TooLarge
from shared.keys.signing import canonical, sign, verify
from shared.messages import Message, ToolCall, ToolResult
from shared.results import records
from shared.tasks.answers import MAX_SIGNED_BYTES, read_answer
from shared.tasks.records import Keys, TaskFunctions, open_result

log = structlog.get_logger(__name__)

# The agent whose calls are split, and its internal tool that reads a part.
AGENT, TOOL = "info", "read_part"
MAX_PARTS = 16
# The arguments of one part as JSON, so that they fit into a message, and a split as it is signed.
MAX_PART_BYTES, MAX_SPLIT_BYTES = 48 * 1024, MAX_SIGNED_BYTES
# A part ends so long before its call, whose worker still has to put it together with the others.
SECONDS_EARLIER = 1.0
# What is stored of a part is read at once, or never.
KEEP_SECONDS = 120

# none: nobody has published it; taken: a worker reads it; back: no worker does, nor begins it.
State = Literal["none", "taken", "done", "back"]


class Split(Message):
    """The arguments of `read_part`, for each part."""

    v: Literal[1] = 1
    parts: tuple[dict[str, JsonValue], ...]


def part_of(call: ToolCall, arguments: dict[str, JsonValue]) -> ToolCall:
    """The call for a part of a call. The same part of the same call has the same id."""
    digest = hashlib.sha256(canonical(arguments).encode()).hexdigest()[:20]
    update = {
        "call_id": f"{call.call_id}.{digest}",
        "tool": TOOL,
        "arguments": arguments,
        "deadline": call.deadline - SECONDS_EARLIER,
    }
    return call.model_copy(update=update)


def sign_split(call: ToolCall, split: Split, signing_key: bytes) -> str:
    """`SIGNATURE.BODY`, the form a split has in the record of its call."""
    body = split.model_dump_json()
    return f"{sign(signing_key, _purpose(call.call_id), body)}.{body}"


def open_split(call: ToolCall, signed: str, signing_key: bytes) -> list[ToolCall]:
    """The parts that a call's worker asks for.

    Raises Forbidden (`bad_signature`), and BadRequest where the call is none that is split, or for what is no split.
    """
    signature, _, body = signed.partition(".")
    verify(signing_key, _purpose(call.call_id), body, signature)
    try:
        split = Split.model_validate_json(body)
    except ValidationError:
        raise BadRequest("a split that this version does not know", code="unsupported_message") from None
    if call.agent != AGENT or call.tool == TOOL or len(split.parts) > MAX_PARTS:
        raise BadRequest(f"{call.tool} of the {call.agent} agent is not split into {len(split.parts)} parts")
    return [part_of(call, arguments) for arguments in split.parts]


def _purpose(call_id: str) -> str:
    return f"split:{call_id}"


class Parts:
    """What one call's worker knows of its parts: it asks for them once, and takes them back or what came of them.

    `workers` are those that may read now, this one among them. Where Redis fails, a part is as if nobody had taken it.
    """

    def __init__(self, redis: Redis, call: ToolCall, fence: int, signing_key: bytes, workers: int) -> None:
        self._redis, self._functions, self._keys = redis, TaskFunctions.on(redis), Keys(call.agent)
        self._call, self._fence, self._signing_key = call, fence, signing_key
        self.workers = workers
        self._first = threading.Lock()

    def begin(self) -> bool:
        """Whether a part of the call may be asked for now: where there are other workers, and once in a call."""
        return self.workers > 1 and self._first.acquire(blocking=False)

    def ask(self, parts: Sequence[dict[str, JsonValue]]) -> list[ToolCall]:
        """Ask for these parts, and return those that were asked for; they are not published yet."""
        signed = sign_split(self._call, Split(parts=tuple(parts)), self._signing_key)
        if len(signed.encode()) > MAX_SPLIT_BYTES:
            raise TooLarge("a split is larger than a record of it may be")
        keys = [self._keys.task(self._call.call_id)]
        try:
            asked = self._functions.split(keys, [self._call.call_id, self._fence, signed])
        except RedisError as error:
            report(log, "split_not_asked_for", error)
            return []
        return [part_of(self._call, arguments) for arguments in parts] if asked else []

    def states(self, parts: Sequence[ToolCall]) -> list[State]:
        """How each part stands now; one that no worker reads is taken back by that, so that none begins it."""
        pipe = self._redis.pipeline(transaction=False)
        take_back = TaskFunctions.on(pipe).take_back
        for part in parts:
            take_back([self._keys.task(part.call_id)], [])
        try:
            found = pipe.execute()
        except RedisError as error:
            report(log, "parts_not_seen", error)
            return ["back"] * len(parts)
        return [state if state in get_args(State) else "back" for state in found]

    def result(self, part: ToolCall) -> bytes | None:
        """What a part that is done has read, as JSON; None where that failed, which is logged."""
        try:
            signed = read_answer(self._functions.answer([self._keys.task(part.call_id)], [MAX_SIGNED_BYTES]))
            if signed is None:
                return None
            result = read(ToolResult, open_result(part.agent, part.call_id, signed, self._signing_key))
            if result.error is not None:
                log.warning("part_failed", part=part.call_id, error=result.error.code)
                return None
            if result.result_ref is None:
                return json.dumps(result.result).encode()
            return records.find_queried(self._redis, part.session_id, result.result_ref).document()
        except RedisError as error:
            report(log, "part_not_read", error)
        except AssistantError as error:
            log.warning("part_not_read", part=part.call_id, error=error.code)
        return None
