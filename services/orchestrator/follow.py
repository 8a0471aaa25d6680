"""Follows plans to their end, whatever happens to this gateway: approved ones are run, all ends are told.

The sorted set `runs` names every plan whose end somebody waits for, by when it is due: at its expiry, at once
when it was decided, and after a lease while a gateway follows it. So a plan outlives its gateway.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from pydantic import JsonValue
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.orchestrator.dispatch import Dispatcher
from services.orchestrator.plan_store import Decision, Outcome, PlanStore
from services.orchestrator.settings import GatewaySettings
from shared.errors import AssistantError, Busy, DeadlineExceeded, Unavailable
from shared.messages import PLAN_ENDS, ErrorBody, Plan

log = structlog.get_logger(__name__)

Ended = Callable[[Plan], Awaitable[None]]

LOOK_AGAIN_SECONDS = 5.0


class Follower:
    """One per gateway process. `callbacks` are called with each plan that ended, at least once."""

    def __init__(self, redis: Redis, dispatcher: Dispatcher, store: PlanStore, settings: GatewaySettings) -> None:
        self._redis, self._dispatcher, self._store, self._settings = redis, dispatcher, store, settings
        self._sweeper: asyncio.Task[None] | None = None
        self._following: dict[str, asyncio.Task[None]] = {}
        self.callbacks: list[Ended] = []

    async def start(self) -> None:
        self._sweeper = asyncio.create_task(self._sweep(), name="plans")

    async def stop(self) -> None:
        """Stop following; what was followed is due at once, for another gateway."""
        tasks = [*self._following.values(), *([self._sweeper] if self._sweeper else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def watch(self, plan: Plan) -> None:
        """See to a new plan's expiry, unless it has ended already."""
        if plan.status not in PLAN_ENDS:
            await self._store.watch(plan.plan_id, plan.expires_at)

    def follow(self, plan_id: str) -> None:
        """Follow a plan that is due, in the background."""
        if plan_id in self._following:
            return
        task = asyncio.create_task(self._follow(plan_id), name=f"plan {plan_id}")
        self._following[plan_id] = task
        task.add_done_callback(lambda _: self._following.pop(plan_id, None))

    async def _sweep(self) -> None:
        while True:
            try:
                for plan_id in await self._store.due():
                    self.follow(plan_id)
            except RedisError as error:
                log.warning("plans_not_swept", error=type(error).__name__)
            await asyncio.sleep(self._settings.sweep_interval)

    async def _follow(self, plan_id: str) -> None:
        """Hold the plan while it is brought to its end; on any trouble it falls due again."""
        lease = self._settings.run_lease
        try:
            if not await self._store.claim(plan_id, time.time() + lease):
                return
            holder = asyncio.create_task(self._hold(plan_id, lease))
            try:
                await self._bring_to_end(plan_id)
            finally:
                holder.cancel()
        except asyncio.CancelledError:
            await self._store.hold(plan_id, time.time())
            raise
        except (RedisError, AssistantError) as error:
            log.warning("plan_not_followed", plan_id=plan_id, error=type(error).__name__)
        except Exception:
            # A background task's boundary: a callback's defect must not end unseen. The plan falls due again.
            log.exception("plan_not_followed", plan_id=plan_id)

    async def _hold(self, plan_id: str, lease: float) -> None:
        while True:
            await asyncio.sleep(lease / 3)
            try:
                await self._store.hold(plan_id, time.time() + lease)
            except RedisError as error:
                log.warning("plan_lease_not_renewed", plan_id=plan_id, error=type(error).__name__)

    async def _bring_to_end(self, plan_id: str) -> None:
        plan = await self._store.load(plan_id)
        if plan is None:
            await self._store.forget(plan_id)
            return
        if plan.status == "proposed":
            await self._store.hold(plan_id, plan.expires_at)
            decided = await self._store.decision(plan_id)
            if decided is not None:  # between the two reads; its due time must not be lost
                await self._store.hold(plan_id, time.time())
            return
        if plan.status == "expired":
            # As a decision, so that an approval at the last moment and the expiry cannot both be.
            await self._store.decide(plan_id, Decision(decision="expired", decided_at=time.time()))
            plan = await self._store.load(plan_id) or plan
        if plan.status not in PLAN_ENDS:
            plan = await self._run(plan)
        if plan.status not in PLAN_ENDS:
            await self._store.hold(plan_id, time.time() + LOOK_AGAIN_SECONDS)
            return
        for callback in self.callbacks:
            await callback(plan)
        await self._store.forget(plan_id)
        log.info("plan_ended", plan_id=plan_id, status=plan.status)

    async def _run(self, plan: Plan) -> Plan:
        """Have the executor run an approved plan, once however often it is asked; return its state then."""
        decision = await self._store.decision(plan.plan_id)
        if decision is None or decision.approval is None:
            return plan
        error = await self._ask_executor(plan, decision)
        after = await self._store.load(plan.plan_id) or plan
        if error is None or after.status in PLAN_ENDS:
            return after
        started = after.status != "approved"
        waited = time.time() - decision.decided_at > 2 * self._settings.run_timeout
        if started and error.code == DeadlineExceeded.code and not waited:
            return after  # it may still be going on
        outcome = Outcome(status="in_doubt" if started else "failed", error=error, ended_at=time.time())
        await self._store.end(plan.plan_id, outcome)
        return await self._store.load(plan.plan_id) or after

    async def _ask_executor(self, plan: Plan, decision: Decision) -> ErrorBody | None:
        assert decision.approval is not None
        arguments: dict[str, JsonValue] = {
            "plan_id": plan.plan_id,
            "approval": decision.approval.model_dump(mode="json"),
        }
        try:
            result = await self._dispatcher.call(
                "executor",
                "run_plan",
                arguments,
                session_id=plan.session_id,
                call_id=f"run.{plan.plan_id}",
                turn_id=plan.turn_id,
                timeout=self._settings.run_timeout,
            )
        except DeadlineExceeded as late:
            return ErrorBody(code=late.code, detail=late.detail, retryable=True)
        except (Busy, Unavailable) as trouble:
            log.warning("run_not_dispatched", plan_id=plan.plan_id, code=trouble.code)
            return None  # asked again when the plan is due next
        return result.error
