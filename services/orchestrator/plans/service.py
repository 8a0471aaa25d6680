"""Has the executor prepare plans, and shows plans with their current status.

Only the executor writes `plan:{id}`; a plan's status follows from that record and the decisions on it, see
`status.py`. The reasoning loop gets this service and nothing of `decisions/`, which an import rule keeps from here: a
model can propose a plan, and cannot approve one.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue
from redis.asyncio import Redis

from services.orchestrator.audit.plan_entries import proposed_entry
from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.paging import decode_place, encode_place, newest_first
from services.orchestrator.plans.status import Decision
from services.orchestrator.plans.store import PlanStore
from services.orchestrator.sessions.fencing import check_proposal
from services.orchestrator.sessions.session import Session
from services.orchestrator.workers.dispatch import Dispatcher, new_call
from shared.audit.log import Entry
from shared.broker.stored import UnreadableRecord, read_value
from shared.errors import Conflict, Forbidden, NotFound
from shared.plans.decisions import Approval
from shared.plans.ids import plan_id_of
from shared.plans.page.actions import UNDOABLE, can_be_undone
from shared.plans.plan import Plan, PlanStatus
from shared.plans.rules import NO_RULES, Right, Rules
from shared.plans.step import ProposedStep, UntrustedArgument
from shared.secrets import in_plans as secrets_in_plans

PREPARE_SECONDS = 90.0
MAX_PAGE = 100
# Plans that one request looks at for those of a status.
MAX_LOOKED_AT = 500
# With a status asked for, so many are looked at first, then twice as many each time.
FIRST_BATCH = 25
_LIST = "plans"


@dataclass(frozen=True, slots=True)
class Page:
    """Plans, newest first, and the cursor of the next page where there is one; and those that cannot be read."""

    plans: tuple[Plan, ...]
    next_cursor: str | None
    unreadable: tuple[UnreadableRecord, ...] = ()


class PlanService:
    """Propose and show plans."""

    def __init__(
        self, redis: Redis, dispatcher: Dispatcher, store: PlanStore, audit: AuditTrail, rules: Rules = NO_RULES
    ) -> None:
        self._redis, self._dispatcher, self._store, self._audit = redis, dispatcher, store, audit
        self.rules = rules

    async def propose(
        self,
        session: Session,
        goal: str,
        steps: Sequence[ProposedStep],
        on_failure: Literal["undo", "keep"] = "undo",
        *,
        turn_id: str | None = None,
        call_id: str | None = None,
        untrusted: Sequence[UntrustedArgument] = (),
        by_program: bool = False,
        account: str | None = None,
    ) -> Plan:
        """Have the executor prepare a plan. Raises AssistantError with the executor's code where it refuses.

        `account` is the id or name of the one to change; required where the session holds several
        (`account_required`). Raises Forbidden where a fence of the session leaves the plan out.

        `by_program`: the person's own words were not seen, so every argument is untrusted. A proposal with a secret is
        refused before anything of it is stored or sent (`secret_in_plan`).
        """
        check_proposal(session, steps)
        secrets_in_plans.check_steps(goal, steps)
        arguments: dict[str, JsonValue] = {
            "goal": goal,
            "steps": [step.model_dump(mode="json") for step in steps],
            "on_failure": on_failure,
            "turn_id": turn_id,
            "borrowed": [item.model_dump(mode="json") for item in untrusted],
            "by_program": by_program,
            "account": account,
        }
        proposal = {"goal": goal, "steps": arguments["steps"], "turn_id": turn_id}
        return await self._prepare(session, "prepare_plan", arguments, proposal, turn_id=turn_id, call_id=call_id)

    async def undo(
        self,
        session: Session,
        plan_id: str,
        *,
        turn_id: str | None = None,
        call_id: str | None = None,
        by_program: bool = False,
    ) -> Plan:
        """Have the executor prepare a plan that undoes an ended plan's finished steps; `by_program`: a program asks.

        Raises Conflict (`cannot_undo`) where nothing is left to undo or somebody has changed what the plan made.
        """
        session.perimeter.check_change()
        plan = await self.own(session, plan_id)
        if not can_be_undone(plan):
            why = (
                f"it is {plan.status}" if plan.status not in UNDOABLE else "none of its steps is done and can be undone"
            )
            raise Conflict(f"there is nothing to undo of this plan: {why}", code="cannot_undo")
        arguments: dict[str, JsonValue] = {"plan_id": plan_id, "turn_id": turn_id}
        if by_program:
            # An executor of the version before does not know it.
            arguments["by_program"] = True
        proposal = {"undoes": plan_id, "turn_id": turn_id}
        return await self._prepare(session, "prepare_undo", arguments, proposal, turn_id=turn_id, call_id=call_id)

    async def edited(
        self, session: Session, plan: Plan, remove: Sequence[str], arguments: Mapping[str, Mapping[str, JsonValue]]
    ) -> Plan:
        """Have the executor prepare the edited form of a plan, which exists to nobody before `PlanStore.replace`.

        Raises AssistantError with the executor's code where it refuses; the plan itself stays as it is.
        """
        edit: dict[str, JsonValue] = {
            "remove": list(remove),
            "arguments": {step: dict(given) for step, given in arguments.items()},
        }
        asked: dict[str, JsonValue] = {"plan_id": plan.plan_id, **edit}
        about = {"replaces": plan.plan_id, "turn_id": plan.turn_id, **edit}
        answer = await self._asked(session, "prepare_edit", asked, about, turn_id=plan.turn_id)
        made = read_value(Plan, answer)
        await self._keep(made, answer)
        return made

    async def _prepare(
        self,
        session: Session,
        tool: Literal["prepare_plan", "prepare_undo"],
        arguments: dict[str, JsonValue],
        proposal: Mapping[str, JsonValue],
        *,
        turn_id: str | None = None,
        call_id: str | None = None,
    ) -> Plan:
        answer = await self._asked(session, tool, arguments, proposal, turn_id=turn_id, call_id=call_id)
        plan = read_value(Plan, answer)
        await self._audit.record(session.session_id, proposed_entry(plan))
        if plan.status == "proposed":
            await self._keep(plan, answer)
            # A turn cannot approve. Where the owner has grants, the follower checks at once whether one covers it.
            now = turn_id is not None and await self._has_grants(session.owner_id)
            await self._store.runs.add(plan.plan_id, time.time() if now else plan.expires_at)
        return await self._store.load(plan.plan_id) or plan

    async def _keep(self, plan: Plan, answer: JsonValue) -> None:
        """Remember the plan as the executor returned it, and that its review is to come, where one is."""
        await self._store.prepared(plan.plan_id, answer)
        if plan.review_status == "pending":
            await self._store.reviews.put(plan.plan_id, time.time())

    async def _asked(
        self,
        session: Session,
        tool: Literal["prepare_plan", "prepare_undo", "prepare_edit"],
        arguments: dict[str, JsonValue],
        proposal: Mapping[str, JsonValue],
        *,
        turn_id: str | None = None,
        call_id: str | None = None,
    ) -> JsonValue:
        """The executor's answer; a refusal is in the audit as `proposal` with its reason, and raised."""
        result = await self._dispatcher.call(
            new_call(
                "executor",
                tool,
                arguments,
                session_id=session.session_id,
                call_id=call_id,
                turn_id=turn_id,
                seconds=PREPARE_SECONDS,
            )
        )
        if result.error is not None:
            refused = {**proposal, "code": result.error.code, "detail": result.error.detail}
            await self._audit.record(session.session_id, Entry("plan.refused", refused))
            raise result.error.as_exception()
        return result.result

    async def withdraw(self, session: Session, call_id: str) -> None:
        """Cancel the plan that a call under way prepares, whether or not there is one yet: nobody can approve it."""
        plan_id = plan_id_of(session.session_id, call_id)
        decided = {"plan_id": plan_id, "decision": "cancel", "reason": "its turn was stopped"}
        await self._audit.record(session.session_id, Entry("plan.decided", decided))
        decision = Decision(decision="cancel", decided_at=time.time(), by=session.person)
        await self._store.decide(plan_id, decision)

    async def _has_grants(self, owner_id: str) -> bool:
        return bool(await self._redis.exists(f"grants:{owner_id}"))

    async def get(self, session: Session, plan_id: str, may: Right = "read") -> Plan:
        """One plan, its status as of now: of the session's owner, or one that the operator's rules let others see.

        Raises NotFound (`plan_not_found`) where this session may not even read it, so that nobody learns of its being
        there, and Forbidden (`not_shared_for_decisions`) where it may read it and `may` asks for more.
        """
        plan = await self._store.load(plan_id)
        if plan is None or not self.allows(session, plan, "read"):
            raise NotFound("there is no such plan, or it is not yours", code="plan_not_found")
        if not self.allows(session, plan, may):
            raise Forbidden(
                "the operator's rules let you read this plan and not decide it; ask its owner, or who may decide it",
                code="not_shared_for_decisions",
            )
        return plan

    async def deciders(self, plan_id: str) -> tuple[str, ...]:
        """The ARNs of who decided the plan, in their order; none where nobody did, or a grant stood in."""
        decision = await self._store.decision(plan_id)
        if decision is None:
            return ()
        earlier = [Approval.read(text).by for text in decision.approvals]
        return tuple(person.caller_arn for person in (*earlier, decision.by) if person is not None)

    async def own(self, session: Session, plan_id: str) -> Plan:
        """As `get`, only a plan of the session's owner. Raises Forbidden (`not_the_owner`) for one shared with it."""
        plan = await self.get(session, plan_id)
        if plan.owner_id != session.owner_id:
            raise Forbidden(
                "only its owner does this with a plan; propose a change of your own instead", code="not_the_owner"
            )
        return plan

    def allows(self, session: Session, plan: Plan, right: Right) -> bool:
        """Whether the session may read or decide a plan."""
        if plan.owner_id == session.owner_id:
            return True
        return session.holds(plan.identity.account) and self.rules.shares(plan, session.caller_arn, right)

    async def page(
        self, session: Session, cursor: str | None = None, limit: int = 20, statuses: Collection[PlanStatus] = ()
    ) -> Page:
        """Plans of the session's owner, newest first; only those of `statuses`, where some are given.

        A plan that cannot be read counts as one of the page, whatever its status. Among many plans of other statuses a
        page may be shorter than `limit`, or empty, and still have a next one. Raises BadRequest (`invalid_cursor`).
        """
        index, after = f"plans:{session.owner_id}", decode_place(_LIST, cursor)
        size, looked_at, more = max(1, min(limit, MAX_PAGE)), 0, True
        # Where most plans may be of another status, more are read at a time: each time is a wait for Redis.
        batch = size if not statuses else max(size, FIRST_BATCH)
        plans: list[Plan] = []
        unread: list[UnreadableRecord] = []
        while more and len(plans) + len(unread) < size and looked_at < MAX_LOOKED_AT:
            most = min(batch, MAX_LOOKED_AT - looked_at)
            places, more = await newest_first(self._redis, index, most, after)
            for place, found in zip(places, await self._store.load_many([one.name for one in places]), strict=True):
                if len(plans) + len(unread) == size:
                    more = True
                    break
                after, looked_at = place, looked_at + 1
                if isinstance(found, UnreadableRecord):
                    unread.append(found)
                elif found is not None and (not statuses or found.status in statuses):
                    plans.append(found)
            batch = min(2 * batch, MAX_PAGE)
        next_cursor = encode_place(_LIST, after) if more and after else None
        return Page(tuple(plans), next_cursor, tuple(unread))
