"""The audit entries of a plan: how it was shown to a person, and how it ended."""

from __future__ import annotations

from services.orchestrator.rest import iso
from shared.audit.log import Entry
from shared.plans.plan import Plan


def proposed_entry(plan: Plan) -> Entry:
    """The entry for a plan that was shown to a person for a decision."""
    steps = [step.model_dump(mode="json", include={"id", "operation", "arguments", "needs"}) for step in plan.steps]
    about = plan.model_dump(
        mode="json", include={"plan_id", "turn_id", "goal", "digest", "on_failure", "identity", "proposed_by"}
    )
    found = [finding.code for finding in plan.findings]
    return Entry("plan.proposed", about | {"steps": steps, "findings": found, "expires_at": iso(plan.expires_at)})


def ended_entries(plan: Plan) -> tuple[Entry, ...]:
    """The entries for a plan that has ended; one that expired also gets the entry of a decision."""
    states = {step.id: step.status for step in plan.steps}
    ended = Entry("plan.ended", {"plan_id": plan.plan_id, "status": plan.status, "steps": states})
    if plan.status != "expired":
        return (ended,)
    return Entry("plan.decided", {"plan_id": plan.plan_id, "decision": "expired", "digest": plan.digest}), ended
