"""What Redis knows of a plan: the executor's record, what people decided, how its run ended if not well, who follows.

Only the executor writes `plan:{id}`. `runs` and all under `runs:` is the gateways' own: when a plan is due, how
often its run was asked for (`runs:n:`), and what was prepared (`runs:prepared:`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from services.orchestrator.plans.status import Decision, Outcome, Stored, as_of_now, fingerprint, in_doubt, seen
from shared.broker.scripts import lua
from shared.decisions import Cancellation, Resolution
from shared.messages import Plan

KEEP_SECONDS = 7 * 24 * 3600
# Plans whose end somebody waits for, by the time from which they may be picked up.
RUNS = "runs"


class PlanStore:
    """Reads plans with their status as of now, and keeps what was decided and who follows what."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._decide_script, self._claim_script, self._resolve_script, self._forget_script = (
            redis.register_script(lua("services.orchestrator.plans", name))
            for name in ("decide", "claim", "resolve", "forget")
        )

    async def load(self, plan_id: str) -> Plan | None:
        """A plan of whatever session, its status as of now."""
        plans = await self.load_many([plan_id])
        return plans[0] if plans else None

    async def load_many(self, plan_ids: Sequence[str]) -> list[Plan]:
        """The plans that are there, in this order."""
        if not plan_ids:
            return []
        pipe = self._redis.pipeline(transaction=False)
        pipe.mget([f"{kind}:{plan_id}" for plan_id in plan_ids for kind in ("plan", "decision", "outcome")])
        for plan_id in plan_ids:
            pipe.hgetall(f"resolution:{plan_id}")
        found, *resolutions = await pipe.execute()
        return [
            as_of_now(Stored(record, decision, outcome, answers))
            for record, decision, outcome, answers in zip(
                found[::3], found[1::3], found[2::3], resolutions, strict=True
            )
            if record is not None
        ]

    async def record(self, plan_id: str) -> Plan | None:
        """The executor's record as it is stored."""
        stored: Any = await self._redis.get(f"plan:{plan_id}")
        return Plan.model_validate_json(stored) if stored else None

    async def prepared(self, plan: Plan) -> None:
        """Remember what the executor answered, so that its record can be compared before it is approved."""
        await self._redis.set(f"runs:prepared:{plan.plan_id}", fingerprint(plan), nx=True, ex=KEEP_SECONDS)

    async def is_as_prepared(self, plan: Plan) -> bool:
        """False where the record is not what was prepared; a gateway that died meanwhile could not remember it."""
        remembered: Any = await self._redis.get(f"runs:prepared:{plan.plan_id}")
        return remembered is None or remembered == fingerprint(plan)

    async def decision(self, plan_id: str) -> Decision | None:
        stored = await self._redis.get(f"decision:{plan_id}")
        return Decision.model_validate_json(stored) if stored else None

    async def decide(self, plan_id: str, decision: Decision) -> bool:
        """Keep the decision; False where there is one already."""
        keys = [f"decision:{plan_id}", RUNS]
        body = decision.model_dump_json(exclude_none=True)
        return bool(await self._decide_script(keys, [body, KEEP_SECONDS, plan_id, time.time()]))

    async def cancel(self, cancellation: Cancellation) -> bool:
        """Keep a person's wish to stop the plan; False where there is one already."""
        key, body = f"cancel:{cancellation.plan_id}", cancellation.model_dump_json()
        return bool(await self._redis.set(key, body, nx=True, ex=KEEP_SECONDS))

    async def is_cancelled(self, plan_id: str) -> bool:
        return bool(await self._redis.exists(f"cancel:{plan_id}"))

    async def resolve(self, plan: Plan, resolution: Resolution) -> bool:
        """Keep a person's word on a step in doubt; False where this doubt has its answer already."""
        plan_id = plan.plan_id
        keys = [f"resolution:{plan_id}", RUNS, f"runs:n:{plan_id}"]
        about = [resolution.step, resolution.model_dump_json(), repr(resolution.in_doubt_since)]
        return bool(await self._resolve_script(keys, [*about, KEEP_SECONDS, plan_id, time.time(), *in_doubt(plan)]))

    async def end(self, plan_id: str, outcome: Outcome) -> None:
        """Keep how a run ended, where the executor has not: for its record as it is now, not for a later one."""
        record: Any = await self._redis.get(f"plan:{plan_id}")
        body = outcome.model_copy(update={"seen": seen(record or "")}).model_dump_json()
        await self._redis.set(f"outcome:{plan_id}", body, ex=KEEP_SECONDS)

    async def attempt(self, plan_id: str) -> int:
        """The number of the plan's present run call; each that was answered and did not end the plan raises it."""
        return int(await self._redis.get(f"runs:n:{plan_id}") or 0)

    async def next_attempt(self, plan_id: str) -> int:
        pipe = self._redis.pipeline(transaction=True)
        pipe.incr(f"runs:n:{plan_id}")
        pipe.expire(f"runs:n:{plan_id}", KEEP_SECONDS)
        return int((await pipe.execute())[0])

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

    async def forget(self, plan_id: str, attempt: int) -> None:
        """Nobody waits for this plan any more, unless it goes on since its end was seen at `attempt`."""
        await self._forget_script([RUNS, f"runs:n:{plan_id}"], [plan_id, attempt, time.time()])
