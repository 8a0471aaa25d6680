"""The advisor's tools. Findings are deterministic and always there; Claude's words are advice next to them."""

from __future__ import annotations

from typing import Any

from services.bedrock_advisor.answers import (
    ExplanationAnswer,
    OptimizedAnswer,
    PolicyComparison,
    PolicyExplanation,
    PolicyInPlan,
    PolicyOptimization,
    PolicyValidation,
)
from services.bedrock_advisor.claude import Question, review
from services.bedrock_advisor.comparing import compared
from services.bedrock_advisor.context import AdvisorContext
from services.bedrock_advisor.denied import explained
from services.bedrock_advisor.denied_answers import DenialAnswer, DenialExplanation
from services.bedrock_advisor.plain import as_risks, explain_statements, summarize
from services.bedrock_advisor.plan_review import review_policies
from services.bedrock_advisor.suggestions import accept
from shared.aws.denials.read import MAX_CHARACTERS, read_denial
from shared.errors import InvalidArguments
from shared.iam.lint.codes import finding
from shared.iam.lint.linter import lint, refused
from shared.iam.pasted.read import Pasted, read_pasted
from shared.iam.policy_json import PolicyKind
from shared.messages import Effect, Finding
from shared.plans.plan import Review
from shared.tools import Toolbox

toolbox = Toolbox("advisor")

# Converse is authorized as bedrock:InvokeModel.
_INVOKE = ("bedrock:InvokeModel",)
# Of the explanation of a denial, what is Claude's.
_CLAUDES = {"explanation", "next_steps", "model", "reviewed", "reason_not_reviewed"}


@toolbox.tool(effect=Effect.READ, iam_actions=_INVOKE, timeout=90.0)
def explain_policy_with_claude(context: AdvisorContext, policy_json: str | dict[str, Any]) -> PolicyExplanation:
    """Explain an IAM policy in plain words: each statement, the risks, what to change, and a narrower policy.

    Claude writes the explanation; a deterministic check adds its findings, also when Claude is not available.

    Args:
        policy_json: As pasted; JSON text or an object, 20 KB at most, also within an answer
            of the AWS CLI, a code fence or URL encoding.
    """
    pasted = read_pasted(policy_json)
    document, kind = pasted.document, pasted.kind
    findings = _findings(pasted, kind, context)
    question = Question(
        prompt="explain",
        tool="report_policy_explanation",
        description="Report the explanation of the policy.",
        answer=ExplanationAnswer,
        data={"policy": document, "findings": [f"{item.severity}: {item.message}" for item in findings]},
    )
    answer, reason = review(context, question)
    if answer is None:
        return PolicyExplanation(
            kind=kind,
            unwrapped=pasted.notes(),
            summary=summarize(document, findings),
            statements=explain_statements(document),
            risks=as_risks(findings),
            recommendations=(),
            suggested_policy=None,
            findings=findings,
            model=None,
            reviewed=False,
            reason_not_reviewed=reason,
        )
    suggested, dropped = accept(answer.suggested_policy_json, document, kind)
    return PolicyExplanation(
        kind=kind,
        unwrapped=pasted.notes(),
        summary=answer.summary,
        statements=tuple(answer.statements),
        risks=tuple(risk.as_risk() for risk in answer.risks),
        recommendations=(*answer.recommendations, *([dropped] if dropped else [])),
        suggested_policy=suggested,
        findings=findings,
        model=context.settings.bedrock_model_id,
        reviewed=True,
        reason_not_reviewed=None,
    )


@toolbox.tool(effect=Effect.READ, timeout=20.0)
def validate_policy(
    context: AdvisorContext, policy_json: str | dict[str, Any], kind: PolicyKind | None = None
) -> PolicyValidation:
    """Check an IAM policy: would AWS take it, and what is risky in it.

    Deterministic; Claude is not asked.

    Args:
        policy_json: As pasted; JSON text or an object, 20 KB at most, also within an answer
            of the AWS CLI, a code fence or URL encoding.
        kind: Its kind; identity (permissions), trust (who may assume a role), resource, session
            or boundary. Left out, it is told from where the policy stood and from its shape.
    """
    try:
        pasted = read_pasted(policy_json, kind=kind)
    except InvalidArguments as error:
        broken = finding("not_a_policy", "high", error.detail)
        return PolicyValidation(valid=False, kind=kind or "identity", unwrapped=(), findings=(broken,))
    kind = kind or pasted.kind
    return PolicyValidation(
        valid=not pasted.mended and not refused(pasted.document, kind),
        kind=kind,
        unwrapped=pasted.notes(),
        findings=_findings(pasted, kind, context),
    )


@toolbox.tool(effect=Effect.READ, iam_actions=_INVOKE, timeout=90.0)
def optimize_policy(context: AdvisorContext, policy_json: str | dict[str, Any], intent: str) -> PolicyOptimization:
    """Narrow an IAM policy to what it is meant for.

    The suggestion never allows more than the original.

    Args:
        policy_json: As pasted; JSON text or an object, 20 KB at most.
        intent: What its holder has to be able to do; in words.
    """
    pasted = read_pasted(policy_json)
    document, kind = pasted.document, pasted.kind
    before = _findings(pasted, kind, context)
    question = Question(
        prompt="optimize",
        tool="report_optimized_policy",
        description="Report the narrowed policy.",
        answer=OptimizedAnswer,
        data={
            "intent": intent[:2000],
            "policy": document,
            "findings": [f"{item.severity}: {item.message}" for item in before],
        },
    )
    answer, reason = review(context, question)
    suggested, dropped = accept(answer.suggested_policy_json, document, kind) if answer else (None, None)
    if answer and suggested is None and dropped is None:
        dropped = "Claude suggested no narrower policy."
    return PolicyOptimization(
        kind=kind,
        unwrapped=pasted.notes(),
        suggested_policy=suggested,
        changes=tuple(answer.changes) if answer and suggested else (),
        findings_before=before,
        findings_after=lint(suggested, kind, context.account) if suggested else before,
        model=context.settings.bedrock_model_id if answer else None,
        reviewed=answer is not None,
        reason_not_reviewed=reason,
        reason_no_suggestion=dropped,
    )


@toolbox.tool(effect=Effect.READ, timeout=30.0)
def compare_policies(
    context: AdvisorContext, before_json: str | dict[str, Any], after_json: str | dict[str, Any]
) -> PolicyComparison:
    """Is one IAM policy no wider than another? Proven, or refuted by an example, or unknown.

    Decided from the two documents; Claude is not asked. `grants_nothing_new` is true only where all that the second
    policy allows is proven to be allowed by the first, false only with a request that shows the contrary, else null.

    Args:
        before_json: First policy; as pasted. JSON text or an object, 20 KB at most.
        after_json: Second policy; the one that may be wider. As pasted, too.
    """
    return compared(read_pasted(before_json, "before_json"), read_pasted(after_json, "after_json"))


@toolbox.tool(effect=Effect.READ, iam_actions=_INVOKE, timeout=90.0)
def explain_denied(context: AdvisorContext, message: str) -> DenialExplanation:
    """Explain why AWS denied a request, from its error message.

    Who was denied what on what, by which kind of policy, and what would allow it are read from the message without a
    model; what it does not show is null and named. Claude explains the facts, where it is available.

    Args:
        message: Whole, unchanged; what AWS said, 20,000 characters at most. An error of the CLI or an
            SDK, JSON, XML, an event of CloudTrail or a decoded authorization message.
    """
    if not message.strip() or len(message) > MAX_CHARACTERS:
        raise InvalidArguments(f"message: is needed, {MAX_CHARACTERS} characters at most")
    denial = read_denial(message)
    facts = explained(denial)
    if not denial.is_denial:
        return facts.model_copy(update={"reason_not_reviewed": "the text tells of no denied request"})
    question = Question(
        prompt="explain_denied",
        tool="report_denial_explanation",
        description="Report why the request was denied.",
        answer=DenialAnswer,
        data={"message": denial.text, "facts": facts.model_dump(mode="json", exclude=_CLAUDES)},
    )
    answer, reason = review(context, question)
    if answer is None:
        return facts.model_copy(update={"reason_not_reviewed": reason})
    return facts.model_copy(
        update={
            "explanation": answer.explanation,
            "next_steps": tuple(answer.next_steps),
            "model": context.settings.bedrock_model_id,
            "reviewed": True,
        }
    )


@toolbox.tool(effect=Effect.READ, iam_actions=_INVOKE, timeout=90.0, internal=True)
def review_plan(context: AdvisorContext, goal: str, policies: list[PolicyInPlan]) -> Review:
    """Review the policies that a plan creates or attaches, for the person who decides about it.

    Args:
        goal: What the plan is for.
        policies: The policies, each with the id of its step.
    """
    return review_policies(context, goal, policies)


def _findings(pasted: Pasted, kind: PolicyKind, context: AdvisorContext) -> tuple[Finding, ...]:
    """What is found in the policy, after what AWS would refuse its text for."""
    found = lint(pasted.document, kind, context.account)
    if not pasted.mended:
        return found
    text = f"The text is not JSON as AWS reads it: {', '.join(pasted.mended)}."
    return (finding("not_strict_json", "high", text), *found)
