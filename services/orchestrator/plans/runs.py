"""Requests the run of an approved plan from the executor, and ends plans that no executor can bring to an end."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import structlog
from pydantic import JsonValue

from services.orchestrator.plans.status import Outcome
from services.orchestrator.plans.store import PlanStore
from services.orchestrator.workers.dispatch import Dispatcher, new_call
from shared.errors import Busy, DeadlineExceeded, Unavailable
from shared.messages import ErrorBody
from shared.plans.decisions import Approval
from shared.plans.plan import PLAN_ENDS, Plan

log = structlog.get_logger(__name__)

# When the session ends, Unix seconds; None where it has ended.
SessionEnd = Callable[[str], Awaitable[float | None]]

# Final refusals: the executor will never run this plan with this approval.
_REFUSALS = frozenset(
    {
        "approval_mismatch",
        "bad_signature",
        "grant_not_valid",
        "not_acknowledged",
        "not_approved",
        "not_enough_approvals",
        "plan_not_found",
        "review_pending",
        "review_unavailable",
        "stale_digest",
    }
)
# The call was lost or another worker has the plan: request the run again.
_ASK_AGAIN = frozenset({"cancelled", "poisoned"})
# A call at the end of its session still gets this many seconds.
GRACE_SECONDS = 10.0


class NotPublished(Exception):
    """The call could not be published; the same call is made again later."""


class PlanRuns:
    """Requests runs of plans. `timeout` is how many seconds one call may take."""

    def __init__(self, dispatcher: Dispatcher, store: PlanStore, session_end: SessionEnd, timeout: float) -> None:
        self._dispatcher, self._store, self._session_end, self._timeout = dispatcher, store, session_end, timeout

    async def run(self, plan: Plan, attempt: int) -> Plan:
        """Request the plan's run and return the plan afterwards: ended, or to be requested again."""
        decision = await self._store.decision(plan.plan_id)
        if decision is None or decision.approval is None:
            return plan
        ends = await self._session_end(decision.approval.session_id)
        try:
            error = await self._ask(plan, decision.approval, attempt, ends or time.time())
        except NotPublished:
            error = None
            if ends is not None:
                return plan
        after = await self._store.load(plan.plan_id) or plan
        if after.status in PLAN_ENDS:
            return after
        outcome = await self._given_up(after, decision.approval, error, session_over=ends is None)
        if outcome is None:
            await self._store.next_attempt(plan.plan_id)
            log.info("plan_run_repeated", plan_id=plan.plan_id, attempt=attempt, code=error.code if error else None)
            return after
        log.warning("plan_given_up", plan_id=plan.plan_id, status=outcome.status, code=outcome.error.code)
        await self._store.end(plan.plan_id, outcome)
        return await self._store.load(plan.plan_id) or after

    async def _ask(self, plan: Plan, approval: Approval, attempt: int, ends: float) -> ErrorBody | None:
        arguments: dict[str, JsonValue] = {"plan_id": plan.plan_id, "approval": approval.as_signed()}
        try:
            result = await self._dispatcher.call(
                new_call(
                    "executor",
                    "run_plan",
                    arguments,
                    session_id=approval.session_id,
                    call_id=f"run.{plan.plan_id}.{attempt}",
                    turn_id=plan.turn_id,
                    seconds=min(self._timeout, max(0.0, ends - time.time()) + GRACE_SECONDS),
                )
            )
        except DeadlineExceeded as late:
            return ErrorBody.of(late)
        except (Busy, Unavailable) as trouble:
            log.warning("plan_run_dispatch_failed", plan_id=plan.plan_id, code=trouble.code)
            raise NotPublished from trouble
        return result.error

    async def _given_up(
        self, plan: Plan, approval: Approval, error: ErrorBody | None, *, session_over: bool
    ) -> Outcome | None:
        """The outcome of a plan that no executor will end; None where the run is worth requesting again."""
        started = plan.status != "approved"
        if error is not None and error.code in _REFUSALS:
            final = error
        elif session_over:
            final = ErrorBody(code="session_expired", detail="the session ended before the plan did")
        elif started or error is None:
            return None
        elif not error.retryable and error.code not in _ASK_AGAIN:
            final = error
        elif time.time() > min(plan.expires_at, approval.expires_at):
            final = ErrorBody(
                code="plan_expired", detail=f"no executor began it before its approval expired ({error.detail})"
            )
        else:
            return None
        if not started and await self._store.is_cancelled(plan.plan_id):
            return Outcome(status="cancelled", error=final, ended_at=time.time())
        unclear = plan.status == "undoing" or any(step.status in ("running", "in_doubt") for step in plan.steps)
        return Outcome(status="in_doubt" if unclear else "failed", error=final, ended_at=time.time())
