"""Admission: new work is answered 429 while Redis or a queue is nearly full; the rest is for what is under way.

A gauge looks once a second; every request is then admitted or refused by what it saw last. Reads, decisions on plans,
renewed credentials and turns that have begun are never refused here: they are how the fullness ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from fastapi import Request
from redis.asyncio import Redis
from starlette.types import ASGIApp, Receive, Scope, Send

from services.orchestrator.http.problems import problem
from services.orchestrator.repeating import Repeated
from shared.catalog import CATALOG
from shared.errors import AssistantError, Busy
from shared.messages import AGENTS, Agent
from shared.tasks.records import MAX_OPEN_TASKS, Keys

log = structlog.get_logger(__name__)

# The share of Redis's memory, and of an agent's open tasks, that new work may fill.
SHARE = 0.7
LOOK_SECONDS = 1.0
RETRY_AFTER_SECONDS = 5
# What also uses AWS: refused where the worlds of those it needs contradict each other, never because something is full.
_USES_AWS = re.compile(r"(/v1)?/plans/[^/]+/(approve|undo|resolve)/?|/v1/sessions/current/renew/?")
# The POSTs that make something new, of REST and of the web page. Decisions (`/v1/plans/{id}/…`) are not among them.
_ADDS_WORK = re.compile(
    r"(/v1/(sessions|chat|chat/completions|responses|plans|tools/[^/]+|files|grants)|/mcp|/(open(/sandbox)?|chat|tools/[^/]+|grants))/?"
)


# Which agents must have room and use the gateway's AWS. Not every agent for everything: a hostile worker can fill its
# own queue with nothing, and claim any AWS.
_CHAT: tuple[Agent, ...] = ("info", "executor")
_AGENTS_OF_TOOLS: dict[str, Agent] = {entry.name: entry.agent for entry in CATALOG}


class Gauge:
    """One per gateway process: what new work is answered now."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        # A request that needs Redis now is answered 503 by itself; the last known state still counts.
        self._watch = Repeated("room in Redis", self.look, LOOK_SECONDS, failed="redis_capacity_check_failed")
        self._full_memory: Busy | None = None
        self._full_queues: dict[str, Busy] = {}

    def refusal(self, path: str) -> Busy | None:
        """Why a POST to this path, which adds work, is refused; None where there is room for it."""
        if self._full_memory:
            return self._full_memory
        return next((self._full_queues[agent] for agent in _agents_of(path) if agent in self._full_queues), None)

    async def start(self) -> None:
        """Begin to look."""
        self._watch.start()

    async def stop(self) -> None:
        await self._watch.stop()

    async def look(self) -> None:
        """See how full Redis and the queues are. Without a `maxmemory`, or the right to ask, memory has no limit."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.info("memory")
        for agent in AGENTS:
            pipe.zcard(Keys(agent).open)
        memory, *tasks = await pipe.execute(raise_on_error=False)
        before = self._refusals()
        self._full_memory, self._full_queues = _full_memory(memory), _full_queues(tasks)
        now = self._refusals()
        for subject in now.keys() - before.keys():
            log.warning("new_work_refused", code=now[subject].code, why=now[subject].detail)
        if before and not now:
            log.info("new_work_admitted")

    def _refusals(self) -> dict[str, Busy]:
        refusals = dict(self._full_queues)
        return refusals | ({"memory": self._full_memory} if self._full_memory else {})


class Admission:
    """Refuses requests that add work, before their body is read.

    `contradiction` is asked what work that uses AWS and needs these agents is answered now, None where it may go on.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        gauge: Gauge,
        contradiction: Callable[[Iterable[Agent]], AssistantError | None] = lambda _: None,
    ) -> None:
        self._app, self._gauge, self._contradiction = app, gauge, contradiction

    def _refusal(self, scope: Scope) -> AssistantError | None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        path: str = scope["path"]
        adds_work = _ADDS_WORK.fullmatch(path)
        if adds_work or _USES_AWS.fullmatch(path):
            return self._contradiction(_agents_of(path)) or (self._gauge.refusal(path) if adds_work else None)
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        if refusal:
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            extra = {"retryable": True}
            answer = problem(Request(scope), refusal.status, refusal.code, refusal.detail, extra=extra, headers=headers)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _full_memory(memory: Any) -> Busy | None:
    """`memory` is what INFO said, or the error it was refused with."""
    if not isinstance(memory, dict) or not memory.get("maxmemory"):
        return None
    share = memory["used_memory"] / memory["maxmemory"]
    if share < SHARE:
        return None
    return Busy(f"the store is {share:.0%} full; what is under way goes on, try new work later", code="broker_full")


def _full_queues(tasks: list[Any]) -> dict[str, Busy]:
    return {
        agent: Busy(f"the {agent} agent has {count} open calls; try new work later", code="queue_full")
        for agent, count in zip(AGENTS, tasks, strict=True)
        if isinstance(count, int) and count >= SHARE * MAX_OPEN_TASKS
    }


def _agents_of(path: str) -> tuple[Agent, ...]:
    """Which agents a request needs; none where it only fills Redis, as sessions, files and grants do."""
    kind, _, name = path.removeprefix("/v1/").strip("/").partition("/")
    if kind == "tools":
        return (_AGENTS_OF_TOOLS[name],) if name in _AGENTS_OF_TOOLS else ()
    if kind == "plans":
        return ("executor",)
    return _CHAT if kind in ("chat", "responses", "mcp") else ()
