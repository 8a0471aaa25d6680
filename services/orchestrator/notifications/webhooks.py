"""Delivers notices to the operator's webhooks: at least once, again after a failure, by any gateway.

The sorted set `runs:webhooks` holds deliveries ("receiver:event:plan") by when they are due; a receiver is named by a
digest, since its address is a secret. `runs:webhook:{delivery}` counts its tries, and says afterwards that it is done.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

import httpx
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.orchestrator.notifications.addresses import Lookup, Target, checked, look_up
from services.orchestrator.notifications.messages import Notice, body_of, notice_of, signed_headers
from services.orchestrator.notifications.settings import NotificationSettings
from services.orchestrator.plans.due import DuePlans
from services.orchestrator.plans.store import KEEP_SECONDS, PlanStore
from services.orchestrator.repeating import Repeated
from shared.errors import AssistantError, Unavailable
from shared.messages import Plan

log = structlog.get_logger(__name__)

WEBHOOKS = "runs:webhooks"
# Seconds after each failed try; then the delivery is given up.
PAUSES = (5.0, 30.0, 120.0, 600.0, 3600.0, 6 * 3600.0)
SEND_SECONDS = 10.0
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
        # A proxy of the environment would look the names up itself.
        self._http = httpx.AsyncClient(timeout=SEND_SECONDS, follow_redirects=False, trust_env=False)

    async def start(self) -> None:
        """Begin to deliver, also what a gateway that is gone has left."""
        if self._receivers:
            self._sweep.start()

    async def stop(self) -> None:
        """Stop; what is not delivered stays due."""
        await self._sweep.stop()
        await self._http.aclose()

    async def tell(self, plan: Plan) -> None:
        """Have every receiver told how the plan is now, once for each state."""
        notice = notice_of(plan)
        for name in self._receivers if notice else ():
            assert notice is not None
            delivery = f"{name}:{notice.key}"
            if await self._redis.set(_key(delivery), "0", nx=True, ex=KEEP_SECONDS):
                await self._due.add(delivery, time.time())

    async def deliver(self) -> None:
        """Send what is due, one after the other."""
        await self._due.each(self._deliver, 3 * SEND_SECONDS, failed="webhook_failed")

    async def _deliver(self, delivery: str) -> None:
        name, _, key = delivery.partition(":")
        notice, url = Notice.of_key(key), self._receivers.get(name)
        plan = await self._store.load(notice.plan_id)
        if url is None or plan is None or (notice.event == "plan_waits" and plan.status != "proposed"):
            await self._due.put(delivery, None)  # nobody to tell, or nothing that is still so
            return
        try:
            await self._send(url, notice, plan, delivery)
        except AssistantError as error:
            await self._failed(delivery, error)
            return
        await self._redis.set(_key(delivery), _DONE, ex=KEEP_SECONDS)
        await self._due.put(delivery, None)
        log.info("webhook_delivered", receiver=name, plan_id=plan.plan_id, notice=notice.event)

    async def _send(self, url: str, notice: Notice, plan: Plan, delivery: str) -> None:
        """Raises AssistantError where the receiver did not take it; its address is not in the error."""
        target = await checked(url, self._settings.networks, self._lookup)
        sent_at = int(time.time())
        body = body_of(notice, plan, self._settings.public_url, sent_at)
        message_id = f"msg_{hashlib.sha256(delivery.encode()).hexdigest()[:24]}"
        secret = self._settings.webhook_secret.get_secret_value().encode()
        headers = signed_headers(message_id, body, secret, sent_at) | {"Host": _host_of(target)}
        try:
            request = self._http.build_request(
                "POST", target.url, content=body, headers=headers, extensions={"sni_hostname": target.host}
            )
            response = await self._http.send(request, stream=True)
            await response.aclose()  # what it says is not looked at
        except (httpx.HTTPError, OSError) as error:
            raise Unavailable(f"{target.host}: {type(error).__name__}", code="webhook_unreachable") from None
        if not response.is_success:
            raise Unavailable(f"{target.host} answered {response.status_code}", code="webhook_unreachable")

    async def _failed(self, delivery: str, error: AssistantError) -> None:
        tries = await self._redis.incr(_key(delivery))
        where = {"delivery": delivery, "code": error.code, "detail": error.detail, "tries": tries}
        if tries > len(self._pauses) or not error.retryable:
            log.error("webhook_given_up", **where)
            await self._due.put(delivery, None)
            return
        log.warning("webhook_not_delivered", **where)
        await self._due.move(delivery, time.time() + self._pauses[tries - 1])


def _host_of(target: Target) -> str:
    default = 443 if target.scheme == "https" else 80
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == default else f"{host}:{target.port}"
