"""Plans in Redis: a JSON record each, and an index per owner. A run changes its plan through the journal."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from redis import Redis

from shared.broker.stored import read
from shared.errors import NotFound, Unavailable
from shared.plans.plan import Plan

KEEP_SECONDS = 7 * 24 * 3600
MAX_RECENT_PLANS = 100


def plan_key(plan_id: str) -> str:
    return f"plan:{plan_id}"


@dataclass(frozen=True, slots=True)
class PlanStore:
    """Reads plans and adds new ones. Only the executor writes plans."""

    redis: Redis

    def find(self, plan_id: str) -> Plan | None:
        """The plan, whosever it is, or None. Raises Unavailable (`record_unreadable`)."""
        text: Any = self.redis.get(plan_key(plan_id))
        return read(Plan, text) if text else None

    def get(self, plan_id: str, owner_id: str) -> Plan:
        """The plan. Raises NotFound (`plan_not_found`) where there is none, or it is another owner's."""
        plan = self.find(plan_id)
        if plan is None or plan.owner_id != owner_id:
            raise NotFound(f"this session's owner has no plan {plan_id}", code="plan_not_found")
        return plan

    def add(self, plan: Plan) -> Plan:
        """Store a new plan, put it into its owner's index, and return it; one of the same id stays instead.

        Two executors may prepare the same plan where one of them was slow or stopped. By the time the second is ready
        the plan of the first may be running.
        """
        index = f"plans:{plan.owner_id}"
        pipe = self.redis.pipeline()
        pipe.set(plan_key(plan.plan_id), plan.model_dump_json(), ex=KEEP_SECONDS, nx=True)
        pipe.zadd(index, {plan.plan_id: plan.created_at}, nx=True)
        # No plan is kept longer, and an owner who goes on proposing would keep their ids for ever.
        pipe.zremrangebyscore(index, "-inf", f"({plan.created_at - KEEP_SECONDS!r}")
        pipe.expire(index, KEEP_SECONDS)
        pipe.execute()
        return self.find(plan.plan_id) or plan

    def of_owner(self, owner_id: str, since: float) -> list[Plan]:
        """The owner's newest plans made after `since` (Unix seconds), newest first, that this version can read."""
        ids: Any = self.redis.zrevrangebyscore(f"plans:{owner_id}", "+inf", since, start=0, num=MAX_RECENT_PLANS)
        texts: Any = self.redis.mget([plan_key(plan_id) for plan_id in ids]) if ids else []
        found = []
        for text in texts:
            with suppress(Unavailable):
                plan = read(Plan, text) if text else None
                if plan is not None and plan.owner_id == owner_id:
                    found.append(plan)
        return found

    def decision(self, plan_id: str) -> dict[str, Any]:
        """What a person decided, as the gateway stored it (`{decision, approval?, …}`); empty where nobody did."""
        text: Any = self.redis.get(f"decision:{plan_id}")
        decided: dict[str, Any] = json.loads(text) if text else {}
        return decided
