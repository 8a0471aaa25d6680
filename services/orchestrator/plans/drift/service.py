"""Has an ended plan compared with AWS, and of what differs asks AWS's event history who changed it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import structlog
from pydantic import JsonValue

from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.plans.drift.changers import by_whom, named_plans
from services.orchestrator.plans.drift.model import PlanDrift, StepFound
from services.orchestrator.plans.service import PlanService
from services.orchestrator.sessions.session import Session
from services.orchestrator.workers.dispatch import Dispatcher, new_call
from shared.audit.log import Entry
from shared.broker.stored import read_value
from shared.errors import AssistantError, Conflict, Forbidden, NotFound
from shared.messages import Gap
from shared.plans.drift import MAX_RESOURCES, ChangesSince, ComparedPlan, ResourceChanges, StepDrift
from shared.plans.plan import PLAN_ENDS, Plan

log = structlog.get_logger(__name__)

COMPARE_SECONDS, HISTORY_SECONDS = 60.0, 60.0
_NOT_RECORDED = (
    "AWS's event history has management events alone: calls on data, such as S3 objects, queue messages and function"
    " invocations, are never in it"
)


class DriftService:
    """One per gateway process."""

    def __init__(self, dispatcher: Dispatcher, plans: PlanService, audit: AuditTrail) -> None:
        self._dispatcher, self._plans, self._audit = dispatcher, plans, audit

    async def ask(self, session: Session, plan_id: str) -> PlanDrift:
        """Compare now, with this session's credentials, which read; what was found is an entry of the audit log.

        Raises NotFound (`plan_not_found`), Forbidden (`not_the_owner`), Conflict (`plan_not_ended`), what the executor
        answers, and Unavailable (`audit_unavailable`): a read that cannot be audited is not told.
        """
        plan = await self._plans.own(session, plan_id)
        if plan.status not in PLAN_ENDS:
            raise Conflict(
                f"the plan is {plan.status}: what it left is compared with AWS once it has ended", code="plan_not_ended"
            )
        compared = await self._compared(session, plan_id)
        found = await self._with_changers(session, plan, compared)
        await self._audit.record(session.session_id, _entry(found))
        return found

    async def _compared(self, session: Session, plan_id: str) -> ComparedPlan:
        arguments: dict[str, JsonValue] = {"plan_id": plan_id}
        call = new_call("executor", "compare_plan", arguments, session_id=session.session_id, seconds=COMPARE_SECONDS)
        result = await self._dispatcher.call(call)
        if result.error is not None:
            raise result.error.as_exception(agent="executor", tool="compare_plan", region=result.region)
        return read_value(ComparedPlan, result.result)

    async def _with_changers(self, session: Session, plan: Plan, compared: ComparedPlan) -> PlanDrift:
        titles = {step.id: step.title for step in plan.steps}
        moved = [one for one in compared.steps if one.state in ("changed", "gone")]
        asked = [one for one in moved if one.names][:MAX_RESOURCES]
        history, gaps = await self._history(session, plan, asked) if asked else (None, [])
        by_id = {one.id: one for one in history.resources} if history else {}
        plans = await self._named_plans(session, by_id.values())
        who = {one.step: by_whom(plan, one, by_id.get(one.step), plans) for one in moved}
        steps = tuple(StepFound(one, titles.get(one.step, ""), who.get(one.step)) for one in compared.steps)
        if history:
            gaps += _never_shown(history, steps)
        return PlanDrift(
            plan_id=plan.plan_id,
            looked_at=compared.looked_at,
            steps=steps,
            shown_until=history.shown_until if history else None,
            gaps=tuple(gaps),
        )

    async def _history(
        self, session: Session, plan: Plan, asked: Sequence[StepDrift]
    ) -> tuple[ChangesSince | None, list[Gap]]:
        """What the event history has of these; None, and a gap, where it could not be asked at all."""
        resources: list[JsonValue] = [
            {"id": one.step, "names": list(one.names), "since": one.left_at, "region": one.region} for one in asked
        ]
        arguments: dict[str, JsonValue] = {"resources": resources, "accounts": [plan.identity.account]}
        call = new_call("info", "list_changes_since", arguments, session_id=session.session_id, seconds=HISTORY_SECONDS)
        try:
            result = await self._dispatcher.call(call)
            if result.error is not None:
                raise result.error.as_exception()
            return read_value(ChangesSince, result.result), list(result.gaps)
        except AssistantError as error:
            if error.code == "audit_unavailable":
                raise
            log.warning("drift_history_unread", plan_id=plan.plan_id, code=error.code)
            return None, [Gap(code=error.code, detail=f"AWS's event history could not be read: {error.detail}")]

    async def _named_plans(self, session: Session, found: Collection[ResourceChanges]) -> dict[str, Plan]:
        """The plans of the session's owner that the events name."""
        plans = {}
        for plan_id in named_plans(found):
            try:
                plans[plan_id] = await self._plans.own(session, plan_id)
            except (NotFound, Forbidden):
                continue
        return plans


def _never_shown(history: ChangesSince, steps: Collection[StepFound]) -> list[Gap]:
    """What of the event history could not be seen, or never is."""
    until = datetime.fromtimestamp(history.shown_until, UTC)
    late = Gap(
        code="events_late",
        detail=f"what happened after {until:%Y-%m-%d %H:%M:%S} UTC may not be in AWS's event history yet: it is about 5"
        " minutes late, now and then 15",
    )
    nobody = any(one.by_whom is not None and not one.by_whom.events for one in steps)
    return [late, *([Gap(code="data_events_not_recorded", detail=_NOT_RECORDED)] if nobody else [])]


def _entry(found: PlanDrift) -> Entry:
    """The audit entry of a comparison: which steps were found how, and none of their values."""
    states = {one.drift.step: one.drift.state for one in found.steps}
    return Entry("plan.drift_read", {"plan_id": found.plan_id, "verdict": found.verdict, "steps": states})
