"""Edits a plan before it is approved: its edited form is prepared and checked, then put in its place at once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from services.orchestrator.audit.plan_entries import proposed_entry
from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.decisions.undecided import check_undecided, decided_already, session_ended
from services.orchestrator.plans.follower import Follower
from services.orchestrator.plans.service import PlanService
from services.orchestrator.plans.status import Decision
from services.orchestrator.plans.store import PlanStore
from services.orchestrator.sessions.service import SessionService
from services.orchestrator.sessions.session import Session
from shared.audit.log import Entry
from shared.errors import NotFound
from shared.plans.plan import Plan

# How long an answer waits for the turn to be shown as waiting for the edited form; it does later all the same.
FOLLOW_SECONDS = 2.0


class Edits:
    """Edit plans that nobody has decided. The model is not asked, and nothing is approved by an edit."""

    def __init__(
        self, plans: PlanService, store: PlanStore, follower: Follower, sessions: SessionService, audit: AuditTrail
    ) -> None:
        self._plans, self._store, self._follower = plans, store, follower
        self._sessions, self._audit = sessions, audit

    async def edit(
        self, session: Session, plan_id: str, remove: Sequence[str], arguments: Mapping[str, Mapping[str, JsonValue]]
    ) -> Plan:
        """Return the edited form, which waits for a decision in the plan's place; the plan is cancelled.

        Only its owner edits a plan: it runs with the owner's credentials, and who may decide about it is not who may
        say what it does. Raises Forbidden (`not_the_owner`), Conflict (`already_decided`, `session_ended`), Gone
        (`plan_expired`) and what the executor refuses; the plan then is as it was.
        """
        plan = await self._plans.own(session, plan_id)
        check_undecided(plan)
        prepared_in = await self._sessions.running_as(plan, [plan.session_id, session.session_id])
        if prepared_in is None:
            raise session_ended(plan, "edit the plan")
        edited = await self._plans.edited(prepared_in, plan, remove, arguments)
        said: dict[str, JsonValue] = {
            "plan_id": plan_id,
            "replaced_by": edited.plan_id,
            "remove": list(remove),
            "arguments": {step: dict(given) for step, given in arguments.items()},
        }
        decision = Decision(decision="cancel", decided_at=time.time(), by=session.person, replaced_by=edited.plan_id)
        decided = {"plan_id": plan_id, "decision": "cancel", "replaced_by": edited.plan_id}
        entries = (Entry("plan.edited", said), Entry("plan.decided", decided))
        await self._audit.record_of(session.person, prepared_in.session_id, *entries)
        await self._audit.record(prepared_in.session_id, proposed_entry(edited))
        if not await self._store.replace(plan, decision, edited):
            now = await self._plans.get(session, plan_id)
            check_undecided(now)
            raise decided_already(now)
        await self._follower.followed(plan_id, FOLLOW_SECONDS)
        in_place = await self._store.load(edited.plan_id)
        if in_place is None:
            raise NotFound("the edited plan is gone; propose it again", code="plan_not_found")
        return in_place
