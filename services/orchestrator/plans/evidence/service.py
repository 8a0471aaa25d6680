"""Has a plan's journal and AWS's event history read, compares them, and records an alarm for what only AWS has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import structlog
from pydantic import JsonValue
from redis.asyncio import Redis

from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.plans.evidence.compare import compare
from services.orchestrator.plans.evidence.model import Evidence, ForeignEvent
from services.orchestrator.plans.service import PlanService
from services.orchestrator.plans.store import KEEP_SECONDS
from services.orchestrator.sessions.session import Session
from services.orchestrator.workers.dispatch import Dispatcher, new_call
from shared.audit.log import Entry
from shared.broker.stored import read, read_value
from shared.errors import Conflict
from shared.messages import Agent, Gap, ToolResult
from shared.plans.evidence import JournaledCalls, SessionEvents
from shared.plans.plan import PLAN_ENDS, Plan
from shared.sessions.role_sessions import DRY_RUN, session_name

log = structlog.get_logger(__name__)

TRAIL_SECONDS, JOURNAL_SECONDS = 120.0, 30.0
# What may have happened under the plan's name before it was stored, by clocks that differ.
BEFORE_SECONDS = 300.0
# How long one gateway has to write an alarm into the audit log before another one may.
CLAIM_SECONDS = 60


class EvidenceService:
    """`told` is called with each plan that has an alarm, whenever that is found."""

    def __init__(
        self,
        redis: Redis,
        dispatcher: Dispatcher,
        plans: PlanService,
        audit: AuditTrail,
        told: Callable[[Plan], Awaitable[None]] | None = None,
    ) -> None:
        self._redis, self._dispatcher, self._plans, self._audit = redis, dispatcher, plans, audit
        self._told = told

    async def ask(self, session: Session, plan_id: str) -> Evidence:
        """Compare now, store what was found, and record each alarm once; the session's credentials read.

        Raises NotFound (`plan_not_found`), Forbidden (`not_the_owner`), Conflict (`plan_not_ended`), what the workers
        answer, and Unavailable (`audit_unavailable`): an alarm that cannot be audited is not told either.
        """
        plan = await self._plans.own(session, plan_id)
        return await self.of_plan(plan, session.session_id)

    async def of_plan(self, plan: Plan, session_id: str) -> Evidence:
        """The same for a plan whose owner has this session."""
        if plan.status not in PLAN_ENDS:
            raise Conflict(
                f"the plan is {plan.status}: its calls are compared with AWS's once it has ended", code="plan_not_ended"
            )
        role = plan.identity.role_arn is not None
        # The history first: what it has, the journal has by then, since each call is there before it is sent.
        events, gaps = await self._events(plan, session_id, of_a_role=role)
        journal = await self._journal(plan, session_id)
        found = await asyncio.to_thread(compare, plan, journal, events, gaps, of_a_role=role)
        await self._alarm(plan, found.alarms)
        await self._redis.set(_key(plan.plan_id), found.model_dump_json(), ex=KEEP_SECONDS)
        return found

    async def last(self, plan_id: str) -> Evidence | None:
        """What the last comparison found, None where there was none. Raises Unavailable (`record_unreadable`)."""
        stored: Any = await self._redis.get(_key(plan_id))
        return read(Evidence, stored) if stored else None

    async def _events(self, plan: Plan, session_id: str, *, of_a_role: bool) -> tuple[SessionEvents, list[Gap]]:
        names = [session_name(f"{plan.plan_id}{purpose}") for purpose in ("", DRY_RUN)]
        arguments: dict[str, JsonValue] = {
            "session_names": list(names) if of_a_role else [plan.identity.caller_arn.rsplit("/", 1)[-1]],
            "since": plan.created_at - BEFORE_SECONDS,
            "regions": _regions(plan),
            "accounts": [plan.identity.account],
        }
        result = await self._call("info", "list_session_events", arguments, session_id, TRAIL_SECONDS)
        gaps = list(result.gaps)
        if not of_a_role:
            detail = (
                "the plan ran with the caller's own credentials and has no role session of its own, so that somebody"
                " else's calls cannot be told from the caller's; open sessions with role_arn"
            )
            gaps.append(Gap(code="no_role_session", detail=detail))
        return read_value(SessionEvents, result.result), gaps

    async def _journal(self, plan: Plan, session_id: str) -> JournaledCalls:
        result = await self._call(
            "executor", "list_journaled_calls", {"plan_id": plan.plan_id}, session_id, JOURNAL_SECONDS
        )
        return read_value(JournaledCalls, result.result)

    async def _call(
        self, agent: Agent, tool: str, arguments: dict[str, JsonValue], session_id: str, seconds: float
    ) -> ToolResult:
        call = new_call(agent, tool, arguments, session_id=session_id, seconds=seconds)
        result = await self._dispatcher.call(call)
        if result.error is not None:
            raise result.error.as_exception(agent=agent, tool=tool, region=result.region)
        return result

    async def _alarm(self, plan: Plan, events: Collection[ForeignEvent]) -> None:
        """Write each event that only AWS has into the audit log of the plan's session, unless it is there."""
        for event in events:
            key = f"runs:alarm:{plan.plan_id}:{event.event_id}"
            if not await self._redis.set(key, "claimed", nx=True, ex=CLAIM_SECONDS):
                continue
            try:
                await self._audit.record(plan.runs_in or plan.session_id, foreign_entry(plan, event))
            except BaseException:
                await self._redis.delete(key)
                raise
            await self._redis.set(key, "recorded", ex=KEEP_SECONDS)
            log.error("foreign_call_found", plan_id=plan.plan_id, event_id=event.event_id)
        if events and self._told:
            await self._told(plan)


def foreign_entry(plan: Plan, event: ForeignEvent) -> Entry:
    """The audit entry of an event that only AWS has."""
    about = event.model_dump(
        mode="json",
        include={
            "event_id", "event_name", "event_source", "region", "request_id", "invoked_by", "source_address",
            "user_agent", "error_code", "time",
        },
    )  # fmt: skip
    return Entry("plan.foreign_call", {"plan_id": plan.plan_id, **about})


def _regions(plan: Plan) -> list[JsonValue]:
    """The regions that the plan names: its own, and those of its steps."""
    named = [plan.identity.region, *(step.arguments.get("region") for step in plan.steps)]
    return list(dict.fromkeys(region for region in named if isinstance(region, str)))


def _key(plan_id: str) -> str:
    return f"runs:evidence:{plan_id}"
