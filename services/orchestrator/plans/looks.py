"""Has every ended plan looked at again some minutes and an hour after its end, for what came late or of others.

The sorted set `runs:looks` holds the plans that are to be looked at, by when, so that any gateway does it, also after a
restart. The executor looks for effects in AWS, with credentials that read, and says on the plan what it found. Once AWS
has had time to show its events the plan's calls are compared with them as well (`evidence/`), so that an alarm waits
for nobody who asks. A look needs an open session of the plan's owner.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import structlog
from redis.exceptions import RedisError

from services.orchestrator.plans.store import PlanStore
from services.orchestrator.repeating import Repeated
from services.orchestrator.workers.dispatch import Dispatcher, new_call
from shared.errors import AssistantError
from shared.plans.plan import Plan

log = structlog.get_logger(__name__)

# Seconds after a plan's end.
LOOKS = (300.0, 1200.0, 3600.0)
# From when on a look compares the plan with AWS's event history, which is up to 15 minutes late.
COMPARED_AFTER = 900.0
# How long the executor's look may take, and how long after a look that failed another gateway may repeat it.
LOOK_SECONDS = 120.0
CLAIM_SECONDS = 3 * LOOK_SECONDS
SWEEP_SECONDS = 5.0


class Looks:
    """One per gateway process. `session_for` names an open session of a plan's owner, None where there is none.

    `compare` compares an ended plan with AWS's event history, with the credentials of a session.
    """

    def __init__(
        self,
        store: PlanStore,
        dispatcher: Dispatcher,
        session_for: Callable[[Plan], Awaitable[str | None]],
        compare: Callable[[Plan, str], Awaitable[object]],
    ) -> None:
        self._store, self._dispatcher, self._session_for, self._compare = store, dispatcher, session_for, compare
        passing = (RedisError, AssistantError)
        self._sweep = Repeated("plan looks", self.look, SWEEP_SECONDS, failed="plan_look_failed", passing=passing)

    async def start(self) -> None:
        """Begin to look, also at plans that a gateway which is gone had listed."""
        self._sweep.start()

    async def stop(self) -> None:
        """Stop; what is listed stays listed."""
        await self._sweep.stop()

    async def plan_ended(self, plan: Plan) -> None:
        """List a plan of which a step was begun, for its first look."""
        if any(step.started_at is not None for step in plan.steps):
            await self._store.looks.put(plan.plan_id, (plan.ended_at or time.time()) + LOOKS[0])

    async def look(self) -> None:
        """Look at the plans that are due, one after the other."""
        await self._store.looks.each(self._look_at, CLAIM_SECONDS, failed="plan_look_failed")

    async def _look_at(self, plan_id: str) -> None:
        """Ask the executor; list the plan for its next look. After a failure it stays due."""
        plan = await self._store.load(plan_id)
        session_id = await self._session_for(plan) if plan and plan.ended_at is not None else None
        if plan is None or plan.ended_at is None or session_id is None:
            why = "its owner has no open session" if plan and plan.ended_at is not None else "it is gone or goes on"
            log.info("plan_look_dropped", plan_id=plan_id, why=why)
            await self._store.looks.put(plan_id, None)
            return
        began = time.time()
        call = new_call(
            "executor",
            "reconcile_plan",
            {"plan_id": plan_id},
            session_id=session_id,
            turn_id=plan.turn_id,
            seconds=LOOK_SECONDS,
        )
        result = await self._dispatcher.call(call)
        if result.error is not None and result.error.retryable:
            log.warning("plan_look_failed", plan_id=plan_id, code=result.error.code)
            return
        if began >= plan.ended_at + COMPARED_AFTER:
            await self._compared(plan, session_id)
        due = [plan.ended_at + after for after in LOOKS if plan.ended_at + after > began]
        await self._store.looks.put(plan_id, due[0] if due else None)

    async def _compared(self, plan: Plan, session_id: str) -> None:
        """Compare the plan with AWS's event history. Raises where it may succeed when it is asked for again."""
        try:
            await self._compare(plan, session_id)
        except AssistantError as error:
            if error.retryable:
                raise
            log.warning("plan_not_compared", plan_id=plan.plan_id, code=error.code)
