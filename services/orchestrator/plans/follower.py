"""Follows every plan to its end: has approved plans run, and notifies callbacks of each end.

The sorted set `runs` holds the plans that have not ended, by when they are due: at their expiry, at once when decided,
and at the end of a lease while a gateway follows them. So any gateway can take over a plan whose gateway died. Where a
run call returns without the plan having ended, the run is requested again under a new call id, while the session lives.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from redis.exceptions import RedisError

from services.orchestrator.plans.runs import PlanRuns
from services.orchestrator.plans.status import Decision
from services.orchestrator.plans.store import PlanStore
from services.orchestrator.repeating import Repeated
from services.orchestrator.settings import GatewaySettings
from shared.broker.failures import report
from shared.errors import AssistantError
from shared.plans.plan import PLAN_ENDS, Plan

log = structlog.get_logger(__name__)

Ended = Callable[[Plan], Awaitable[None]]
Proposed = Callable[[Plan], Awaitable[Plan]]

LOOK_AGAIN_SECONDS = 5.0
MAX_LOOK_AGAIN_SECONDS = 20.0


class Follower:
    """One per gateway process. `callbacks` are called with each plan that has ended, at least once.

    `proposed` is called with a plan that is not decided yet, since a standing grant may approve it.
    """

    def __init__(self, store: PlanStore, runs: PlanRuns, settings: GatewaySettings) -> None:
        self._store, self._runs, self._settings = store, runs, settings
        self._sweep = Repeated("plans", self._follow_due, settings.sweep_interval, failed="plan_sweep_failed")
        self._following: dict[str, asyncio.Task[None]] = {}
        self.callbacks: list[Ended] = []
        self.proposed: Proposed | None = None

    async def start(self) -> None:
        """Start following, also the plans whose gateway has died."""
        self._sweep.start()

    async def stop(self) -> None:
        """Stop following; the plans become due at once, for another gateway."""
        await self._sweep.stop()
        tasks = list(self._following.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def followed(self, plan_id: str, seconds: float) -> None:
        """Follow a plan that is due, and wait for what is due to be done, so many seconds at most."""
        self.follow(plan_id)
        await asyncio.wait([self._following[plan_id]], timeout=seconds)

    def follow(self, plan_id: str) -> None:
        """Follow a plan that is due, in the background."""
        if plan_id in self._following:
            return
        task = asyncio.create_task(self._follow(plan_id), name=f"plan {plan_id}")
        self._following[plan_id] = task
        task.add_done_callback(lambda _: self._following.pop(plan_id, None))

    async def _follow_due(self) -> None:
        for plan_id in await self._store.runs.now():
            self.follow(plan_id)

    async def _follow(self, plan_id: str) -> None:
        """Hold the plan's lease while bringing it to its end; after a failure the plan becomes due again."""
        lease = self._settings.run_lease
        try:
            if not await self._store.runs.claim(plan_id, time.time() + lease):
                return
            done = asyncio.Event()
            holder = asyncio.create_task(self._hold(plan_id, lease, done))
            try:
                due = await self._bring_to_end(plan_id)
            finally:
                # Not cancelled: a cancellation can get lost in the client, and this would wait for ever.
                done.set()
                await holder
            if due is not None:
                await self._store.runs.move(plan_id, due)
        except asyncio.CancelledError:
            await self._store.runs.move(plan_id, time.time())
            raise
        except (RedisError, AssistantError) as error:
            report(log, "plan_follow_failed", error, plan_id=plan_id)
        except Exception:
            # The boundary of a background task: a callback's defect must be logged. The plan becomes due again.
            log.exception("plan_follow_failed", plan_id=plan_id)

    async def _hold(self, plan_id: str, lease: float, done: asyncio.Event) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), lease / 3)
                return
            try:
                await self._store.runs.move(plan_id, time.time() + lease)
            except RedisError as error:
                report(log, "plan_lease_renewal_failed", error, plan_id=plan_id)

    async def _bring_to_end(self, plan_id: str) -> float | None:
        """Do what is due for the plan; return when it is due again (Unix seconds), None once nothing is left to do."""
        attempt = await self._store.attempt(plan_id)
        plan = await self._store.load(plan_id)
        if plan is None:
            await self._store.forget(plan_id, attempt)
            return None
        if plan.status == "proposed" and self.proposed is not None:
            plan = await self.proposed(plan)
        if plan.status == "proposed":
            await self._store.runs.move(plan_id, plan.expires_at)
            # A decision may have come between the two reads; it must not wait until the expiry.
            decided = await self._store.decision(plan_id)
            return time.time() if decided is not None else plan.expires_at
        if plan.status == "expired":
            # Expiry is stored as a decision, so that an approval at the last moment and the expiry exclude each other.
            await self._store.decide(plan_id, Decision(decision="expired", decided_at=time.time()))
            plan = await self._store.load(plan_id) or plan
        if plan.status not in PLAN_ENDS:
            plan = await self._runs.run(plan, attempt)
        if plan.status not in PLAN_ENDS:
            return time.time() + min(MAX_LOOK_AGAIN_SECONDS, LOOK_AGAIN_SECONDS * 2.0 ** min(attempt, 10))
        for callback in self.callbacks:
            await callback(plan)
        await self._store.forget(plan_id, attempt)
        log.info("plan_ended", plan_id=plan_id, status=plan.status)
        return None
