"""Delivers notices to the operator's webhooks: at least once, again after a failure, by any gateway.

The sorted set `runs:webhooks` holds deliveries ("receiver:event:plan") by when they are due; a receiver is named by a
digest, since its address is a secret. `runs:webhook:{delivery}` counts its tries, and says afterwards that it is done.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.orchestrator.notifications.addresses import Lookup, look_up
from services.orchestrator.notifications.messages import Notice, notice_of
from services.orchestrator.notifications.settings import NotificationSettings
from services.orchestrator.plans.due import DuePlans
from services.orchestrator.plans.store import KEEP_SECONDS, PlanStore
from services.orchestrator.repeating import Repeated
from shared.errors import AssistantError
from shared.plans.plan import Plan

if TYPE_CHECKING:
    from services.orchestrator.notifications.sending import Sender

log = structlog.get_logger(__name__)

WEBHOOKS = "runs:webhooks"
# Seconds after each failed try; then the delivery is given up.
PAUSES = (5.0, 30.0, 120.0, 600.0, 3600.0, 6 * 3600.0)
# For so long no other gateway takes a delivery: three times what sending one may take.
CLAIM_SECONDS = 30.0
SWEEP_SECONDS = 2.0
_DONE = "done"


def _key(delivery: str) -> str:
    return f"runs:webhook:{delivery}"


def _name_of(url: str) -> str:
    """A receiver's name, from which its address cannot be told."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


class Webhooks:
    """One per gateway process. Without a webhook in the settings it does nothing."""

    def __init__(
        self,
        redis: Redis,
        store: PlanStore,
        settings: NotificationSettings,
        *,
        lookup: Lookup = look_up,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._redis, self._store, self._settings = redis, store, settings
        self._lookup, self._pauses = lookup, pauses
        self._receivers = {_name_of(url): url for url in settings.urls}
        self._due = DuePlans(redis, WEBHOOKS)
        passing = (RedisError, AssistantError)
        self._sweep = Repeated("webhooks", self.deliver, SWEEP_SECONDS, failed="webhook_sweep_failed", passing=passing)
        self._sender: Sender | None = None

    async def start(self) -> None:
        """Begin to deliver, also what a gateway that is gone has left."""
        if self._receivers:
            self._sweep.start()

    async def stop(self) -> None:
        """Stop; what is not delivered stays due."""
        await self._sweep.stop()
        if self._sender:
            await self._sender.close()

    async def tell(self, plan: Plan) -> None:
        """Have every receiver told how the plan is now, once for each state."""
        if notice := notice_of(plan):
            await self._tell(notice)

    async def tell_alarm(self, plan: Plan) -> None:
        """Have every receiver told, once, that AWS has changes under the plan's name that are not the plan's."""
        await self._tell(Notice("plan_alarm", plan.plan_id))

    async def _tell(self, notice: Notice) -> None:
        for name in self._receivers:
            delivery = f"{name}:{notice.key}"
            if await self._redis.set(_key(delivery), "0", nx=True, ex=KEEP_SECONDS):
                await self._due.add(delivery, time.time())

    async def deliver(self) -> None:
        """Send what is due, one after the other."""
        await self._due.each(self._deliver, CLAIM_SECONDS, failed="webhook_failed")

    async def _deliver(self, delivery: str) -> None:
        name, _, key = delivery.partition(":")
        notice, url = Notice.of_key(key), self._receivers.get(name)
        plan = await self._store.load(notice.plan_id)
        if url is None or plan is None or (notice.event == "plan_waits" and plan.status != "proposed"):
            await self._due.put(delivery, None)  # nobody to tell, or nothing that is still so
            return
        try:
            await (await self._sending()).send(url, notice, plan, delivery)
        except AssistantError as error:
            await self._failed(delivery, error)
            return
        await self._redis.set(_key(delivery), _DONE, ex=KEEP_SECONDS)
        await self._due.put(delivery, None)
        log.info("webhook_delivered", receiver=name, plan_id=plan.plan_id, notice=notice.event)

    async def _sending(self) -> Sender:
        """What sends; made with the first delivery, since most gateways have no receiver and need no HTTP client."""
        if self._sender is None:
            self._sender = await asyncio.to_thread(self._make_sender)
        return self._sender

    def _make_sender(self) -> Sender:
        from services.orchestrator.notifications.sending import Sender

        return Sender(self._settings, self._lookup)

    async def _failed(self, delivery: str, error: AssistantError) -> None:
        tries = await self._redis.incr(_key(delivery))
        where = {"delivery": delivery, "code": error.code, "detail": error.detail, "tries": tries}
        if tries > len(self._pauses) or not error.retryable:
            log.error("webhook_given_up", **where)
            await self._due.put(delivery, None)
            return
        log.warning("webhook_not_delivered", **where)
        await self._due.move(delivery, time.time() + self._pauses[tries - 1])
