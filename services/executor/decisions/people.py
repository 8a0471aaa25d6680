"""Who approved: whether all findings were acknowledged, and enough different people have approved a plan.

The operator's rules are this service's own copy, what a step changes is worked out from its arguments, and every
approval's signature is checked here. Taken on the gateway's word is who asked it: the principal and the ARN in a signed
approval are what AWS told the gateway when that person's session opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from services.executor.context import ExecutorContext
from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from services.executor.scope.known_steps import known_steps
from services.executor.scope.resources import changed
from services.executor.settings import ExecutorSettings
from shared.errors import Conflict, Forbidden
from shared.keys.signing import verify_decision
from shared.plans.acknowledging import check_review, missing
from shared.plans.decisions import Approval
from shared.plans.plan import Plan, ReviewNeeded
from shared.plans.reviews import open_review, with_review
from shared.plans.rules import Change, Needed, changes_of_step, may_count
from shared.plans.step import Step


def needed(steps: Iterable[Step], account: str, settings: ExecutorSettings) -> Needed:
    """How many people besides the owner have to approve these steps, just prepared."""
    return settings.rules.needed(account, _as_declared(steps))


def review_needed(steps: Iterable[Step], account: str, settings: ExecutorSettings) -> ReviewNeeded | None:
    """What the rules say of Claude's review of a plan of these steps."""
    return settings.rules.review(account, _as_declared(steps))


def _as_declared(steps: Iterable[Step]) -> list[Change]:
    return [change for step in steps for change in changes_of_step(step)]


def as_reviewed(context: ExecutorContext, plan: Plan, approval: Approval) -> Plan:
    """The plan with Claude's review, and what of it has to be acknowledged, where it came before the approval.

    The gateway keeps the review beside the plan. Raises Forbidden (`bad_signature`) where it is not of exactly this
    plan. A plan that has begun was checked then, and may outlive its review.
    """
    if plan.status != "proposed" or plan.review_until is None or approval.review != "done":
        return plan
    signed: Any = context.redis.get(f"runs:review:{plan.plan_id}")
    return with_review(plan, open_review(plan, signed or "", context.advisor_key))


def check_people(
    plan: Plan, reviewed: Plan, approval: Approval, decision: Mapping[str, Any], settings: ExecutorSettings
) -> None:
    """Raise unless all was acknowledged and enough people approved. `reviewed` is what `as_reviewed` makes of the plan.

    Conflict (`not_acknowledged`, `review_pending`, `review_unavailable`); Forbidden (`not_enough_approvals`,
    `bad_signature`).
    """
    key = settings.approval_key.get_secret_value().encode()
    changes = _changes(plan)
    rule = settings.rules.review(plan.identity.account, changes)
    _check_seen(plan, reviewed, approval, rule)
    needs = settings.rules.needed(plan.identity.account, changes)
    people = max(needs.approvers, plan.approvers)
    if not people:
        return
    different = set()
    for one in (approval, *_earlier(decision)):
        verify_decision(key, one)
        _check_seen(plan, reviewed, one, rule)
        if (one.plan_id, one.digest) == (plan.plan_id, approval.digest) and _counts(plan, one, needs, settings):
            different.add(one.by.principal if one.by else None)
    if len(different) < people:
        raise Forbidden(
            f"{people} people besides who proposed the plan have to approve it, and {len(different)} have: so the "
            "rules of whoever operates the assistant say",
            code="not_enough_approvals",
        )


def _counts(plan: Plan, approval: Approval, needs: Needed, settings: ExecutorSettings) -> bool:
    """Whether the approval is of somebody else who may decide the plan, and had not expired before the last one."""
    by = approval.by
    return (
        approval.grant_id is None
        and by is not None
        and may_count(plan, by, named_only=needs.named_only)
        and settings.rules.shares(plan, by.caller_arn, "decide")
    )


def shared_steps(approval: Approval, decision: Mapping[str, Any], approval_key: bytes) -> frozenset[str]:
    """The steps whose sensitive value the model may see: those of which everybody says so who approved the plan."""
    everybody = (approval, *_earlier(decision))
    for one in everybody:
        verify_decision(approval_key, one)
    return frozenset.intersection(*(frozenset(one.share_with_model) for one in everybody))


def _earlier(decision: Mapping[str, Any]) -> list[Approval]:
    try:
        return [Approval.model_validate_json(text) for text in decision.get("approvals") or ()]
    except ValidationError as error:
        raise Forbidden("an approval of the plan is not in a form that is known", code="bad_signature") from error


def _check_seen(plan: Plan, reviewed: Plan, approval: Approval, rule: ReviewNeeded | None) -> None:
    """Raise Conflict unless all was acknowledged and, as far as the rules ask for that, Claude's review was there.

    Whether it was is taken on the gateway's word, which is in the signed approval; what had to be acknowledged of it is
    not: it is worked out from the review.
    """
    check_review(plan, approval.review, rule)
    left = missing((reviewed if approval.review == "done" else plan).acknowledge, approval.acknowledged)
    if left:
        ids = ", ".join(one.finding_id for one in left)
        raise Conflict(f"the approval does not acknowledge {ids}; approve the plan again", code="not_acknowledged")


def _changes(plan: Plan) -> list[Change]:
    """What the steps change, from their arguments and not from what is stored beside them."""
    location = Location.of_identity(plan.identity)
    found = []
    for step in known_steps(plan, location):
        touched = changed(step.operation, step.values, location)
        known = () if any(UNKNOWN in arn for arn in touched) else tuple(touched)
        names = (step.operation.name, *step.declared.also)
        found += [Change(name, step.declared.effect, known) for name in names]
    return found
