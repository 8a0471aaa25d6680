"""Claude's review of the policies in a plan. Never raises for Bedrock: a plan without a review is still a plan."""

from __future__ import annotations

from collections.abc import Sequence

from services.bedrock_advisor.answers import PlanReviewAnswer, PolicyInPlan
from services.bedrock_advisor.claude import Question, review
from services.bedrock_advisor.comparing import what_it_adds
from services.bedrock_advisor.context import AdvisorContext
from services.bedrock_advisor.plain import as_risks
from services.bedrock_advisor.suggestions import parse
from shared.iam.comparison.compare import compare
from shared.iam.lint.managed import managed_document
from shared.iam.lint.planned import lint_planned
from shared.iam.policy_json import PolicyDocument
from shared.messages import Finding
from shared.plans.plan import Review, Risk


def review_policies(context: AdvisorContext, goal: str, policies: Sequence[PolicyInPlan]) -> Review:
    """Return Claude's verdict with the deterministic risks; "not_reviewed" with those alone where there is none."""
    if not policies:
        return Review(status="not_reviewed", reason="the plan holds no policy")
    findings = find(policies, context.account)
    question = Question(
        prompt="review_plan",
        tool="report_plan_review",
        description="Report the review of the plan's policies.",
        answer=PlanReviewAnswer,
        data={
            "goal": goal[:2000],
            "plan": [item.model_dump(exclude_none=True) for item in policies],
            "findings": [f"{item.severity}, step {item.step}, {item.path}: {item.message}" for item in findings],
        },
    )
    checked = as_risks(findings)
    answer, reason = review(context, question)
    if answer is None:
        return Review(status="not_reviewed", reason=reason, risks=checked)
    suggested, note = accept_for_plan(answer, policies)
    return Review(
        status="reviewed",
        verdict=answer.verdict,
        summary=answer.summary,
        risks=merged(tuple(risk.as_risk() for risk in answer.risks), checked),
        suggestions=(*answer.suggestions, *([note] if note else [])),
        suggested_policy=suggested,
        model=context.settings.bedrock_model_id,
    )


def find(policies: Sequence[PolicyInPlan], account: str) -> tuple[Finding, ...]:
    """The deterministic findings about a plan's policies, those that the plan itself has."""
    return tuple(one for policy in policies for one in lint_planned(policy, account))


def merged(claude: tuple[Risk, ...], checked: tuple[Risk, ...]) -> tuple[Risk, ...]:
    """Claude's risks and the deterministic ones, worst first; Claude cannot talk a finding away."""
    order = {"high": 0, "medium": 1, "low": 2}
    return tuple(sorted((*claude, *checked), key=lambda risk: order[risk.severity]))


def accept_for_plan(
    answer: PlanReviewAnswer, policies: Sequence[PolicyInPlan]
) -> tuple[PolicyDocument | None, str | None]:
    """Take the suggestion if it lies inside one of the plan's permissions policies, as far as they are known."""
    suggested, reason = parse(answer.suggested_policy_json, "identity")
    if suggested is None:
        return None, reason
    permissions = [item for item in policies if item.kind == "identity"]
    known = [item.document or managed_document(item.managed_arn or "") for item in permissions]
    if any(document is not None and what_it_adds(compare(document, suggested)) is None for document in known):
        return suggested, None
    unknown = [item.managed_arn for item, document in zip(permissions, known, strict=True) if document is None]
    if unknown:
        note = f"The suggested policy could not be compared with {unknown[0]}: compare them before using it."
        return suggested, note
    return None, "Claude's suggested policy was dropped: it allows something that none of the plan's policies does."
