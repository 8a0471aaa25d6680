"""What a person can do next with a plan, each with its call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from shared.plans.acknowledging import waits_for_review
from shared.plans.digest import unknown_fields
from shared.plans.plan import PLAN_ENDS, Plan

# The ends after which a plan can be undone; one in doubt is resolved first.
UNDOABLE = frozenset({"done", "failed", "cancelled"})
Name = Literal["approve", "reject", "edit", "cancel", "resolve", "undo"]


@dataclass(frozen=True, slots=True)
class Action:
    """A call of REST: POST to `path`, with `body` as JSON where it needs one."""

    name: Name
    words: str
    path: str
    body: dict[str, JsonValue] = field(default_factory=dict)


def plan_path(plan: Plan) -> str:
    """Where the plan is."""
    return f"/v1/plans/{plan.plan_id}"


def can_be_cancelled(plan: Plan) -> bool:
    """True where the plan has not ended and nothing of it is being undone."""
    return plan.status not in PLAN_ENDS and plan.status != "undoing"


def can_be_undone(plan: Plan) -> bool:
    """True where the plan has ended and at least one of its steps is done, not undone, and can be undone."""
    return plan.status in UNDOABLE and any(step.status == "done" and step.reversible != "no" for step in plan.steps)


def can_be_edited(plan: Plan) -> bool:
    """True where nobody has decided it, and a step can be changed or left out; what takes back is not changed."""
    return plan.status == "proposed" and not unknown_fields(plan) and (plan.undoes is None or len(plan.steps) > 1)


def _edit(plan: Plan) -> dict[str, JsonValue]:
    """The body of an edit as an example; what is different is left for the person to write."""
    if plan.undoes is not None:
        return {"remove": [plan.steps[-1].id]}
    example: dict[str, JsonValue] = {plan.steps[0].id: {"NAME": "VALUE"}}
    return {"arguments": example} if len(plan.steps) == 1 else {"remove": [plan.steps[-1].id], "arguments": example}


def _approval(plan: Plan) -> dict[str, JsonValue]:
    """The body of an approval; the name of what is lost is left for the person to type."""
    body: dict[str, JsonValue] = {"digest": plan.digest}
    if plan.acknowledge:
        asked: list[JsonValue] = []
        for one in plan.acknowledge:
            asked.append({"finding_id": one.finding_id, **({"typed": "TYPE ITS NAME"} if one.typed else {})})
        body["acknowledged"] = asked
    return body


def actions(plan: Plan) -> tuple[Action, ...]:
    """What can be done with the plan as it is now: nothing that would be refused."""

    def action(name: Name, words: str, **body: JsonValue) -> Action:
        return Action(name, words, f"{plan_path(plan)}/{name}", body)

    found: list[Action] = []
    if plan.status == "proposed":
        # Nobody approves what is not on the page: a process of the newer version shows all of it.
        if not unknown_fields(plan) and not waits_for_review(plan):
            found.append(action("approve", "Approve exactly this plan", **_approval(plan)))
        found.append(action("reject", "Refuse it for good"))
        if can_be_edited(plan):
            found.append(action("edit", "Change it first; its edited form is then approved instead", **_edit(plan)))
    if can_be_cancelled(plan) and not plan.cancel_requested:
        waiting = "Withdraw it" if plan.status == "proposed" else "Stop it before its next step"
        found.append(action("cancel", waiting))
    if plan.status == "in_doubt":
        found += [
            action("resolve", f"Say whether step {step.id} happened: true or false", step=step.id, happened=True)
            for step in plan.steps
            if step.status == "in_doubt" and not step.answered
        ]
    elif can_be_undone(plan) and not unknown_fields(plan):
        found.append(action("undo", "Have a plan prepared that undoes it, to approve like any other"))
    return tuple(found)
