"""Claude's review of a plan, which comes after it: signed as it is kept beside the plan, and what it adds to the plan.

The plan's record and digest stay as they were. What the review finds to be of high risk becomes findings of the plan
all the same, and they have to be acknowledged like its others: gateway and executor work them out from the same review.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from shared.errors import Forbidden
from shared.keys.signing import sign, verify
from shared.messages import Finding
from shared.plans.acknowledging import to_acknowledge, with_ids
from shared.plans.ids import review_call_id
from shared.plans.plan import Plan, Review

# Findings that one review can add; what is beyond them is in the review, and the last finding says so.
MAX_FINDINGS = 20
REVIEW_RISK = "review_risk"


def no_review(reason: str) -> Review:
    """A review that did not take place, and why."""
    return Review(status="not_reviewed", reason=reason)


def sign_review(plan: Plan, review: Review, advisor_key: bytes) -> str:
    """`SIGNATURE.BODY` of a review of exactly this plan."""
    body = review.model_dump_json()
    return f"{sign(advisor_key, _purpose(plan), body)}.{body}"


def open_review(plan: Plan, signed: str, advisor_key: bytes) -> Review:
    """The review that `sign_review` signed for this plan. Raises Forbidden (`bad_signature`)."""
    signature, _, body = signed.partition(".")
    verify(advisor_key, _purpose(plan), body, signature)
    try:
        return Review.model_validate_json(body)
    except ValidationError as error:
        raise Forbidden("the review of the plan is not in a form that is known", code="bad_signature") from error


def with_review(plan: Plan, review: Review) -> Plan:
    """The plan as it is shown and acknowledged once the review has come. Its digest stays.

    One whose record has a review, since nobody could be asked for it or from before reviews came later, stays as it is.
    """
    if plan.review is not None:
        return plan
    # The digest is in the ids: those of an edited plan's review are none of this one's.
    found = with_ids(review_call_id(plan), _findings(plan, review))
    return plan.model_copy(
        update={
            "review": review,
            "findings": (*plan.findings, *found),
            "acknowledge": (*plan.acknowledge, *to_acknowledge(found, {})),
        }
    )


def _findings(plan: Plan, review: Review) -> Iterator[Finding]:
    """What the review calls a high risk and the plan does not say already, which it does of the fixed rules' findings.

    A verdict that is the worst needs a person's acknowledgement even where no risk of it is said to be high.
    """
    if review.status != "reviewed":
        return
    known = {text for one in plan.findings for text in (one.message, f"{one.message} ({one.path})")}
    high = [risk for risk in review.risks if risk.severity == "high" and risk.detail not in known]
    for risk in high[:MAX_FINDINGS]:
        yield Finding(code=REVIEW_RISK, severity="high", message=f"{risk.title}: {risk.detail}")
    if len(high) > MAX_FINDINGS:
        more = f"Claude's review has {len(high) - MAX_FINDINGS} more risks that it calls high"
        yield Finding(code=REVIEW_RISK, severity="high", message=more)
    if review.verdict == "dangerous" and not high:
        said = f"Claude calls the plan dangerous: {review.summary or ''}"
        yield Finding(code=REVIEW_RISK, severity="high", message=said)


def _purpose(plan: Plan) -> str:
    return f"review:{review_call_id(plan)}"
