"""Opens the sealed value of a step for the person whose session read it, with its audit entry first."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from redis.asyncio import Redis

from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.plans.service import PlanService
from services.orchestrator.sessions.session import Session
from shared.audit.log import Entry
from shared.errors import Conflict, Forbidden, NotFound
from shared.keys import sealed_values
from shared.keys.sealed_values import RevealedValue, ValueKey
from shared.plans.page.values import reads_value
from shared.plans.plan import Plan
from shared.plans.step import Step


class Values:
    """`signing_key` is the executor's, with which it signed the box."""

    def __init__(self, redis: Redis, plans: PlanService, audit: AuditTrail, signing_key: bytes) -> None:
        self._redis, self._plans, self._audit, self._signing_key = redis, plans, audit, signing_key

    async def show(self, session: Session, key: ValueKey, plan_id: str, step_id: str) -> RevealedValue:
        """The value of one step, which the session's own run has read. `key` is what its token opens values with.

        Raises NotFound (`plan_not_found`, `value_not_found`), Forbidden (`not_the_owner`, `value_of_another_session`),
        Conflict (`value_not_read`), Gone (`value_gone`) and Unavailable (`audit_unavailable`): what cannot be audited
        is not shown.
        """
        plan = await self._plans.own(session, plan_id)
        step = _step(plan, step_id)
        if step.status != "done":
            raise Conflict(
                f"the step {step_id!r} has read nothing: it is {step.status}, and the plan {plan.status}",
                code="value_not_read",
            )
        if plan.runs_in != session.session_id:
            raise Forbidden(
                "the value was sealed for another session, the one that ran the plan: ask with that one's token, or "
                "propose the read again in this one",
                code="value_of_another_session",
            )
        stored: Any = await self._redis.get(sealed_values.stored_under(plan_id, step_id))
        place = (plan_id, step_id, session.session_id)
        found = sealed_values.unseal(str(stored or ""), key, [self._signing_key], place, time.time())
        shown = {"plan_id": plan_id, "step_id": step_id, "operation": f"{found.service}:{found.operation}"}
        await self._audit.record(session.session_id, Entry("value.shown", shown))
        return found


def _step(plan: Plan, step_id: str) -> Step:
    for step in plan.steps:
        if step.id == step_id and reads_value(step):
            return step
    raise NotFound(f"the plan has no step {step_id[:64]!r} that reads a value for a person", code="value_not_found")


def member(value: RevealedValue, path: str) -> tuple[bytes, bool]:
    """One member of AWS's answer as its bytes, such as `Body` or `Parameter.Value`; and whether they are text.

    Raises NotFound (`value_not_found`) where the answer has none, or an object, under that name.
    """
    found: Any = value.value
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, str | int | float | bool):
        has = ", ".join(value.value) if isinstance(value.value, dict) else "no members"
        raise NotFound(f"the answer has no single value {path[:80]!r}; it has {has}", code="value_not_found")
    if path in value.base64:
        return base64.b64decode(str(found)), False
    return (found if isinstance(found, str) else json.dumps(found)).encode(), True
