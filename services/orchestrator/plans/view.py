"""How a plan looks over REST and in a turn's events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from services.orchestrator.plans.service import Page
from services.orchestrator.plans.status import can_be_cancelled, can_be_undone
from services.orchestrator.rest import Compact, Json, Omittable, RestModel, Time
from services.orchestrator.workers.view import ErrorAnswer
from shared.digest import unknown_fields
from shared.messages import Cost, Effect, Finding, Identity, Plan, PlanStatus, Review, Step, StepRef, StepStatus

# The two answers to a step in doubt: `happened` of `POST …/resolve`.
ANSWERS = ("it happened", "it did not")


class PlanLinks(RestModel):
    """The plan's address, and the addresses of the actions its status allows."""

    self: str
    approve: Omittable[str] = None
    reject: Omittable[str] = None
    cancel: Omittable[str] = None
    resolve: Omittable[str] = None
    undo: Omittable[str] = None

    @classmethod
    def of(cls, plan: Plan) -> PlanLinks:
        actions = {
            # This gateway approves only what it knows; one of the newer version can.
            "approve": plan.status == "proposed" and not unknown_fields(plan),
            "reject": plan.status == "proposed",
            "cancel": can_be_cancelled(plan),
            "resolve": plan.status == "in_doubt" and any(step.status == "in_doubt" for step in plan.steps),
            "undo": can_be_undone(plan) and plan.status != "in_doubt",
        }
        here = f"/v1/plans/{plan.plan_id}"
        return cls(self=here, **{action: f"{here}/{action}" for action, possible in actions.items() if possible})

    def actions(self) -> Iterator[tuple[str, str]]:
        """What can be done, and where."""
        return ((action, link) for action, link in self if action != "self" and link)


class PlanStepAnswer(RestModel):
    """A step. `answers` are what a person can say of it at `resolve`, where it is in doubt."""

    id: str
    operation: str
    arguments: dict[str, Json]
    needs: list[str]
    title: str
    effect: Effect
    iam_actions: list[str]
    resources: list[str]
    reversible: Literal["yes", "partly", "no"]
    permission: Literal["allowed", "denied", "unknown"]
    cost: Cost
    undoes: StepRef | None
    notes: list[str]
    status: StepStatus
    result: Omittable[Json] = None
    error: Omittable[ErrorAnswer] = None
    started_at: Omittable[Time] = None
    ended_at: Omittable[Time] = None
    answers: Omittable[list[str]] = None
    resolve: Omittable[str] = None

    @classmethod
    def of(cls, step: Step, resolve: str | None) -> PlanStepAnswer:
        """`resolve` is where a step in doubt is answered, None where the plan waits for no answer."""
        asked = {"answers": list(ANSWERS), "resolve": resolve} if resolve and step.status == "in_doubt" else {}
        return cls.model_validate(vars(step) | asked)


class PlanAnswer(RestModel):
    """A plan with its status as of now."""

    plan_id: str
    turn_id: str | None
    status: PlanStatus
    goal: str
    summary: str
    digest: str
    created_at: Time
    expires_at: Time
    approved_by: str | None
    decided_at: Time | None
    ended_at: Time | None
    identity: Identity
    on_failure: Literal["undo", "keep"]
    undoes: str | None
    steps: list[PlanStepAnswer]
    findings: list[Compact[Finding]]
    review: Compact[Review] | None
    links: PlanLinks

    @classmethod
    def of(cls, plan: Plan) -> PlanAnswer:
        links = PlanLinks.of(plan)
        steps = [PlanStepAnswer.of(step, links.resolve) for step in plan.steps]
        return cls.model_validate(vars(plan) | {"steps": steps, "links": links})


class PlanPage(RestModel):
    """Plans, newest first. `skipped` is there where so many plans of the page could not be read by this gateway."""

    items: list[PlanAnswer]
    next_cursor: str | None
    skipped: Omittable[int] = None

    @classmethod
    def of(cls, page: Page) -> PlanPage:
        items = [PlanAnswer.of(plan) for plan in page.plans]
        return cls(items=items, next_cursor=page.next_cursor, skipped=page.skipped or None)


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
    lines += [f"To {action}: POST {link}" for action, link in PlanLinks.of(plan).actions()]
    return "\n".join(lines) + "\n"
