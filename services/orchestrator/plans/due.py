"""Lists of plans by when a gateway is to do something about each: any gateway does it, also after a restart."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import structlog
from redis.asyncio import Redis

from shared.broker.failures import report
from shared.broker.functions import redis_function
from shared.errors import AssistantError

log = structlog.get_logger(__name__)


class DuePlans:
    """One list: the sorted set `key` holds plan ids, by the time (Unix seconds) from which a gateway may take each."""

    def __init__(self, redis: Redis, key: str, most: int = 50) -> None:
        self._redis, self._key, self._most = redis, key, most
        self._claim = redis_function(redis, "plans_claim")

    async def now(self) -> list[str]:
        """The plans that are due, the longest due first; so many at a time."""
        found = await self._redis.zrangebyscore(self._key, "-inf", time.time(), start=0, num=self._most)
        return [str(plan_id) for plan_id in found]

    async def put(self, plan_id: str, due: float | None) -> None:
        """List a plan for then, or not any more."""
        await (self._redis.zadd(self._key, {plan_id: due}) if due is not None else self._redis.zrem(self._key, plan_id))

    async def add(self, plan_id: str, due: float) -> None:
        """List a plan for then, unless it is listed already."""
        await self._redis.zadd(self._key, {plan_id: due}, nx=True)

    async def move(self, plan_id: str, due: float) -> None:
        """Change when a plan is due, if it is still listed."""
        await self._redis.zadd(self._key, {plan_id: due}, xx=True)

    async def claim(self, plan_id: str, until: float) -> bool:
        """Take a plan that is due; no other gateway takes it before `until`. False where it is not due."""
        return bool(await self._claim([self._key], [plan_id, time.time(), until]))

    async def each(self, work: Callable[[str], Awaitable[None]], seconds: float, *, failed: str) -> None:
        """Do `work` for every plan that is due, one after the other; a plan is claimed for so many seconds.

        One for which it fails is due again after them: it must not keep the others waiting.
        """
        for plan_id in await self.now():
            if not await self.claim(plan_id, time.time() + seconds):
                continue
            try:
                await work(plan_id)
            except AssistantError as error:
                report(log, failed, error, plan_id=plan_id)
