"""What Redis knows of a plan: the executor's record, the person's decision, and how its run ended if not well."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Literal

from redis.asyncio import Redis

from shared.messages import PLAN_ENDS, Approval, ErrorBody, Finding, Message, Plan, PlanStatus

KEEP_SECONDS = 7 * 24 * 3600
# Plans whose end somebody waits for, by the time from which they may be picked up.
RUNS = "runs"

# A decision is made once, and with it the plan is due to be followed: both or neither.
_DECIDE = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
  return 1
end
return 0
"""
_CLAIM = """
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if due and tonumber(due) <= tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[1], 'XX', ARGV[3], ARGV[1])
  return 1
end
return 0
"""


class Decision(Message):
    """What was decided on a plan; "expired" where nobody did in time."""

    decision: Literal["approve", "reject", "expired"]
    decided_at: float
    approval: Approval | None = None
    reason: str | None = None


class Outcome(Message):
    """The end of a plan whose run the executor could not bring to one."""

    status: Literal["failed", "in_doubt"]
    error: ErrorBody
    ended_at: float


_STATUS_BY_DECISION: dict[str, PlanStatus] = {"approve": "approved", "reject": "rejected", "expired": "expired"}


class PlanStore:
    """Reads plans with their status as of now, and keeps decisions, outcomes and who follows what."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._decide_script, self._claim_script = redis.register_script(_DECIDE), redis.register_script(_CLAIM)

    async def load(self, plan_id: str) -> Plan | None:
        """A plan of whatever session, its status as of now."""
        plans = await self.load_many([plan_id])
        return plans[0] if plans else None

    async def load_many(self, plan_ids: Sequence[str]) -> list[Plan]:
        """The plans that are there, in this order."""
        if not plan_ids:
            return []
        keys = [f"{kind}:{plan_id}" for plan_id in plan_ids for kind in ("plan", "decision", "outcome")]
        found: list[Any] = await self._redis.mget(keys)
        return [
            as_of_now(plan, decision, outcome)
            for plan, decision, outcome in zip(found[::3], found[1::3], found[2::3], strict=True)
            if plan is not None
        ]

    async def decision(self, plan_id: str) -> Decision | None:
        stored = await self._redis.get(f"decision:{plan_id}")
        return Decision.model_validate_json(stored) if stored else None

    async def decide(self, plan_id: str, decision: Decision) -> bool:
        """Keep the decision; False where there is one already."""
        keys = [f"decision:{plan_id}", RUNS]
        body = decision.model_dump_json(exclude_none=True)
        return bool(await self._decide_script(keys, [body, KEEP_SECONDS, plan_id, time.time()]))

    async def end(self, plan_id: str, outcome: Outcome) -> None:
        """Keep how a run ended, where the executor has not."""
        await self._redis.set(f"outcome:{plan_id}", outcome.model_dump_json(), nx=True, ex=KEEP_SECONDS)

    async def watch(self, plan_id: str, due: float) -> None:
        """Have the plan picked up at `due`, unless it is being watched already."""
        await self._redis.zadd(RUNS, {plan_id: due}, nx=True)

    async def claim(self, plan_id: str, until: float) -> bool:
        """Take a plan that is due; nobody else will until then."""
        return bool(await self._claim_script([RUNS], [plan_id, time.time(), until]))

    async def hold(self, plan_id: str, until: float) -> None:
        """Put off when the plan is due next."""
        await self._redis.zadd(RUNS, {plan_id: until}, xx=True)

    async def due(self, limit: int = 50) -> list[str]:
        ids = await self._redis.zrangebyscore(RUNS, "-inf", time.time(), start=0, num=limit)
        return [str(plan_id) for plan_id in ids]

    async def forget(self, plan_id: str) -> None:
        """Nobody waits for this plan any more."""
        await self._redis.zrem(RUNS, plan_id)


def as_of_now(plan_json: str, decision_json: str | None, outcome_json: str | None) -> Plan:
    """Lay decision and outcome over the executor's record, which wins once it says more than "proposed"."""
    plan = Plan.model_validate_json(plan_json)
    if plan.status in PLAN_ENDS:
        return plan
    if outcome_json is not None:
        return _with_outcome(plan, Outcome.model_validate_json(outcome_json))
    if plan.status != "proposed":
        return plan
    if decision_json is not None:
        decision = Decision.model_validate_json(decision_json)
        update: dict[str, object] = {"status": _STATUS_BY_DECISION[decision.decision]}
        if decision.decision != "expired":
            update["decided_at"] = decision.decided_at
        if decision.decision != "approve":
            update["ended_at"] = decision.decided_at
        return plan.model_copy(update=update)
    if plan.expires_at <= time.time():
        return plan.model_copy(update={"status": "expired", "ended_at": plan.expires_at})
    return plan


def _with_outcome(plan: Plan, outcome: Outcome) -> Plan:
    finding = Finding(code=outcome.error.code, severity="high", message=outcome.error.detail)
    update = {"status": outcome.status, "ended_at": outcome.ended_at, "findings": (*plan.findings, finding)}
    return plan.model_copy(update=update)
