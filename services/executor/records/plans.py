"""Plans in Redis: one JSON record each, and an index per session. A run changes one through its journal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from redis import Redis

from shared.errors import NotFound
from shared.messages import Plan
from shared.stored import read

KEEP_SECONDS = 7 * 24 * 3600


def plan_key(plan_id: str) -> str:
    return f"plan:{plan_id}"


@dataclass(frozen=True, slots=True)
class PlanStore:
    """The plans; only the executor writes them."""

    redis: Redis

    def find(self, plan_id: str) -> Plan | None:
        """The plan, None where there is none. Raises Unavailable (`record_unreadable`)."""
        text: Any = self.redis.get(plan_key(plan_id))
        return read(Plan, text) if text else None

    def get(self, plan_id: str, session_id: str) -> Plan:
        """A plan of this session. Raises NotFound (`plan_not_found`), also for another session's."""
        plan = self.find(plan_id)
        if plan is None or plan.session_id != session_id:
            raise NotFound(f"there is no plan {plan_id} in this session", code="plan_not_found")
        return plan

    def add(self, plan: Plan) -> Plan:
        """Store a new plan and put it into its session's index; one that is there already stays, and is returned.

        Two executors may prepare the same plan, where one was slow or stopped: by the time the later one is ready,
        the other's may be approved and running.
        """
        index = f"plans:{plan.session_id}"
        pipe = self.redis.pipeline()
        pipe.set(plan_key(plan.plan_id), plan.model_dump_json(), ex=KEEP_SECONDS, nx=True)
        pipe.zadd(index, {plan.plan_id: plan.created_at}, nx=True)
        pipe.expire(index, KEEP_SECONDS)
        pipe.execute()
        return self.find(plan.plan_id) or plan

    def decision(self, plan_id: str) -> dict[str, Any]:
        """What a person decided, as the gateway wrote it; empty where nobody did."""
        text: Any = self.redis.get(f"decision:{plan_id}")
        decided: dict[str, Any] = json.loads(text) if text else {}
        return decided
