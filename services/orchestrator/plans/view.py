"""How a plan looks over REST and in a turn's events."""

from __future__ import annotations

from typing import Literal

from services.orchestrator.plans.service import Page
from services.orchestrator.rest import Compact, Json, Omittable, RestModel, Time
from services.orchestrator.workers.view import ErrorAnswer
from shared.broker.stored import UnreadableRecord
from shared.messages import Effect, Finding, Identity, Owner
from shared.plans.page.actions import actions, plan_path
from shared.plans.page.costs import is_by_use, is_unknown, sums, total
from shared.plans.page.page import plan_page
from shared.plans.page.values import value_path
from shared.plans.plan import Plan, PlanBound, PlanStatus, Review, ReviewNeeded, ReviewStatus, ToAcknowledge
from shared.plans.step import Cost, PolicyReach, PropertyChange, RoleReach, Step, StepRef, StepStatus, StepUndo

# The two answers to a step in doubt: `happened` of `POST …/resolve`.
ANSWERS = ("it happened", "it did not")


class PlanLinks(RestModel):
    """The plan's address, and the addresses of the actions its status allows."""

    self: str
    approve: Omittable[str] = None
    reject: Omittable[str] = None
    edit: Omittable[str] = None
    cancel: Omittable[str] = None
    resolve: Omittable[str] = None
    undo: Omittable[str] = None

    @classmethod
    def of(cls, plan: Plan) -> PlanLinks:
        return cls.model_validate({action.name: action.path for action in actions(plan)} | {"self": plan_path(plan)})


class CostAmount(RestModel):
    """An amount that is known, of one currency and period."""

    amount: str
    currency: str
    per: str


class PlanCost(RestModel):
    """What the steps cost together, each currency for itself: what is known, and the steps that add to it."""

    words: str
    amounts: list[CostAmount]
    unknown: list[str]
    by_use: list[str]

    @classmethod
    def of(cls, plan: Plan) -> PlanCost:
        costs = [step.cost for step in plan.steps]
        amounts = [
            CostAmount(amount=str(amount), currency=currency, per=per)
            for (currency, per), amount in sums(costs).items()
        ]
        unknown = [step.id for step in plan.steps if is_unknown(step.cost)]
        by_use = [step.id for step in plan.steps if is_by_use(step.cost)]
        return cls(words=total(costs), amounts=amounts, unknown=unknown, by_use=by_use)


class PlanStepAnswer(RestModel):
    """A step. `answers` are what a person can say of it at `resolve`, where it is in doubt."""

    id: str
    operation: str
    arguments: dict[str, Json]
    needs: list[str]
    title: str
    effect: Effect
    also: Omittable[list[str]] = None
    iam_actions: list[str]
    resources: list[str]
    reversible: Literal["yes", "partly", "no"]
    permission: Literal["allowed", "denied", "unknown"]
    cost: Cost
    undoes: StepRef | None
    notes: list[str]
    changes: Omittable[list[PropertyChange]] = None
    undo: StepUndo | None
    policies: list[PolicyReach]
    roles: list[RoleReach]
    untrusted: list[str]
    status: StepStatus
    result: Omittable[Json] = None
    error: Omittable[ErrorAnswer] = None
    started_at: Omittable[Time] = None
    ended_at: Omittable[Time] = None
    waiting: Omittable[str] = None
    answers: Omittable[list[str]] = None
    resolve: Omittable[str] = None
    value: Omittable[str] = None

    @classmethod
    def of(cls, step: Step, resolve: str | None, value: str | None = None) -> PlanStepAnswer:
        """`resolve` is where a step in doubt is answered, None where the plan waits for no answer; `value` is where
        the person sees what a sensitive read has read."""
        in_doubt = step.status == "in_doubt" and not step.answered
        asked = {"answers": list(ANSWERS), "resolve": resolve} if resolve and in_doubt else {}
        some = {"also": step.also or None, "changes": step.changes or None}
        return cls.model_validate(vars(step) | some | asked | {"value": value})


class PlanAnswer(RestModel):
    """A plan as it is now. `summary` is its page, made from this same record."""

    plan_id: str
    owner: Compact[Owner] | None
    turn_id: str | None
    status: PlanStatus
    goal: str
    proposed_by: Literal["program"] | None
    summary: str
    digest: str
    created_at: Time
    expires_at: Time
    approved_by: str | None
    decided_at: Time | None
    runs_in: str | None
    cancel_requested: bool
    ended_at: Time | None
    ended_because: str | None
    identity: Compact[Identity]
    on_failure: Literal["undo", "keep"]
    undoes: str | None
    replaces: Omittable[str] = None
    replaced_by: Omittable[str] = None
    limits: list[PlanBound]
    cost: PlanCost
    steps: list[PlanStepAnswer]
    findings: list[Compact[Finding]]
    acknowledge: list[Compact[ToAcknowledge]]
    approvers: int
    approved_so_far: list[str]
    review: Compact[Review] | None
    review_status: ReviewStatus | None
    review_needed: ReviewNeeded | None
    links: PlanLinks

    @classmethod
    def of(cls, plan: Plan) -> PlanAnswer:
        links = PlanLinks.of(plan)
        steps = [PlanStepAnswer.of(step, links.resolve, value_path(plan, step)) for step in plan.steps]
        shown = {"summary": plan_page(plan), "steps": steps, "links": links, "review_status": plan.review_status}
        shown["cost"] = PlanCost.of(plan)
        return cls.model_validate(vars(plan) | shown)


class UnreadablePlan(RestModel):
    """A plan that a newer version stored, or that is damaged."""

    plan_id: str
    why: str

    @classmethod
    def of(cls, record: UnreadableRecord) -> UnreadablePlan:
        return cls(plan_id=record.id, why=record.why)


class PlanPage(RestModel):
    """Plans, newest first. `unreadable` is there where this gateway could not read plans of the page, and says why."""

    items: list[PlanAnswer]
    next_cursor: str | None
    unreadable: Omittable[list[UnreadablePlan]] = None

    @classmethod
    def of(cls, page: Page) -> PlanPage:
        items = [PlanAnswer.of(plan) for plan in page.plans]
        unread = [UnreadablePlan.of(one) for one in page.unreadable]
        return cls(items=items, next_cursor=page.next_cursor, unreadable=unread or None)
