"""Calls a worker and awaits its reply: one function to publish, a stream per agent to listen on, no polling.

    result = await dispatcher.call(new_call("info", "get_s3_usage", {}, session_id=…, seconds=60))

Replies to this gateway process arrive on streams, one per agent (`replies.py`); the waiting futures are resolved by
correlation id, from the task record. A call that was published before (a resumed turn, another
gateway) is not repeated: its record answers.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import JsonValue
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.orchestrator.repeating import Repeated
from services.orchestrator.workers.documents import with_document, with_whole
from services.orchestrator.workers.replies import Replies, Reply
from shared.broker.failures import as_error, report, retry_async
from shared.broker.functions import redis_function
from shared.broker.stored import read
from shared.errors import AssistantError, Busy, DeadlineExceeded
from shared.messages import AGENTS, Agent, ToolCall, ToolResult
from shared.tasks.answers import MAX_SIGNED_BYTES, read_answer
from shared.tasks.parts import open_split
from shared.tasks.records import (
    Keys,
    TaskFunctions,
    open_result,
    publish_arguments,
)
from shared.telemetry import new_trace

log = structlog.get_logger(__name__)

# Replies can get lost with a stream that was trimmed or removed, so waiting calls are looked up this often.
RECHECK_SECONDS = 3.0
# What `workers_take` says of a reply that is no answer.
ASKS_FOR_SPLIT = 2
# A worker may still answer this long after its deadline; then nobody waits.
GRACE_SECONDS = 2.0


def new_call(
    agent: Agent,
    tool: str,
    arguments: dict[str, JsonValue],
    *,
    session_id: str,
    seconds: float,
    call_id: str | None = None,
    turn_id: str | None = None,
) -> ToolCall:
    """A call that nobody waits for any more after `seconds`; with a `call_id` the same call may be made again."""
    return ToolCall(
        call_id=call_id or f"call.{secrets.token_hex(10)}",
        agent=agent,
        tool=tool,
        arguments=arguments,
        session_id=session_id,
        deadline=time.time() + seconds,
        turn_id=turn_id,
        trace=new_trace(),
    )


@dataclass(slots=True)
class _Waiting:
    """A call whose answer somebody waits for, and into how many parts its worker has had it split."""

    call: ToolCall
    future: asyncio.Future[str]
    parts: int = 0


class Dispatcher:
    """One per gateway process. `redis` must decode responses.

    `refusal` is asked why an agent is given no work now, None where it is; a turn that chose its tools is stopped here.
    """

    def __init__(
        self,
        redis: Redis,
        signing_keys: Mapping[Agent, bytes],
        *,
        refusal: Callable[[Agent], AssistantError | None] = lambda _: None,
    ) -> None:
        self.redis, self._signing_keys, self._refusal = redis, signing_keys, refusal
        self._functions = TaskFunctions.on(redis)
        self.replies = Replies(redis, self._heard, self.flooded)
        self._waiting: dict[str, _Waiting] = {}
        self._recheck = Repeated(
            "replies missed", self._resolve_waiting, RECHECK_SECONDS, failed="replies_not_rechecked", at_once=False
        )

    async def start(self) -> None:
        """Start listening for replies."""
        await self.replies.start()
        self._recheck.start()

    async def stop(self) -> None:
        """Stop listening; the tasks under way go on and their records keep the answers."""
        await self.replies.stop()
        await self._recheck.stop()
        for waiting in self._waiting.values():
            waiting.future.cancel()

    async def call(self, call: ToolCall, *, whole: bool = True) -> ToolResult:
        """Have the call's agent run its tool and return the result; a tool's own failure is in the result.

        `whole`: with all of a large result; else `with_document` gives that, as text. The same `call_id` again returns
        the same call's result. Raises Unavailable where Redis does not answer or the agent is given no work now, Busy
        where Redis or the agent's queue is full, DeadlineExceeded after the call's deadline.
        """
        if refused := self._refusal(call.agent):
            raise refused
        signed, parts = await self._answer(call, call.deadline - time.time())
        body = open_result(call.agent, call.call_id, signed, self._signing_keys[call.agent])
        result = read(ToolResult, body)
        if result.parts != parts:
            result = result.model_copy(update={"parts": parts})
        return await with_whole(self.redis, result, call.session_id) if whole else result

    async def answered(self, agent: Agent, call_id: str, session_id: str) -> ToolResult | None:
        """The result of a call that another service has published; None while there is none.

        Raises Forbidden (`bad_signature`) for one that its agent has not signed for this call, and TooLarge.
        """
        signed = read_answer(await self._functions.answer([Keys(agent).task(call_id)], [MAX_SIGNED_BYTES]))
        if signed is None:
            return None
        body = open_result(agent, call_id, signed, self._signing_keys[agent])
        return await with_whole(self.redis, read(ToolResult, body), session_id)

    async def _answer(self, call: ToolCall, seconds: float) -> tuple[str, int]:
        """The signed answer, and into how many parts the call was split."""
        pending = self._waiting.get(call.call_id)
        if pending:
            return await self._same_answer(call, pending.future, seconds), pending.parts
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        waiting = self._waiting[call.call_id] = _Waiting(call, future)
        try:
            async with asyncio.timeout(seconds + GRACE_SECONDS):
                if await self._publish(call) == "done":
                    await self._resolve([call.call_id])
                return await future, waiting.parts
        except TimeoutError:
            await self.let_go(call.agent, call.call_id)
            raise _too_late(call, seconds) from None
        finally:
            del self._waiting[call.call_id]
            future.cancel()

    async def _same_answer(self, call: ToolCall, future: asyncio.Future[str], seconds: float) -> str:
        """Await the answer to a call that another coroutine of this process has made; it may stop waiting before us."""
        done, _ = await asyncio.wait([future], timeout=seconds + GRACE_SECONDS)
        if not done or future.cancelled():
            raise _too_late(call, seconds)
        return future.result()

    async def _publish(self, call: ToolCall) -> str:
        """Publish once, however often Redis has to be asked; "done" where the call has a result already.

        New work is refused at the door (`admission.py`) while there is still room; so what meets a full Redis or queue
        here belongs to work under way, and waits for room as long as its caller does.
        """
        keys, arguments = publish_arguments(call, self.replies.stream(call.agent), self._signing_keys[call.agent])

        async def publish() -> str:
            status: str = (await self._functions.publish(keys, arguments))[0]
            if status == "full":
                raise Busy(f"the {call.agent} agent has too many open calls; try again later", code="queue_full")
            return status

        try:
            return await retry_async(publish, call.deadline - time.time())
        except RedisError as error:
            raise as_error(error) from None

    async def let_go(self, agent: Agent, call_id: str) -> None:
        """Nobody waits for this call any more: no worker begins it. One that has begun it goes on to its end."""
        try:
            await self._functions.cancel([Keys(agent).task(call_id)], [])
        except RedisError as error:
            report(log, "cancel_failed", error, call_id=call_id)

    async def with_document(self, result: ToolResult, session_id: str) -> tuple[ToolResult, bytes | None]:
        """As `documents.with_document`."""
        return await with_document(self.redis, result, session_id)

    async def _heard(self, agent: Agent, replies: list[Reply]) -> int:
        """An agent has replied to these calls; how many of them somebody waits for, from this agent."""
        awaited = [
            (waiting, found)
            for call_id, found in replies
            if (waiting := self._waiting.get(call_id)) and waiting.call.agent == agent
        ]
        for waiting, found in awaited:
            if found and found[0] == ASKS_FOR_SPLIT:
                await self._split(waiting, found[1])
            else:
                _settle(waiting.future, found)
        await self._resolve([waiting.call.call_id for waiting, found in awaited if not found])
        return len(awaited)

    async def _split(self, waiting: _Waiting, signed: str) -> None:
        """Publish the parts that a call's worker asks for, once; without them it reads all by itself."""
        if waiting.parts:
            return
        call = waiting.call
        try:
            parts = open_split(call, signed, self._signing_keys[call.agent])
            waiting.parts = len(parts)
            pipe = self.redis.pipeline(transaction=False)
            publish = TaskFunctions.on(pipe).publish
            for part in parts:
                publish(*publish_arguments(part, "", self._signing_keys[call.agent]))
            await pipe.execute()
        except RedisError as error:
            report(log, "parts_not_published", error, call_id=call.call_id)
        except AssistantError as error:
            log.warning("split_refused", call_id=call.call_id, code=error.code, why=error.detail)

    async def flooded(self, agent: Agent, why: str) -> None:
        """An agent's workers fill its stream with what is no reply: for the operator, who must look at them."""
        log.error("replies_flooded", agent=agent, why=why)

    async def _resolve_waiting(self) -> None:
        """Find what was answered and whose reply was not seen: all waiting calls in one round trip."""
        await self._resolve(list(self._waiting))

    async def _resolve(self, call_ids: list[str]) -> None:
        waiting = [self._waiting[call_id] for call_id in call_ids if call_id in self._waiting]
        if not waiting:
            return
        pipe = self.redis.pipeline(transaction=False)
        answer = redis_function(pipe, "tasks_answer")
        for one in waiting:
            answer([Keys(one.call.agent).task(one.call.call_id)], [MAX_SIGNED_BYTES])
        for one, found in zip(waiting, await pipe.execute(), strict=True):
            _settle(one.future, found)

    async def ready(self) -> dict[str, bool]:
        """Whether Redis answers and has this version's functions, and whether each agent has a live worker."""
        try:
            pipe = self.redis.pipeline(transaction=False)
            redis_function(pipe, "workers_present")([], [])
            for agent in AGENTS:
                pipe.zcount(Keys(agent).workers, time.time(), "+inf")
            _, *counts = await pipe.execute()
        except RedisError as error:
            report(log, "readiness_check_failed", error)
            return {"redis": False} | dict.fromkeys(AGENTS, False)
        return {"redis": True} | {agent: count > 0 for agent, count in zip(AGENTS, counts, strict=True)}


def _settle(future: asyncio.Future[str], found: Any) -> None:
    """Give the answer to who waits for it, where there is one and nobody has given it yet."""
    if future.done():
        return
    try:
        signed = read_answer(found)
    except AssistantError as error:
        future.set_exception(error)
    else:
        if signed is not None:
            future.set_result(signed)


def _too_late(call: ToolCall, seconds: float) -> DeadlineExceeded:
    return DeadlineExceeded(f"the {call.agent} agent did not answer {call.tool} in {seconds:.0f} s")
