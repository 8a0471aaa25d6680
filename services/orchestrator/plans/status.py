"""A plan's current status: the executor's record, combined with the decisions on it and the outcome of its run."""

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
    """The decision on a plan; "expired" where nobody decided in time.

    `read` keeps what a newer version signed with the approval, so that the executor gets the approval as it was signed.
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
    """The end of a plan that no executor could bring to one; void once the executor writes the plan's record again.

    `seen` is the hash of the record it was made for.
    """

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
    """The hash of the executor's record, by which an Outcome names the record it was made for."""
    return hashlib.sha256(record.encode()).hexdigest()


def fingerprint(record: Any) -> str:
    """SHA-256 of all of a prepared plan as JSON: also of what its digest does not cover and this version ignores."""
    return hashlib.sha256(canonical(record).encode()).hexdigest()


def as_of_now(stored: Stored) -> Plan:
    """Combine the executor's record with decision, outcome and answers; a record newer than these wins.

    Raises ValidationError where this version cannot read one of them.
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
    """The ids of its steps whose outcome is unknown."""
    return [step.id for step in plan.steps if step.status == "in_doubt"]


def all_answered(plan: Plan, resolutions: Mapping[str, str]) -> bool:
    """True where a person has answered for every step in doubt, since the plan last ended in doubt."""
    said = [resolutions[step] for step in in_doubt(plan) if step in resolutions]
    found = [Resolution.read(text) for text in said]
    fresh = [one for one in found if one.in_doubt_since == plan.ended_at]
    return bool(fresh) and len(fresh) == len(in_doubt(plan))


def can_be_cancelled(plan: Plan) -> bool:
    return plan.status not in PLAN_ENDS and plan.status != "undoing"


def can_be_undone(plan: Plan) -> bool:
    """True where the plan has ended and at least one of its steps is done and not undone."""
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
