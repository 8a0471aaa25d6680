"""Plans as they are stored."""

from __future__ import annotations

from services.executor.records.plans import PlanStore
from tests.unit.executor.conftest import Executor, step


def test_a_plan_prepared_twice_stays_as_the_first_left_it(executor: Executor) -> None:
    """An executor that was stopped while it prepared is late: the plan may be running by then."""
    store = PlanStore(executor.redis)
    plan = executor.prepare(step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1"))
    ended = executor.run(plan)
    late = plan.model_copy(update={"digest": "0" * 64, "created_at": plan.created_at + 20})

    assert store.add(late) == ended
    assert store.find(plan.plan_id) == ended
