"""What a person has to have seen of a plan, findings and review: the gateway asks for it, the executor checks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from shared.errors import Conflict
from shared.messages import Finding
from shared.plans.decisions import Acknowledged
from shared.plans.plan import Plan, ReviewNeeded, ReviewStatus, ToAcknowledge

DELETES_DATA = "deletes_data"
# Whatever their severity: what is lost for good, and the assistant's own power.
ALWAYS = frozenset({DELETES_DATA, "changes_own_access"})
# When to try again to approve a plan whose review is to come.
REVIEW_RETRY_SECONDS = 2


def with_ids(plan_id: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, each with an id that no other plan's has."""
    named = []
    for number, finding in enumerate(findings):
        about = f"{plan_id}\n{number}\n{finding.code}\n{finding.step}\n{finding.path}\n{finding.message}"
        named.append(finding.model_copy(update={"id": f"fnd_{hashlib.sha256(about.encode()).hexdigest()[:16]}"}))
    return tuple(named)


def to_acknowledge(findings: Iterable[Finding], typed: Mapping[str, str]) -> tuple[ToAcknowledge, ...]:
    """Those of the findings that a person has to acknowledge; `typed` is by step what is lost with it."""
    return tuple(
        ToAcknowledge(
            finding_id=finding.id, typed=typed.get(str(finding.step)) if finding.code == DELETES_DATA else None
        )
        for finding in findings
        if finding.severity == "high" or finding.code in ALWAYS
    )


def missing(asked: Sequence[ToAcknowledge], acknowledged: Sequence[Acknowledged]) -> list[ToAcknowledge]:
    """What of it was not acknowledged, or not by typing what it asks for."""
    given = {(one.finding_id, one.typed) for one in acknowledged}
    ids = {one.finding_id for one in acknowledged}
    return [
        one
        for one in asked
        if (one.finding_id not in ids if one.typed is None else (one.finding_id, one.typed) not in given)
    ]


def check_review(plan: Plan, came: ReviewStatus | None, rule: ReviewNeeded | None) -> None:
    """Raise Conflict (`review_pending`, `review_unavailable`) where the review has not come that a rule asks for.

    `rule` is what the asking service's own rules say; the plan has what the executor's said. The stricter one holds.
    """
    if plan.review_until is None and plan.review is None:
        return  # no policies: nothing to review
    rules = {rule, plan.review_needed} - {None}
    if not rules or came == "done":
        return
    if came == "unavailable":
        if "required" in rules:
            raise Conflict(
                "Claude did not review the plan, and the rules of whoever operates the assistant ask for that; "
                "`review.reason` says why. Propose it again once the advisor answers",
                code="review_unavailable",
            )
        return
    raise Conflict(
        "Claude's review of the plan has not come yet, and the rules of whoever operates the assistant ask to wait for "
        "it; try again in a moment",
        code="review_pending",
        retryable=True,
        retry_after=REVIEW_RETRY_SECONDS,
    )


def waits_for_review(plan: Plan) -> bool:
    """Whether the plan's own record says that an approval would be refused now for want of a review."""
    try:
        check_review(plan, plan.review_status, None)
    except Conflict:
        return True
    return False
