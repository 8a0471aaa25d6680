"""What the audit log says of a decision on a plan."""

from __future__ import annotations

from typing import Any

from services.orchestrator.plans.status import Decision
from shared.audit.log import Entry


def decided_entry(plan_id: str, decision: Decision, people: int = 1) -> Entry:
    """The entry of a decision; `people` is how many approvals it takes."""
    facts: dict[str, Any] = {"plan_id": plan_id, "decision": decision.decision, "reason": decision.reason}
    if decision.approval is not None:
        facts["digest"] = decision.approval.digest
        if decision.approval.review is not None:
            facts["review"] = decision.approval.review
        if decision.approval.acknowledged:
            facts["acknowledged"] = [one.finding_id for one in decision.approval.acknowledged]
        if decision.approval.share_with_model:
            facts["share_with_model"] = list(decision.approval.share_with_model)
        if people > 1:
            facts["approvals_needed"] = people
        if decision.approval.grant_id is not None:
            facts["grant_id"] = decision.approval.grant_id
    return Entry("plan.decided", facts)
