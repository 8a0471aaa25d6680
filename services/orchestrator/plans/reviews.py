"""Takes Claude's review of a plan when it comes, after the plan itself: into the audit, beside the plan, to its turn.

The executor asks the advisor and waits for nothing. The sorted set `runs:reviews` holds the plans whose review is to
come, by when to look again, so that any gateway takes it, also after a restart. A review is stored once, for one
digest, and never in the plan's record, which may be of a running plan by then.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import structlog
from pydantic import ValidationError
from redis.exceptions import RedisError

from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.plans.status import REVIEW_LOST_SECONDS
from services.orchestrator.plans.store import PlanStore
from services.orchestrator.repeating import Repeated
from services.orchestrator.workers.dispatch import GRACE_SECONDS, Dispatcher
from shared.audit.log import Entry
from shared.audit.reviews import review_facts
from shared.errors import AssistantError
from shared.plans.ids import review_call_id
from shared.plans.plan import Plan, Review
from shared.plans.reviews import no_review

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 0.5
# How long after a failure, or the death of the gateway that looked, another look is made.
CLAIM_SECONDS = 5.0
# How long after its review's time a plan's turn may take to be stored as waiting for it.
SETTLE_SECONDS = 60.0

_LATE = "the advisor did not answer in time"

# Tells whoever follows the plan's turn; False where it cannot be told yet.
Told = Callable[[Plan], Awaitable[bool]]


class Reviews:
    """One per gateway process."""

    def __init__(self, store: PlanStore, dispatcher: Dispatcher, audit: AuditTrail, told: Told | None = None) -> None:
        self._store, self._dispatcher, self._audit, self._told = store, dispatcher, audit, told
        passing = (RedisError, AssistantError)
        self._sweep = Repeated(
            "plan reviews", self.look, LOOK_AGAIN_SECONDS, failed="plan_review_not_taken", passing=passing
        )

    async def start(self) -> None:
        """Begin to look, also for the reviews that a gateway which is gone waited for."""
        self._sweep.start()

    async def stop(self) -> None:
        """Stop; what is listed stays listed."""
        await self._sweep.stop()

    async def look(self) -> None:
        """Take the reviews that have come, of the plans that are due."""
        await self._store.reviews.each(self._look_for, CLAIM_SECONDS, failed="plan_review_not_taken")

    async def _look_for(self, plan_id: str) -> None:
        await self._store.reviews.put(plan_id, await self._take(plan_id))

    async def _take(self, plan_id: str) -> float | None:
        """Do what can be done for the plan; return when to look again (Unix seconds), None once all is done."""
        prepared = await self._store.record(plan_id)
        if prepared is None or prepared.review_until is None:
            return None
        again = time.time() + LOOK_AGAIN_SECONDS
        if not await self._store.is_reviewed(plan_id):
            review = await self._answer(prepared, prepared.review_until)
            if review is None:
                return again
            await self._audit.record(prepared.session_id, Entry("advisor.called", review_facts(prepared, review)))
            await self._store.reviewed(prepared, review)
            log.info("plan_reviewed", plan_id=plan_id, status=review.status, verdict=review.verdict)
        plan = await self._store.load(plan_id)
        if self._told is None or (plan is not None and await self._told(plan)):
            return None
        # The turn does not wait for the plan yet, or the plan is an edited one that is not in its place yet.
        return again if time.time() < prepared.review_until + SETTLE_SECONDS else None

    async def _answer(self, plan: Plan, until: float) -> Review | None:
        """What the advisor has signed for exactly this plan, or why there is no review; None while it may come."""
        if time.time() > until + REVIEW_LOST_SECONDS:
            return no_review(_LATE)  # so it has been shown since then
        try:
            result = await self._dispatcher.answered("advisor", review_call_id(plan), plan.session_id)
            if result is not None:
                return no_review(result.error.detail) if result.error else Review.model_validate(result.result)
        except AssistantError as error:
            return no_review(error.detail)
        except ValidationError:
            return no_review("the advisor's answer is not a review")
        if time.time() < until + GRACE_SECONDS:
            return None
        return no_review(_LATE)
