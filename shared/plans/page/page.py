"""A plan as one page of text: what it is and does, what became of it, and what a person can do next."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator

from shared.messages import Finding
from shared.plans.acknowledging import DELETES_DATA
from shared.plans.digest import unknown_fields
from shared.plans.page.actions import Action, actions
from shared.plans.page.costs import total
from shared.plans.page.lines import MARK, framed
from shared.plans.page.steps import MAX_SENTENCE, on_failure, order, step_lines
from shared.plans.page.values import readable_until, value_path
from shared.plans.page.words import (
    BY_PROGRAM,
    NOT_ALL_SHOWN,
    REGION_SOURCES,
    REVIEW_NEEDED,
    REVIEW_PENDING,
    SEVERITIES,
    STATUS,
    UNDONE_BY_PROGRAM,
    VERDICTS,
)
from shared.plans.plan import Plan
from shared.text.plain import named, quoted, seen

HEAD = (
    f"Every line of this page begins with {MARK}, which no other text can contain. What stands between quotation marks"
    " was written by a user, a model or AWS; characters in it that cannot be seen are shown by their codes."
)
# Claude's words are advice and may be long: the page keeps room for what is certain. The plan's JSON has all.
MAX_ADVICE_LINES = 5
# Findings that are less than medium, of which a large policy may have hundreds.
MAX_MILD_FINDINGS = 20


def plan_page(plan: Plan) -> str:
    """The page of a plan as its record is now; every line begins with `lines.MARK`."""
    return framed(_lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    yield f"Plan {named(plan.plan_id)}: {STATUS[plan.status]}"
    yield HEAD
    yield from _losses(plan)
    if unknown_fields(plan):
        yield NOT_ALL_SHOWN
    yield ""
    yield from _identity(plan)
    yield ""
    yield "Steps:"
    for number, step in enumerate(plan.steps, 1):
        yield from step_lines(number, step, plan)
    yield ""
    if len(plan.steps) > 1:
        yield f"Order: {order(plan.steps)}"
    yield f"If a step fails: {on_failure(plan)}"
    yield f"Starts to cost: {total(step.cost for step in plan.steps)}"
    if plan.limits:
        yield f"Limits: {limits_in_words(plan)}"
    yield ""
    yield from _findings(plan)
    if plan.review_status:
        yield ""
        yield from _review(plan)
    yield ""
    yield from _next(plan)


def _losses(plan: Plan) -> Iterator[str]:
    """What is lost for good, before anything else; what has to be typed to approve that."""
    asked = {one.finding_id: one.typed for one in plan.acknowledge}
    for finding in plan.findings:
        if finding.code == DELETES_DATA:
            typed = asked.get(finding.id)
            type_it = f" To approve it, type {named(typed)}." if typed and plan.status == "proposed" else ""
            where = f" [{named(finding.step)}]" if finding.step else ""
            yield f"DATA IS LOST{where}: {quoted(finding.message, MAX_SENTENCE)}{type_it}"


def _identity(plan: Plan) -> Iterator[str]:
    identity = plan.identity
    yield f"Goal: {quoted(plan.goal)}"
    if plan.proposed_by == "program":
        yield f"Proposed by: {UNDONE_BY_PROGRAM if plan.undoes else BY_PROGRAM}"
    if plan.undoes:
        yield f"Takes back: the plan {named(plan.undoes)}"
    called = f" ({quoted(identity.account_name)})" if identity.account_name else ""
    yield f"Account: {named(identity.account)}{called}"
    yield f"As: {named(identity.caller_arn)}"
    yield f"Region: {named(identity.region)} ({REGION_SOURCES[identity.region_source]})"
    if plan.status == "proposed":
        yield f"Approve until: {_moment(plan.expires_at)}"
    if plan.approvers:
        yield f"Approvals: {plan.approvers} needed, of other people than who proposed it"
    yield from (f"Approved so far: {named(arn)}" for arn in plan.approved_so_far)
    if plan.approved_by:
        by = "a person" if plan.approved_by == "person" else f"the standing grant {named(plan.approved_by)}"
        yield f"Approved by: {by}" + (f", {_moment(plan.decided_at)}" if plan.decided_at else "")
    if plan.ended_at is not None:
        yield f"Ended: {_moment(plan.ended_at)}"
    if reason := why_it_ended(plan):
        yield f"Why: {reason}"


def why_it_ended(plan: Plan) -> str:
    """Why the plan ended, where something went wrong; empty elsewhere."""
    if plan.ended_because:
        return quoted(plan.ended_because, MAX_SENTENCE)
    failed = [step for step in plan.steps if step.status == "failed" and step.error]
    named_steps = (f"step {named(step.id)}: {quoted(step.error.detail, MAX_SENTENCE)}" for step in failed if step.error)
    return "; ".join(named_steps)


def _moment(timestamp: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(timestamp))


def limits_in_words(plan: Plan) -> str:
    """How much of what the operator allows the plan uses; it has at least one limit."""
    first, *others = plan.limits
    return ", ".join(
        [
            f"{first.used} of at most {first.most} {seen(first.what)}",
            *(f"{bound.used} of {bound.most} {seen(bound.what)}" for bound in others),
        ]
    )


def _findings(plan: Plan) -> Iterator[str]:
    if not plan.findings:
        yield "Findings: none"
        return
    worst_first = sorted(plan.findings, key=lambda finding: SEVERITIES.index(finding.severity))
    serious = sum(finding.severity in ("high", "medium") for finding in worst_first)
    shown = worst_first[: serious + MAX_MILD_FINDINGS]
    yield f"Findings: {len(plan.findings)}"
    asked = {one.finding_id for one in plan.acknowledge}
    yield from (_finding(finding, asked) for finding in shown)
    if len(shown) < len(worst_first):
        yield f"  … {len(worst_first) - len(shown)} more, low or info: GET /v1/plans/{named(plan.plan_id)}"


def _finding(finding: Finding, asked: Collection[str]) -> str:
    ask = f" (to acknowledge: {named(finding.id)})" if finding.id in asked else ""
    where = f" [{named(finding.step)}]" if finding.step else ""
    return f"  {finding.severity.upper()} {named(finding.code)}{where}{ask}: {quoted(finding.message, MAX_SENTENCE)}"


def _review(plan: Plan) -> Iterator[str]:
    if plan.review_needed and plan.status == "proposed":
        yield f"Claude's review: {REVIEW_NEEDED[plan.review_needed]}"
    review = plan.review
    if review is None:
        yield f"Claude's review: {REVIEW_PENDING}. Look again in a moment."
        return
    if review.status == "not_reviewed":
        yield f"Claude's review: none: {quoted(review.reason or '')}"
        return
    verdict = VERDICTS[review.verdict] if review.verdict else "no verdict"
    yield f"Claude's review (advice): {verdict}. {quoted(review.summary or '')}"
    advice = [
        *(f"  {risk.severity.upper()}: {quoted(f'{risk.title}: {risk.detail}')}" for risk in review.risks),
        *(f"  Suggestion: {quoted(suggestion)}" for suggestion in review.suggestions),
    ]
    yield from advice[:MAX_ADVICE_LINES]
    if len(advice) > MAX_ADVICE_LINES:
        yield f"  … {len(advice) - MAX_ADVICE_LINES} more: GET /v1/plans/{named(plan.plan_id)}"


def _next(plan: Plan) -> Iterator[str]:
    yield "What you can do next:"
    for action in actions(plan):
        yield from _action(action)
    for step in plan.steps:
        if path := value_path(plan, step):
            until = readable_until(step)
            yield f"  See what step {named(step.id)} has read, alone{f', until {until}' if until else ''}: GET {path}"
    if plan.status in ("rejected", "expired"):
        yield "  Propose it again: POST /v1/plans"
    yield f"  Look again, as it is then: GET /v1/plans/{named(plan.plan_id)}"


def _action(action: Action) -> Iterator[str]:
    yield f"  {action.words}: POST {action.path}"
    if action.body:
        yield f"    {json.dumps(action.body)}"
