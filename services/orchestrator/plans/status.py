"""What a plan is as of now: the executor's record, with what people decided and how its run ended laid over it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from shared.decisions import Approval, Resolution
from shared.messages import PLAN_ENDS, ErrorBody, Finding, Plan, PlanStatus, Record
from shared.signing import canonical

PERSON = "person"


class Decision(Record):
    """What was decided on a plan; "expired" where nobody did in time.

    The approval in it is handed on as it was signed, by whatever version: the executor is strict about it.
    """

    decision: Literal["approve", "reject", "cancel", "expired"]
    decided_at: float
    approval: Approval | None = None
    reason: str | None = None

    @classmethod
    def read(cls, text: str) -> Decision:
        """The decision as it is stored."""
        return cls.model_validate_json(text, extra="allow")


class Outcome(Record):
    """The end of a plan that no executor could bring to one. It stands as long as the executor says no more."""

    status: Literal["failed", "in_doubt", "cancelled"]
    error: ErrorBody
    ended_at: float
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """A plan's keys as Redis has them."""

    plan: str
    decision: str | None = None
    outcome: str | None = None
    resolutions: Mapping[str, str] = field(default_factory=dict)


_STATUS_BY_DECISION: dict[str, PlanStatus] = {
    "approve": "approved",
    "reject": "rejected",
    "cancel": "cancelled",
    "expired": "expired",
}


def seen(record: str) -> str:
    """Names the executor's record as it was when an Outcome was made of it."""
    return hashlib.sha256(record.encode()).hexdigest()


def fingerprint(record: Any) -> str:
    """SHA-256 of all that a prepared plan says as JSON: also what no digest covers and what this version ignores."""
    return hashlib.sha256(canonical(record).encode()).hexdigest()


def as_of_now(stored: Stored) -> Plan:
    """Lay decision, outcome and answers over the executor's record, which wins once it says more than they knew.

    Raises ValidationError where one of them is not in a form that this version reads.
    """
    plan = Plan.model_validate_json(stored.plan)
    decision = Decision.read(stored.decision) if stored.decision else None
    if decision is not None and decision.approval is not None:
        plan = plan.model_copy(update={"approved_by": decision.approval.grant_id or PERSON})
    outcome = Outcome.model_validate_json(stored.outcome) if stored.outcome else None
    if outcome is not None and outcome.seen == seen(stored.plan):
        return _with_outcome(plan, outcome)
    if plan.status == "in_doubt" and all_answered(plan, stored.resolutions):
        return plan.model_copy(update={"status": "running", "ended_at": None})
    if plan.status != "proposed":
        return plan
    if decision is not None:
        return _with_decision(plan, decision)
    if plan.expires_at <= time.time():
        return plan.model_copy(update={"status": "expired", "ended_at": plan.expires_at})
    return plan


def in_doubt(plan: Plan) -> list[str]:
    """The ids of its steps of which nobody knows whether they happened."""
    return [step.id for step in plan.steps if step.status == "in_doubt"]


def all_answered(plan: Plan, resolutions: Mapping[str, str]) -> bool:
    """True where a person has said of every step in doubt whether it happened, since this doubt arose."""
    said = [resolutions[step] for step in in_doubt(plan) if step in resolutions]
    found = [Resolution.read(text) for text in said]
    fresh = [one for one in found if one.in_doubt_since == plan.ended_at]
    return bool(fresh) and len(fresh) == len(in_doubt(plan))


def can_be_cancelled(plan: Plan) -> bool:
    return plan.status not in PLAN_ENDS and plan.status != "undoing"


def can_be_undone(plan: Plan) -> bool:
    """True where the plan has ended and something it did is still there."""
    return plan.status in PLAN_ENDS and any(step.status == "done" for step in plan.steps)


def _with_decision(plan: Plan, decision: Decision) -> Plan:
    update: dict[str, object] = {"status": _STATUS_BY_DECISION[decision.decision]}
    if decision.decision != "expired":
        update["decided_at"] = decision.decided_at
    if decision.decision != "approve":
        update["ended_at"] = decision.decided_at
    return plan.model_copy(update=update)


def _with_outcome(plan: Plan, outcome: Outcome) -> Plan:
    finding = Finding(code=outcome.error.code, severity="high", message=outcome.error.detail)
    update = {"status": outcome.status, "ended_at": outcome.ended_at, "findings": (*plan.findings, finding)}
    return plan.model_copy(update=update)
