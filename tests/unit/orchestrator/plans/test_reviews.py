"""Claude's review comes after its plan: only what the advisor signed for exactly that plan is shown, and once."""

from __future__ import annotations

import time
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.plans.reviews import Reviews
from services.orchestrator.plans.status import Decision
from services.orchestrator.plans.store import REVIEWS, PlanStore
from services.orchestrator.workers.dispatch import Dispatcher
from shared.audit.log import Entry
from shared.errors import Unavailable
from shared.messages import ToolResult
from shared.plans.ids import review_call_id
from shared.plans.plan import Plan, Review
from shared.plans.reviews import sign_review
from shared.tasks.records import Keys, sign_result
from tests.unit.orchestrator.plans.test_runs import a_plan

KEY = b"the advisor's"
FINE = Review(status="reviewed", verdict="looks_fine", summary="Narrow.", model="claude")


class Audit:
    """Keeps what is recorded, unless it is away."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.away = False

    async def record(self, session_id: str, *entries: Entry) -> None:
        if self.away:
            raise Unavailable("no audit", code="audit_unavailable")
        self.entries += entries


class Following:
    """Whoever follows the plan's turn, which may not wait for the plan yet."""

    def __init__(self) -> None:
        self.told: list[Plan] = []
        self.waits = True

    async def __call__(self, plan: Plan) -> bool:
        if self.waits:
            self.told.append(plan)
        return self.waits


@pytest.fixture
def audit() -> Audit:
    return Audit()


@pytest.fixture
def following() -> Following:
    return Following()


def reviews(redis: Redis, audit: Any, following: Following | None = None) -> Reviews:
    return Reviews(PlanStore(redis, KEY), Dispatcher(redis, {"advisor": KEY}), audit, following)


async def asked(redis: Redis, seconds: float = 20, **changes: Any) -> Plan:
    """A plan whose review is to come, listed by the gateway that had it prepared."""
    changes = {"status": "proposed", "digest": "d" * 64, "review_until": time.time() + seconds} | changes
    plan = a_plan("proposed", "pending").model_copy(update=changes)
    await redis.set("plan:pln_1", plan.model_dump_json())
    await redis.zadd(REVIEWS, {"pln_1": 1.0})
    return plan


async def answer(redis: Redis, plan: Plan, result: Any, *, key: bytes = KEY, of: str | None = None) -> None:
    """The advisor's result in the task's record, signed for the call that reviews `plan` or for another."""
    call_id = review_call_id(plan)
    body = ToolResult(
        call_id=call_id, agent="advisor", tool="review_plan", status="ok", started_at=1.0, duration_ms=1, result=result
    ).model_dump_json()
    await redis.hset(Keys("advisor").task(call_id), "result", sign_result("advisor", of or call_id, body, key))


async def shown(redis: Redis) -> Plan:
    plan = await PlanStore(redis, KEY).load("pln_1")
    assert plan is not None
    return plan


async def again(redis: Redis) -> float | None:
    return await redis.zscore(REVIEWS, "pln_1")


async def test_a_review_that_comes_is_audited_shown_and_told_once(
    redis: Redis, audit: Audit, following: Following
) -> None:
    plan = await asked(redis)
    record = await redis.get("plan:pln_1")
    gateways = [reviews(redis, audit, following) for _ in range(2)]
    await gateways[0].look()
    assert ((await shown(redis)).review_status, audit.entries) == ("pending", [])

    await answer(redis, plan, FINE.model_dump(mode="json"))
    await redis.zadd(REVIEWS, {"pln_1": 1.0})
    for gateway in gateways:
        await gateway.look()

    assert (await shown(redis)).review == FINE
    assert [one.review for one in following.told] == [FINE]
    assert [(one.kind, one.data["outcome"], one.data["plan_id"]) for one in audit.entries] == [
        ("advisor.called", "reviewed", "pln_1")
    ]
    assert (await redis.get("plan:pln_1"), await again(redis)) == (record, None)


@pytest.mark.parametrize("forged", ["another key", "another plan's", "not a review"])
async def test_what_the_advisor_did_not_sign_for_this_plan_is_not_shown(
    redis: Redis, audit: Audit, forged: str
) -> None:
    plan = await asked(redis)
    other = review_call_id(plan.model_copy(update={"digest": "e" * 64}))
    said: dict[str, Any] = {"another key": {"key": b"x"}, "another plan's": {"of": other}, "not a review": {}}[forged]
    body: Any = {"verdict": "looks_fine"} if forged == "not a review" else FINE.model_dump(mode="json")
    await answer(redis, plan, body, **said)

    await reviews(redis, audit).look()

    review = (await shown(redis)).review
    assert review is not None
    assert (review.status, review.verdict) == ("not_reviewed", None)
    assert review.reason


@pytest.mark.parametrize("forged", ["another key", "another plan's", "by the advisor, but not for a plan", "no review"])
async def test_a_review_that_is_forged_in_redis_is_not_shown_and_nothing_of_it_is_asked(
    redis: Redis, forged: str
) -> None:
    plan = await asked(redis)
    other = plan.model_copy(update={"digest": "e" * 64})
    kept = {
        "another key": sign_review(plan, FINE, b"x"),
        "another plan's": sign_review(other, FINE, KEY),
        "by the advisor, but not for a plan": sign_result("advisor", review_call_id(plan), FINE.model_dump_json(), KEY),
        "no review": "\x00\xff",
    }[forged]
    await redis.set("runs:review:pln_1", kept)
    seen = await shown(redis)
    assert (seen.review_status, seen.findings, seen.acknowledge) == ("unavailable", plan.findings, plan.acknowledge)
    assert "was not signed for this plan" in str(seen.review)


async def test_a_review_is_stored_once_and_leaves_the_record_of_a_running_plan_alone(redis: Redis) -> None:
    plan = await asked(redis, status="running")
    store, record = PlanStore(redis, KEY), await redis.get("plan:pln_1")
    late = Review(status="not_reviewed", reason="late")
    assert [await store.reviewed(plan, one) for one in (FINE, late)] == [True, False]
    now = await shown(redis)
    assert (now.status, now.review, await redis.get("plan:pln_1")) == ("running", FINE, record)


async def test_a_review_that_does_not_come_in_time_is_unavailable_and_says_why(
    redis: Redis, audit: Audit, following: Following
) -> None:
    await asked(redis, seconds=-3)
    await reviews(redis, audit, following).look()
    review = (await shown(redis)).review
    assert review is not None
    assert (review.status, review.reason) == ("not_reviewed", "the advisor did not answer in time")
    assert (len(following.told), len(audit.entries)) == (1, 1)


async def test_where_no_gateway_looked_the_review_is_waited_for_no_longer(redis: Redis) -> None:
    await asked(redis, seconds=-60)
    assert (await shown(redis)).review_status == "unavailable"


async def test_a_review_is_not_shown_before_the_audit_has_it(redis: Redis, audit: Audit) -> None:
    plan = await asked(redis)
    await answer(redis, plan, FINE.model_dump(mode="json"))
    audit.away = True
    await reviews(redis, audit).look()
    assert ((await shown(redis)).review_status, await again(redis) is not None) == ("pending", True)


async def test_a_turn_that_does_not_wait_for_the_plan_yet_is_told_later(
    redis: Redis, audit: Audit, following: Following
) -> None:
    plan = await asked(redis)
    await answer(redis, plan, FINE.model_dump(mode="json"))
    following.waits = False
    await reviews(redis, audit, following).look()
    assert await again(redis) is not None
    following.waits = True
    await redis.zadd(REVIEWS, {"pln_1": 1.0})
    await reviews(redis, audit, following).look()
    assert (len(following.told), len(audit.entries), await again(redis)) == (1, 1, None)


async def test_what_was_shown_as_late_stays_so_when_the_answer_is_found_afterwards(
    redis: Redis, audit: Audit, following: Following
) -> None:
    plan = await asked(redis, seconds=-60)
    await answer(redis, plan, FINE.model_dump(mode="json"))
    await reviews(redis, audit, following).look()
    assert (await shown(redis)).review_status == "unavailable"


async def test_an_edited_plan_is_reviewed_before_it_is_in_its_place_and_told_once_it_is(
    redis: Redis, audit: Audit, following: Following
) -> None:
    plan = await asked(redis, replaces="pln_0")
    await answer(redis, plan, FINE.model_dump(mode="json"))
    await reviews(redis, audit, following).look()
    assert (await PlanStore(redis, KEY).load("pln_1"), following.told) == (None, [])
    assert await again(redis) is not None

    decision = Decision(decision="cancel", decided_at=1.0, replaced_by="pln_1")
    await redis.set("decision:pln_0", decision.model_dump_json())
    await redis.zadd(REVIEWS, {"pln_1": 1.0})
    await reviews(redis, audit, following).look()
    assert ([one.review for one in following.told], len(audit.entries), await again(redis)) == ([FINE], 1, None)
