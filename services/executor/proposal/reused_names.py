"""Finds buckets that a plan makes under a name that was deleted a short while before, by this plan or by the session.

S3 frees the name of a deleted bucket some time after it answered that the bucket is gone; until then it answers a new
CreateBucket with OperationAborted, and meanwhile another account may take the name:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from services.executor.context import ExecutorContext
from services.executor.proposal.draft import Draft
from services.executor.records.plans import PlanStore
from shared.messages import Finding
from shared.plans.plan import Plan
from shared.plans.step import Step

# How long ago a bucket was deleted whose name may not be free yet, and how old the plan may be that did it.
DELETED_WITHIN_SECONDS, PLANS_SINCE_SECONDS = 3 * 3600.0, 6 * 3600.0


def findings(context: ExecutorContext, draft: Draft) -> tuple[Finding, ...]:
    """One for each step that makes such a bucket."""
    made = {step.id: str(draft.values[step.id].get("bucket_name")) for step in _of(draft, "create_s3_bucket")}
    if not made:
        return ()
    here = {str(draft.values[step.id].get("bucket_name")) for step in _of(draft, "delete_s3_bucket")}
    now = time.time()
    plans = PlanStore(context.redis).of_owner(context.owner_id, now - PLANS_SINCE_SECONDS)
    before = {name for plan in plans for name in _deleted(plan, now - DELETED_WITHIN_SECONDS)}
    return tuple(_finding(step, name) for step, name in made.items() if name in here | before)


def _of(draft: Draft, operation: str) -> Iterator[Step]:
    return (step for step in draft.steps if step.operation == operation)


def _deleted(plan: Plan, since: float) -> Iterator[str]:
    """The buckets that a plan deleted, or took back, after a time."""
    for step in plan.steps:
        gone = (step.operation, step.status) in {("delete_s3_bucket", "done"), ("create_s3_bucket", "undone")}
        if gone and isinstance(step.result, dict) and (step.ended_at or 0) > since:
            yield str(step.result.get("bucket_name"))


def _finding(step: str, name: str) -> Finding:
    return Finding(
        code="bucket_name_reused",
        severity="medium",
        step=step,
        message=(
            f"A bucket {name} was deleted shortly before, or is by this plan. S3 may need an hour or more until the"
            " name can be used again, so that this step may wait and then fail, and meanwhile another account can take"
            " the name. Empty the bucket instead of deleting it, choose another name, or propose this later."
        ),
    )
