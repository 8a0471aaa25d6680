"""Work that the gateway does again and again in the background, such as looking for plans that are due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from redis.exceptions import RedisError

from shared.broker.failures import report

log = structlog.get_logger(__name__)


class Repeated:
    """Does `work` until it is stopped, with so many `seconds` between; the first time at once, or after a pause.

    What `passing` names is logged as the event `failed`, and the work is done again after the pause.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[None]],
        seconds: float,
        *,
        failed: str,
        passing: tuple[type[Exception], ...] = (RedisError,),
        at_once: bool = True,
    ) -> None:
        self._name, self._work, self._seconds = name, work, seconds
        self._failed, self._passing, self._at_once = failed, passing, at_once
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """Cancel what is under way, and wait for its end."""
        # A cancellation that meets a reply of Redis can get lost in the client; the loop then ends by itself.
        self._stopping = True
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        if not self._at_once:
            await asyncio.sleep(self._seconds)
        while not self._stopping:
            try:
                await self._work()
            except self._passing as error:
                report(log, self._failed, error)
            await asyncio.sleep(self._seconds)
