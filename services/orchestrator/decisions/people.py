"""Checks of an approval besides the plan's digest: all findings are acknowledged, and enough other people approve.

How many, and who counts, the operator's rules say (`shared/plans/rules.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.errors import Conflict, Forbidden
from shared.plans.acknowledging import missing
from shared.plans.decisions import Acknowledged, Person
from shared.plans.plan import Plan, ReviewNeeded
from shared.plans.rules import Needed, Rules, changes_of, may_count


def needed(plan: Plan, rules: Rules) -> Needed:
    """How many people besides the owner have to approve: the most that the executor's rules or this gateway's say."""
    ours = rules.needed(plan.identity.account, changes_of(plan))
    return Needed(max(ours.approvers, plan.approvers), ours.named_only)


def review_needed(plan: Plan, rules: Rules) -> ReviewNeeded | None:
    """What an approval waits for: as this gateway's rules say, or else the executor's, which are on the plan."""
    return rules.review(plan.identity.account, changes_of(plan)) or plan.review_needed


def check_acknowledged(plan: Plan, acknowledged: Sequence[Acknowledged]) -> None:
    """Raise Conflict (`not_acknowledged`), with what is missing, unless all that has to be was acknowledged."""
    left = missing(plan.acknowledge, acknowledged)
    if not left:
        return
    findings = {finding.id: finding for finding in plan.findings}
    listed = [
        {
            **one.model_dump(mode="json", exclude_none=True),
            **findings[one.finding_id].model_dump(mode="json", include={"code", "severity", "message", "step"}),
        }
        for one in left
        if one.finding_id in findings
    ]
    raise Conflict(
        f"{len(left)} findings of the plan have to be acknowledged with the approval: send `acknowledged` with the "
        "`finding_id` of each, and as `typed` the name of what is lost where `acknowledge` has one",
        code="not_acknowledged",
        acknowledge=listed,
    )


def check_other_person(plan: Plan, by: Person, needs: Needed) -> None:
    """Raise Forbidden (`approver_not_counted`) for whom the plan's rules do not count."""
    if may_count(plan, by, named_only=needs.named_only):
        return
    why = "of whom AWS tells no name of their own that nobody else has"
    if plan.owner is not None and by.principal == plan.owner.principal:
        why = "who proposed it; all sessions of one role are the same, unless an identity provider names them"
    raise Forbidden(
        f"{needs.approvers} people have to approve this plan, and you count as one {why}; ask others who may decide it",
        code="approver_not_counted",
    )
