"""Listens for the replies of each agent on a stream of its own, so that none of them can crowd out the others.

A reply names a call; the answer is in the task record, where a waiting call looks every few seconds anyway. A small one
comes with the reply too: whoever waits alone has it at once, and the stream is emptied behind it. So a stream
that somebody fills with what is no reply is emptied unread, and for a while not listened to: that costs its agent's own
calls these few seconds, and nobody else anything.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.broker.failures import LISTEN_AGAIN_SECONDS, report
from shared.broker.functions import redis_function
from shared.messages import AGENTS, Agent
from shared.tasks.answers import MAX_CARRIED_BYTES, MAX_SIGNED_BYTES
from shared.tasks.records import reply_stream

log = structlog.get_logger(__name__)

BLOCK_MS = 2000
TAKE = 100
LINGER_SECONDS = 0.001
# Workers keep about a thousand replies, of which each may carry an answer (MAX_CARRIED_BYTES).
MAX_STREAM_BYTES = 3 * 1024 * 1024
# Replies of one agent that nobody waits for: late ones, and ones whose answer was found before. More is a flood.
MAX_STRAY, STRAY_SECONDS = 1000, 10.0
# For how long, and how often, the stream of a flooding agent is emptied instead of being read.
FLOOD_SECONDS, EMPTY_SECONDS = 10.0, 0.25
# How often a flood that goes on is told again.
TELL_SECONDS = 60.0

# A call's id, and its answer as the function `tasks_answer` gives it: None where it did not come with the reply.
Reply = tuple[str, Any]
Heard = Callable[[Agent, list[Reply]], Awaitable[int]]
Flooded = Callable[[Agent, str], Awaitable[None]]


class Replies:
    """One per gateway process. `heard` gets an agent's replies and says how many of them are awaited."""

    def __init__(self, redis: Redis, heard: Heard, flooded: Flooded) -> None:
        self._redis, self._heard, self._flooded = redis, heard, flooded
        self._take = redis_function(redis, "workers_take")
        self._name = secrets.token_hex(8)
        self._told: dict[Agent, float] = {}
        self._readers: list[asyncio.Task[None]] = []
        self._stopping = False

    def stream(self, agent: Agent) -> str:
        """Where an agent's replies to this process arrive."""
        return reply_stream(agent, self._name)

    async def start(self) -> None:
        """Start listening."""
        self._readers = [asyncio.create_task(self._read(agent), name=f"replies of {agent}") for agent in AGENTS]

    async def stop(self) -> None:
        """Stop listening."""
        # A cancellation that meets a reply can get lost in the client; the reader then ends by itself.
        self._stopping = True
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def _read(self, agent: Agent) -> None:
        stray, since = 0, time.monotonic()
        while not self._stopping:
            try:
                # One entry at most; however large it is, the others stay in Redis.
                found = await self._redis.xread({self.stream(agent): "0"}, count=1, block=BLOCK_MS)
                if not found:
                    continue
                heard = await self._carried(agent, found)
                arguments: list[str | int | float] = [TAKE, MAX_STREAM_BYTES, MAX_SIGNED_BYTES, heard]
                too_many_bytes, replies = await self._take([self.stream(agent)], arguments)
                if time.monotonic() - since > STRAY_SECONDS:
                    stray, since = 0, time.monotonic()
                stray += len(replies) - await self._heard(agent, [(call_id, found) for call_id, found in replies])
                if too_many_bytes:
                    await self._empty(agent, f"{too_many_bytes} bytes")
                elif stray > MAX_STRAY:
                    await self._empty(agent, f"{stray} replies that nobody waits for")
            except RedisError as error:
                report(log, "replies_interrupted", error, agent=agent)
                await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    async def _carried(self, agent: Agent, found: Any) -> str:
        """Hand over the first reply where it has its answer with it and somebody waits for that; its id, else ""."""
        [[_, [(reply_id, fields)]]] = found
        answer = fields.get("answer", "")
        if not 0 < len(answer) <= MAX_CARRIED_BYTES:
            return ""
        if not await self._heard(agent, [(fields.get("call_id", ""), [1, answer])]):
            return ""
        # Who waited goes on first, to its entry in the audit; and what comes meanwhile is taken together.
        await asyncio.sleep(LINGER_SECONDS)
        return str(reply_id)

    async def _empty(self, agent: Agent, why: str) -> None:
        """Empty the stream of a flooding agent for a while, and tell the operator."""
        now = time.monotonic()
        if now - self._told.get(agent, -TELL_SECONDS) >= TELL_SECONDS:
            self._told[agent] = now
            await self._flooded(agent, why)
        while time.monotonic() < now + FLOOD_SECONDS and not self._stopping:
            await self._redis.delete(self.stream(agent))
            await asyncio.sleep(EMPTY_SECONDS)
