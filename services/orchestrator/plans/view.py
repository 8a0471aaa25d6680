"""How a plan looks over REST and in a turn's events: times as ISO 8601, absent parts left out."""

from __future__ import annotations

from typing import Any

from services.orchestrator.plans.status import can_be_cancelled, can_be_undone
from services.orchestrator.times import iso
from shared.messages import Plan, Step

# The two answers to a step in doubt: `happened` of `POST …/resolve`.
ANSWERS = ("it happened", "it did not")


def plan_view(plan: Plan) -> dict[str, Any]:
    """A plan as REST and events show it, with links to what can be done with it now."""
    return {
        "plan_id": plan.plan_id,
        "turn_id": plan.turn_id,
        "status": plan.status,
        "goal": plan.goal,
        "summary": plan.summary,
        "digest": plan.digest,
        "created_at": iso(plan.created_at),
        "expires_at": iso(plan.expires_at),
        "approved_by": plan.approved_by,
        "decided_at": _iso_or_none(plan.decided_at),
        "ended_at": _iso_or_none(plan.ended_at),
        "identity": plan.identity.model_dump(mode="json"),
        "on_failure": plan.on_failure,
        "undoes": plan.undoes,
        "steps": [_plan_step_view(plan, step) for step in plan.steps],
        "findings": [finding.model_dump(mode="json", exclude_none=True) for finding in plan.findings],
        "review": plan.review.model_dump(mode="json", exclude_none=True) if plan.review else None,
        "links": plan_links(plan),
    }


def plan_links(plan: Plan) -> dict[str, str]:
    """The plan's address, and the addresses of the actions its status allows."""
    actions = {
        "approve": plan.status == "proposed",
        "reject": plan.status == "proposed",
        "cancel": can_be_cancelled(plan),
        "resolve": plan.status == "in_doubt" and any(step.status == "in_doubt" for step in plan.steps),
        "undo": can_be_undone(plan) and plan.status != "in_doubt",
    }
    here = f"/v1/plans/{plan.plan_id}"
    return {"self": here} | {action: f"{here}/{action}" for action, possible in actions.items() if possible}


def plan_page(plan: Plan) -> str:
    """The plan as one page of text: what was prepared, its current status, and what can be done with it."""
    lines = [plan.summary.strip() or plan.goal, "", f"Plan: {plan.plan_id}", f"Digest: {plan.digest}"]
    lines.append(f"Status: {plan.status}" + (f", approved by {plan.approved_by}" if plan.approved_by else ""))
    if plan.undoes:
        lines.append(f"Takes back: {plan.undoes}")
    for step in plan.steps:
        if step.status != "pending":
            why = f": {step.error.detail}" if step.error else ""
            lines.append(f"Step {step.id} ({step.operation}) is {step.status}{why}")
    lines += [f"To {action}: POST {link}" for action, link in plan_links(plan).items() if action != "self"]
    return "\n".join(lines) + "\n"


def _plan_step_view(plan: Plan, step: Step) -> dict[str, Any]:
    view = step.model_dump(mode="json", exclude={"result", "error", "started_at", "ended_at"})
    if step.result is not None:
        view["result"] = step.result
    if step.error is not None:
        view["error"] = step.error.model_dump(mode="json")
    if step.started_at is not None:
        view["started_at"] = iso(step.started_at)
    if step.ended_at is not None:
        view["ended_at"] = iso(step.ended_at)
    if plan.status == step.status == "in_doubt":
        view |= {"answers": list(ANSWERS), "resolve": plan_links(plan)["resolve"]}
    return view


def _iso_or_none(timestamp: float | None) -> str | None:
    return None if timestamp is None else iso(timestamp)
