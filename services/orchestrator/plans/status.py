"""A plan's current status: the executor's record, combined with the decisions on it and the outcome of its run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog

from shared.errors import Forbidden
from shared.keys.signing import canonical
from shared.messages import ErrorBody, Finding, Record
from shared.plans.decisions import Approval, Person, Resolution
from shared.plans.plan import PLAN_ENDS, Plan, PlanStatus
from shared.plans.reviews import no_review, open_review, with_review
from shared.plans.skipped_steps import without_pending

log = structlog.get_logger(__name__)

PERSON = "person"
# A review that no gateway has stored this long after its time is not waited for any more.
REVIEW_LOST_SECONDS = 15.0


class Decision(Record):
    """The decision on a plan; "expired" where nobody decided in time.

    `read` keeps what a newer version signed with the approval, so that the executor gets the approval as it was signed.
    """

    decision: Literal["approve", "reject", "cancel", "expired"]
    decided_at: float
    approval: Approval | None = None
    reason: str | None = None
    by: Person | None = None
    replaced_by: str | None = None
    # Those before the last one, where several people had to approve: as each was signed.
    approvals: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str | bytes) -> Decision:
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
    # By person, while more have to approve.
    approvals: Mapping[str, str] = field(default_factory=dict)
    cancelled: bool = False
    # Claude's, signed.
    review: str | None = None


_STATUS_BY_DECISION: dict[str, PlanStatus] = {
    "approve": "approved",
    "reject": "rejected",
    "cancel": "cancelled",
    "expired": "expired",
}
_NOBODY = "nobody approved the plan in time"
_BECAUSE = {
    "reject": "a person rejected the plan",
    "cancel": "a person cancelled the plan before it was approved",
    "expired": _NOBODY,
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
    plan = _with_status(stored)
    if stored.approvals and plan.status == "proposed":
        so_far = [Approval.read(text) for text in stored.approvals.values()]
        plan = plan.model_copy(update={"approved_so_far": tuple(one.by.caller_arn for one in so_far if one.by)})
    if stored.cancelled and plan.status not in PLAN_ENDS:
        plan = plan.model_copy(update={"cancel_requested": True})
    if plan.status == "in_doubt" and stored.resolutions:
        answered = _answered(plan, stored.resolutions)
        steps = tuple(
            step.model_copy(update={"answered": True}) if step.id in answered else step for step in plan.steps
        )
        plan = plan.model_copy(update={"steps": steps})
    return plan


def _with_status(stored: Stored) -> Plan:
    plan = Plan.model_validate_json(stored.plan)
    decision = Decision.read(stored.decision) if stored.decision else None
    if decision is not None and decision.approval is not None:
        approval = decision.approval
        known = {"approved_by": approval.grant_id or PERSON, "runs_in": approval.session_id}
        plan = plan.model_copy(update=known)
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
        return _ended(plan, "expired", plan.expires_at, _NOBODY)
    return plan


def as_reviewed(plan: Plan, stored: str | None, advisor_key: bytes | None) -> Plan:
    """The plan with Claude's review, once it has come or it is known that none will, and with what that adds to it.

    `stored` is what is kept beside the plan: it counts only where it was signed for exactly this plan.
    """
    if plan.review_status != "pending":
        return plan
    if stored is not None:
        try:
            if advisor_key is not None:
                return with_review(plan, open_review(plan, stored, advisor_key))
        except Forbidden:
            log.error("plan_review_forged", plan_id=plan.plan_id)
        return with_review(plan, no_review("what is stored as the review was not signed for this plan"))
    if plan.review_until is not None and plan.review_until + REVIEW_LOST_SECONDS < time.time():
        # No gateway has taken an answer, nor said that there is none.
        return with_review(plan, no_review("no answer of the advisor was found in time"))
    return plan


def in_doubt(plan: Plan) -> list[str]:
    """The ids of its steps whose outcome is unknown."""
    return [step.id for step in plan.steps if step.status == "in_doubt"]


def all_answered(plan: Plan, resolutions: Mapping[str, str]) -> bool:
    """True where a person has answered for every step in doubt, since the plan last ended in doubt."""
    answered = _answered(plan, resolutions)
    return bool(answered) and len(answered) == len(in_doubt(plan))


def _answered(plan: Plan, resolutions: Mapping[str, str]) -> list[str]:
    """The steps in doubt that a person has answered for since the plan last ended in doubt."""
    found = {step: Resolution.read(resolutions[step]) for step in in_doubt(plan) if step in resolutions}
    return [step for step, one in found.items() if one.in_doubt_since == plan.ended_at]


def _with_decision(plan: Plan, decision: Decision) -> Plan:
    status = _STATUS_BY_DECISION[decision.decision]
    if decision.decision != "expired":
        plan = plan.model_copy(update={"decided_at": decision.decided_at})
    if decision.decision == "approve":
        return plan.model_copy(update={"status": status})
    because = _BECAUSE[decision.decision] + (f": {decision.reason}" if decision.reason else "")
    if decision.replaced_by is not None:
        because = f"a person edited the plan; {decision.replaced_by} replaces it"
        plan = plan.model_copy(update={"replaced_by": decision.replaced_by})
    return _ended(plan, status, decision.decided_at, because)


def _with_outcome(plan: Plan, outcome: Outcome) -> Plan:
    finding = Finding(code=outcome.error.code, severity="high", message=outcome.error.detail)
    plan = plan.model_copy(update={"findings": (*plan.findings, finding)})
    return _ended(plan, outcome.status, outcome.ended_at, outcome.error.detail)


def _ended(plan: Plan, status: PlanStatus, ended_at: float, because: str) -> Plan:
    """The plan as it ended without its executor: what was not begun is skipped. The record stays as it is."""
    steps = without_pending(plan.steps, because)
    return plan.model_copy(update={"status": status, "ended_at": ended_at, "ended_because": because, "steps": steps})
