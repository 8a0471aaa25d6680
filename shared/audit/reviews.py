"""What the audit says of Claude's review of a plan: the executor writes it where the advisor cannot be asked."""

from __future__ import annotations

from pydantic import JsonValue

from shared.plans.plan import Plan, Review


def review_facts(plan: Plan, review: Review) -> dict[str, JsonValue]:
    """Of an entry `advisor.called`: which plan was to be reviewed, with which outcome."""
    return {
        "tool": "review_plan",
        "agent": "advisor",
        "made_by": "executor",
        "plan_id": plan.plan_id,
        "digest": plan.digest,
        "outcome": review.status,
        "verdict": review.verdict,
        "reason": review.reason,
    }
