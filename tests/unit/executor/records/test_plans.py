"""Plans as they are stored."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.records import plans
from services.executor.records.plans import KEEP_SECONDS, PlanStore
from shared.plans.plan import Plan
from tests.unit.executor.conftest import Executor, step


def test_a_plan_prepared_twice_stays_as_the_first_left_it(executor: Executor) -> None:
    """An executor that was stopped while it prepared is late: the plan may be running by then."""
    store = PlanStore(executor.redis)
    plan = executor.prepare(step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1"))
    ended = executor.run(plan)
    late = plan.model_copy(update={"digest": "0" * 64, "created_at": plan.created_at + 20})

    assert store.add(late) == ended
    assert store.find(plan.plan_id) == ended


def kept(executor: Executor, plan: Plan, number: int, **changes: Any) -> Plan:
    """The plan once more, as if it had been prepared so many seconds later."""
    changed = {"plan_id": f"pln_{number}", "created_at": plan.created_at + number} | changes
    return PlanStore(executor.redis).add(plan.model_copy(update=changed))


def test_of_very_many_plans_the_newest_are_read_and_all_at_once(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = PlanStore(executor.redis)
    first = executor.prepare(step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1"))
    for number in range(1, 9):
        kept(executor, first, number)
    kept(executor, first, 9, session_id="ses_other", owner=None)
    executor.redis.set("plan:pln_8", "no plan")
    executor.redis.delete("plan:pln_7")
    executor.redis.zadd(f"plans:{first.owner_id}", {"pln_9": first.created_at + 9})
    monkeypatch.setattr(plans, "MAX_RECENT_PLANS", 5)
    asked: list[str] = []
    command = executor.redis.execute_command

    def counted(*arguments: Any, **options: Any) -> Any:
        asked.append(arguments[0])
        return command(*arguments, **options)

    monkeypatch.setattr(executor.redis, "execute_command", counted)
    found = store.of_owner(first.owner_id, first.created_at)

    # Of the newest five one is gone, one cannot be read, and one is not the owner's.
    assert [plan.plan_id for plan in found] == ["pln_6", "pln_5"]
    assert asked == ["ZREVRANGEBYSCORE", "MGET"]
    assert store.of_owner(first.owner_id, first.created_at + 100) == []


def test_an_owners_index_forgets_the_plans_that_are_kept_no_longer(executor: Executor) -> None:
    first = executor.prepare(step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1"))
    kept(executor, first, 1)
    kept(executor, first, 2, created_at=first.created_at + KEEP_SECONDS + 0.5)
    assert executor.redis.zrange(f"plans:{first.owner_id}", 0, -1) == ["pln_1", "pln_2"]
