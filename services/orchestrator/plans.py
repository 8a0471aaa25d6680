"""Plans as the gateway knows them: proposed through the executor, decided by a person, followed to their end.

The executor alone writes `plan:{id}`. The gateway writes `decision:{id}`, once, and, where the executor could
not finish, `outcome:{id}`; a plan's status is the three together.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import JsonValue
from redis.asyncio import Redis

from services.orchestrator.audit_trail import AuditTrail, ended_entries, proposed_entry
from services.orchestrator.dispatch import Dispatcher
from services.orchestrator.follow import Ended, Follower
from services.orchestrator.plan_store import Decision, PlanStore
from services.orchestrator.problems import error_from
from services.orchestrator.settings import GatewaySettings
from shared.audit import Entry
from shared.errors import Conflict, Gone, InvalidArguments, NotFound
from shared.messages import Approval, Borrowed, Plan, ProposedStep
from shared.signing import sign_decision

PREPARE_TIMEOUT = 90.0
MAX_PAGE = 100


class OfSession(Protocol):
    @property
    def session_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Page:
    """Plans, newest first, and the cursor of the next page where there is one."""

    plans: tuple[Plan, ...]
    next_cursor: str | None


class PlanService:
    """Propose, show and decide plans. `on_end` callbacks get every plan's final state at least once."""

    def __init__(self, redis: Redis, dispatcher: Dispatcher, settings: GatewaySettings, audit: AuditTrail) -> None:
        self._redis, self._dispatcher, self._settings, self._audit = redis, dispatcher, settings, audit
        self._store = PlanStore(redis)
        self._follower = Follower(redis, dispatcher, self._store, settings)
        # The first to be told: what follows an end happens after it is in the log.
        self._follower.callbacks.append(self._ended)

    async def start(self) -> None:
        """Start following; plans that nobody follows (a gateway died) are picked up."""
        await self._follower.start()

    async def stop(self) -> None:
        await self._follower.stop()

    def on_end(self, callback: Ended) -> None:
        """Have `callback` called with each plan that ended. It must stand being called twice for one."""
        self._follower.callbacks.append(callback)

    async def propose(
        self,
        session: OfSession,
        goal: str,
        steps: Sequence[ProposedStep],
        on_failure: Literal["undo", "keep"] = "undo",
        *,
        turn_id: str | None = None,
        call_id: str | None = None,
        borrowed: Sequence[Borrowed] = (),
    ) -> Plan:
        """Have the executor prepare a plan. Raises AssistantError with the executor's code where it refuses."""
        arguments: dict[str, JsonValue] = {
            "goal": goal,
            "steps": [step.model_dump(mode="json") for step in steps],
            "on_failure": on_failure,
            "turn_id": turn_id,
            "borrowed": [item.model_dump(mode="json") for item in borrowed],
        }
        result = await self._dispatcher.call(
            "executor",
            "prepare_plan",
            arguments,
            session_id=session.session_id,
            call_id=call_id,
            turn_id=turn_id,
            timeout=PREPARE_TIMEOUT,
        )
        proposal = {"goal": goal, "steps": arguments["steps"], "turn_id": turn_id}
        if result.error is not None:
            refused = Entry("plan.refused", proposal | {"code": result.error.code, "detail": result.error.detail})
            await self._audit.record(session.session_id, refused)
            raise error_from(result.error)
        plan = Plan.model_validate(result.result)
        await self._audit.record(session.session_id, proposed_entry(plan))
        await self._follower.watch(plan)
        return await self._store.load(plan.plan_id) or plan

    async def get(self, session_id: str, plan_id: str) -> Plan:
        """One plan of a session, its status as of now. Raises NotFound (`plan_not_found`)."""
        plan = await self._store.load(plan_id)
        if plan is None or plan.session_id != session_id:
            raise NotFound("there is no such plan in this session", code="plan_not_found")
        return plan

    async def page(self, session_id: str, cursor: str | None = None, limit: int = 20) -> Page:
        """Plans of a session, newest first. `cursor` is the last plan_id seen."""
        index, start = f"plans:{session_id}", 0
        if cursor is not None:
            rank: Any = await self._redis.zrevrank(index, cursor)
            if rank is None:
                raise InvalidArguments("the cursor is of no page of this list", code="invalid_cursor")
            start = int(rank) + 1
        size = max(1, min(limit, MAX_PAGE))
        ids = [str(plan_id) for plan_id in await self._redis.zrevrange(index, start, start + size)]
        plans = await self._store.load_many(ids[:size])
        return Page(tuple(plans), ids[size - 1] if len(ids) > size else None)

    async def approve(self, session_id: str, plan_id: str, digest: str) -> Plan:
        """Approve what a person saw, and have it run.

        Raises Conflict (`already_decided`, `digest_mismatch`) and Gone (`plan_expired`).
        """
        plan = await self._undecided(session_id, plan_id)
        if not hmac.compare_digest(plan.digest.encode(), digest.encode()):
            raise Conflict(
                "the digest is not this plan's; read the plan again before you approve it", code="digest_mismatch"
            )
        now = time.time()
        approval = Approval(
            plan_id=plan_id,
            session_id=session_id,
            digest=plan.digest,
            approved_at=now,
            expires_at=now + self._settings.approval_ttl,
            nonce=secrets.token_urlsafe(24),
        )
        key = self._settings.approval_key.get_secret_value().encode()
        return await self._decide(
            session_id, plan_id, Decision(decision="approve", approval=sign_decision(key, approval), decided_at=now)
        )

    async def reject(self, session_id: str, plan_id: str, reason: str | None = None) -> Plan:
        """Say no. Raises Conflict (`already_decided`) and Gone (`plan_expired`)."""
        await self._undecided(session_id, plan_id)
        return await self._decide(
            session_id, plan_id, Decision(decision="reject", decided_at=time.time(), reason=reason)
        )

    async def _undecided(self, session_id: str, plan_id: str) -> Plan:
        plan = await self.get(session_id, plan_id)
        if plan.status == "expired":
            raise Gone("the plan has expired; propose it again", code="plan_expired")
        if plan.status != "proposed":
            raise Conflict(f"the plan is already decided: it is {plan.status}", code="already_decided")
        return plan

    async def _decide(self, session_id: str, plan_id: str, decision: Decision) -> Plan:
        """The log has it first: what cannot be audited is not decided. Where another was faster, it says so next."""
        decided = {"plan_id": plan_id, "decision": decision.decision, "reason": decision.reason}
        if decision.approval is not None:
            decided["digest"] = decision.approval.digest
        await self._audit.record(session_id, Entry("plan.decided", decided))
        if not await self._store.decide(plan_id, decision):
            await self._undecided(session_id, plan_id)
            raise Conflict("the plan is already decided", code="already_decided")
        plan = await self.get(session_id, plan_id)
        self._follower.follow(plan_id)
        return plan

    async def _ended(self, plan: Plan) -> None:
        await self._audit.record(plan.session_id, *ended_entries(plan))
