"""What the audit log says of a plan: how it was put before a person, and how it ended."""

from __future__ import annotations

from services.orchestrator.rest import iso
from shared.audit.log import Entry
from shared.messages import Plan


def proposed_entry(plan: Plan) -> Entry:
    """A plan as it was put before a person."""
    steps = [step.model_dump(mode="json", include={"id", "operation", "arguments", "needs"}) for step in plan.steps]
    about = plan.model_dump(mode="json", include={"plan_id", "turn_id", "goal", "digest", "on_failure", "identity"})
    found = [finding.code for finding in plan.findings]
    return Entry("plan.proposed", about | {"steps": steps, "findings": found, "expires_at": iso(plan.expires_at)})


def ended_entries(plan: Plan) -> tuple[Entry, ...]:
    """How a plan ended; that it expired is also what was decided on it."""
    states = {step.id: step.status for step in plan.steps}
    ended = Entry("plan.ended", {"plan_id": plan.plan_id, "status": plan.status, "steps": states})
    if plan.status != "expired":
        return (ended,)
    return Entry("plan.decided", {"plan_id": plan.plan_id, "decision": "expired", "digest": plan.digest}), ended
