"""Plans in Redis as the gateway reads them: the executor's record, decisions, outcomes, and when each plan is due.

Only the executor writes `plan:{id}`. `runs` and the keys below `runs:` are the gateways' own: when a plan is due, how
often its run was requested (`runs:n:`), the fingerprint of the plan as prepared (`runs:answered:`), and Claude's review
of it (`runs:review:`), which never touches the plan's record.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import ValidationError
from redis.asyncio import Redis

from services.orchestrator.plans.due import DuePlans
from services.orchestrator.plans.status import (
    Decision,
    Outcome,
    Stored,
    as_of_now,
    as_reviewed,
    fingerprint,
    in_doubt,
    seen,
)
from shared.broker.functions import redis_function
from shared.broker.stored import UnreadableRecord, read, unreadable
from shared.errors import Unavailable
from shared.plans.decisions import Cancellation, Resolution
from shared.plans.plan import Plan, Review
from shared.plans.reviews import sign_review

KEEP_SECONDS = 7 * 24 * 3600
# The plans that have not ended, by the time (Unix seconds) from which a gateway may take them.
RUNS = "runs"
# The ended plans that are to be looked at once more, by when.
LOOKS = "runs:looks"
# The plans whose review is to come, by when a gateway looks for it again.
REVIEWS = "runs:reviews"


ApprovalOutcome = Literal["approved", "counted", "again", "stale", "decided"]


class ReviewCame(Exception):
    """Claude's review came between reading the plan and deciding it: read it again, with what it adds."""


def _approvals_key(plan_id: str) -> str:
    return f"decision:{plan_id}:approvals"


def _review_key(plan_id: str) -> str:
    return f"runs:review:{plan_id}"


def _unseen(decision: Decision) -> int:
    """1 for an approval that was made without Claude's review, which must not have come by then."""
    return int(decision.approval is not None and decision.approval.review == "pending")


class PlanStore:
    """Reads plans with their current status; stores decisions, outcomes and reviews; lists plans by when they are due.

    `advisor_key` is what reviews are signed with; without it none is shown.
    """

    def __init__(self, redis: Redis, advisor_key: bytes | None = None) -> None:
        self._redis, self._advisor_key = redis, advisor_key
        self.runs, self.looks, self.reviews = (
            DuePlans(redis, RUNS),
            DuePlans(redis, LOOKS, 20),
            DuePlans(redis, REVIEWS),
        )
        self._decide, self._approve = redis_function(redis, "plans_decide"), redis_function(redis, "plans_approve")
        self._replace, self._resolve = redis_function(redis, "plans_replace"), redis_function(redis, "plans_resolve")
        self._forget = redis_function(redis, "plans_forget")

    async def load(self, plan_id: str) -> Plan | None:
        """A plan of any session, with its current status. Raises Unavailable (`record_unreadable`)."""
        stored = (await self._stored([plan_id]))[0]
        plan = self._as_of_now(stored) if stored else None
        return None if plan is None or await self._not_in_place([plan]) else plan

    async def load_many(self, plan_ids: Sequence[str]) -> list[Plan | UnreadableRecord | None]:
        """Each of the plans, in the given order; None for one that is no more, or not in its place yet."""
        found: list[Plan | UnreadableRecord | None] = []
        for plan_id, stored in zip(plan_ids, await self._stored(plan_ids), strict=True):
            try:
                found.append(self._as_of_now(stored) if stored else None)
            except Unavailable as error:
                found.append(UnreadableRecord(plan_id, error.detail))
        hidden = await self._not_in_place([plan for plan in found if isinstance(plan, Plan)])
        return [None if isinstance(plan, Plan) and plan.plan_id in hidden else plan for plan in found]

    async def _not_in_place(self, plans: Iterable[Plan]) -> frozenset[str]:
        """Those of the plans that are edited forms of others and were not put in their place.

        To everybody they do not exist: nobody sees or decides them. One is in place from the moment on at which the
        decision on the other plan names it, and that decision never changes.
        """
        waiting = [plan for plan in plans if plan.replaces and not any(step.started_at for step in plan.steps)]
        if not waiting:
            return frozenset()
        decisions = await self._redis.mget([f"decision:{plan.replaces}" for plan in waiting])
        found = {plan.plan_id: _read_decision(text) for plan, text in zip(waiting, decisions, strict=True)}
        return frozenset(name for name, one in found.items() if one is None or one.replaced_by != name)

    async def _stored(self, plan_ids: Sequence[str]) -> list[Stored | None]:
        if not plan_ids:
            return []
        pipe = self._redis.pipeline(transaction=False)
        kinds = ("plan", "decision", "outcome", "cancel", "runs:review")
        pipe.mget([f"{kind}:{plan_id}" for plan_id in plan_ids for kind in kinds])
        for plan_id in plan_ids:
            pipe.hgetall(f"resolution:{plan_id}")
            pipe.hgetall(_approvals_key(plan_id))
        found, *hashes = await pipe.execute()
        resolutions, approvals = hashes[::2], hashes[1::2]
        return [
            Stored(record, decision, outcome, answers, so_far, cancel is not None, review)
            if record is not None
            else None
            for record, decision, outcome, cancel, review, answers, so_far in zip(
                *(found[part :: len(kinds)] for part in range(len(kinds))), resolutions, approvals, strict=True
            )
        ]

    async def record(self, plan_id: str) -> Plan | None:
        """The executor's record as it is stored. Raises Unavailable (`record_unreadable`)."""
        stored: Any = await self._redis.get(f"plan:{plan_id}")
        return read(Plan, stored) if stored else None

    async def prepared(self, plan_id: str, answer: Any) -> None:
        """Store the fingerprint of what the executor returned, to compare the record with before an approval."""
        await self._redis.set(f"runs:answered:{plan_id}", fingerprint(answer), nx=True, ex=KEEP_SECONDS)

    async def is_as_prepared(self, plan_id: str) -> bool:
        """False where the record differs from what was prepared; True where no fingerprint was stored."""
        record, remembered = await self._redis.mget([f"plan:{plan_id}", f"runs:answered:{plan_id}"])
        return remembered is None or remembered == fingerprint(json.loads(record or "null"))

    async def decision(self, plan_id: str) -> Decision | None:
        stored: Any = await self._redis.get(f"decision:{plan_id}")
        return _read_decision(stored)

    async def decide(self, plan_id: str, decision: Decision) -> bool:
        """Store the decision; False where there is one already. Raises ReviewCame."""
        keys = [f"decision:{plan_id}", RUNS, _review_key(plan_id)]
        body = decision.model_dump_json(exclude_none=True)
        outcome = await self._decide(keys, [body, KEEP_SECONDS, plan_id, time.time(), _unseen(decision)])
        if outcome == "reviewed":
            raise ReviewCame
        return bool(outcome == "stored")

    async def replace(self, plan: Plan, decision: Decision, edited: Plan) -> bool:
        """Decide a plan as the decision says, and put its edited form in its place: both, or neither.

        False where the plan is decided already or has expired; the edited form then never exists to anybody.
        """
        assert decision.replaced_by == edited.plan_id
        body = decision.model_dump_json(exclude_none=True)
        about: list[Any] = [body, KEEP_SECONDS, plan.plan_id, time.time(), plan.expires_at]
        keys = [f"decision:{plan.plan_id}", RUNS]
        return bool(await self._replace(keys, [*about, edited.plan_id, edited.expires_at]))

    async def approvals(self, plan_id: str) -> dict[str, str]:
        """The approvals of a plan that several people have to approve, by person, as each was signed."""
        found: Any = await self._redis.hgetall(_approvals_key(plan_id))
        return {str(person): str(text) for person, text in found.items()}

    async def approve(self, plan_id: str, person: str, decision: Decision, needed: int) -> ApprovalOutcome:
        """Count a person's approval; with the last one that is needed the decision is stored.

        "stale" where others than those in the decision have approved meanwhile: make it anew. Raises ReviewCame.
        """
        assert decision.approval is not None
        keys = [_approvals_key(plan_id), f"decision:{plan_id}", RUNS, _review_key(plan_id)]
        about: list[str | int] = [person, decision.approval.model_dump_json(), len(decision.approvals), needed]
        body = decision.model_dump_json(exclude_none=True)
        about += [body, KEEP_SECONDS, plan_id, repr(time.time()), _unseen(decision)]
        outcome: ApprovalOutcome | Literal["reviewed"] = await self._approve(keys, about)
        if outcome == "reviewed":
            raise ReviewCame
        return outcome

    async def cancel(self, cancellation: Cancellation) -> bool:
        """Store a person's request to stop the plan; False where there is one already."""
        key, body = f"cancel:{cancellation.plan_id}", cancellation.model_dump_json()
        return bool(await self._redis.set(key, body, nx=True, ex=KEEP_SECONDS))

    async def is_cancelled(self, plan_id: str) -> bool:
        return bool(await self._redis.exists(f"cancel:{plan_id}"))

    async def resolve(self, plan: Plan, resolution: Resolution) -> bool:
        """Store a person's answer about a step in doubt; False where the step has one already."""
        plan_id = plan.plan_id
        keys = [f"resolution:{plan_id}", RUNS, f"runs:n:{plan_id}"]
        about = [resolution.step, resolution.model_dump_json(), repr(resolution.in_doubt_since)]
        return bool(await self._resolve(keys, [*about, KEEP_SECONDS, plan_id, time.time(), *in_doubt(plan)]))

    async def end(self, plan_id: str, outcome: Outcome) -> None:
        """Store the outcome of a plan that no executor ended; it holds for the record as it is now."""
        record: Any = await self._redis.get(f"plan:{plan_id}")
        body = outcome.model_copy(update={"seen": seen(record or "")}).model_dump_json()
        await self._redis.set(f"outcome:{plan_id}", body, ex=KEEP_SECONDS)

    async def attempt(self, plan_id: str) -> int:
        """The number of the plan's current run call; raised whenever a call returned without ending the plan."""
        return int(await self._redis.get(f"runs:n:{plan_id}") or 0)

    async def next_attempt(self, plan_id: str) -> int:
        pipe = self._redis.pipeline(transaction=True)
        pipe.incr(f"runs:n:{plan_id}")
        pipe.expire(f"runs:n:{plan_id}", KEEP_SECONDS)
        return int((await pipe.execute())[0])

    async def is_reviewed(self, plan_id: str) -> bool:
        """Whether a gateway has stored the review, or that there is none."""
        return bool(await self._redis.exists(_review_key(plan_id)))

    async def reviewed(self, plan: Plan, review: Review) -> bool:
        """Store Claude's review of the plan with this digest; False where there is one already."""
        assert self._advisor_key is not None
        body = sign_review(plan, review, self._advisor_key)
        return bool(await self._redis.set(_review_key(plan.plan_id), body, nx=True, ex=KEEP_SECONDS))

    async def forget(self, plan_id: str, attempt: int) -> None:
        """Remove a plan that has ended, unless it was resumed since `attempt` was read."""
        await self._forget([RUNS, f"runs:n:{plan_id}"], [plan_id, attempt, time.time()])

    def _as_of_now(self, stored: Stored) -> Plan:
        try:
            return as_reviewed(as_of_now(stored), stored.review, self._advisor_key)
        except ValidationError as error:
            raise unreadable("plan", error) from None


def _read_decision(stored: str | bytes | None) -> Decision | None:
    try:
        return Decision.read(stored) if stored else None
    except ValidationError as error:
        raise unreadable("decision", error) from None
