"""The advisor's answers: what Claude must fill in, and what the tools return."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.iam.policy_json import PolicyKind, is_too_deep
from shared.messages import Finding, Message
from shared.plans.plan import Risk


class Answer(BaseModel):
    """Base of what Claude fills in: more than was asked for is ignored, less is sent back."""

    model_config = ConfigDict(frozen=True, extra="ignore")


SuggestedJson = str | dict[str, Any] | None


class StatementExplanation(Message):
    """One statement of a policy in plain words."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sid: str | None = None
    effect: str
    explanation: str


class ClaudeRisk(Answer):
    severity: Literal["low", "medium", "high"]
    title: str
    detail: str

    def as_risk(self) -> Risk:
        """The same on the wire."""
        return Risk(severity=self.severity, title=self.title, detail=self.detail)


class ExplanationAnswer(Answer):
    """Input of `report_policy_explanation`."""

    summary: str = Field(min_length=1, description="Two or three sentences: who may do what.")
    statements: list[StatementExplanation] = Field(description="One entry per statement, in the policy's order.")
    risks: list[ClaudeRisk] = Field(description="Worst first; empty if there are none.")
    recommendations: list[str] = Field(description="What to change, most useful first.")
    suggested_policy_json: SuggestedJson = Field(
        default=None, description="A complete narrower policy as JSON text, or null if nothing should change."
    )


class OptimizedAnswer(Answer):
    """Input of `report_optimized_policy`."""

    suggested_policy_json: SuggestedJson = Field(
        description="The complete narrower policy as JSON text; null if it cannot be narrowed."
    )
    changes: list[str] = Field(description="What was changed and why, one entry per change.")


class PlanReviewAnswer(Answer):
    """Input of `report_plan_review`."""

    verdict: Literal["looks_fine", "concerns", "dangerous"]
    summary: str = Field(min_length=1, description="Two or three sentences for the person who decides.")
    risks: list[ClaudeRisk] = Field(description="Worst first; empty if there are none.")
    suggestions: list[str] = Field(description="What would make the plan safer, most useful first.")
    suggested_policy_json: SuggestedJson = Field(
        default=None, description="A complete narrower permissions policy as JSON text, or null."
    )


class AboutPolicy(Message):
    """What every answer about a pasted policy says."""

    kind: PolicyKind = Field(description="What the policy was taken for.")
    unwrapped: tuple[str, ...] = Field(
        description="What was taken away or replaced to read the policy; empty where it stood there plainly."
    )


class PolicyExplanation(AboutPolicy):
    """What `explain_policy_with_claude` returns. `findings` do not depend on Claude."""

    summary: str
    statements: tuple[StatementExplanation, ...]
    risks: tuple[Risk, ...]
    recommendations: tuple[str, ...]
    suggested_policy: dict[str, Any] | None
    findings: tuple[Finding, ...]
    model: str | None
    reviewed: bool
    reason_not_reviewed: str | None


class PolicyValidation(AboutPolicy):
    """What `validate_policy` returns: `valid` where AWS would take the policy as it was given."""

    valid: bool
    findings: tuple[Finding, ...]


class PolicyOptimization(AboutPolicy):
    """What `optimize_policy` returns. The suggestion allows nothing that the original does not."""

    suggested_policy: dict[str, Any] | None
    changes: tuple[str, ...]
    findings_before: tuple[Finding, ...]
    findings_after: tuple[Finding, ...]
    model: str | None
    reviewed: bool
    reason_not_reviewed: str | None
    reason_no_suggestion: str | None


class ExampleRequest(Message):
    """A request that one of two policies allows and the other does not, each decided by the evaluator."""

    action: str
    resource: str
    principal: str | None = Field(description="The caller, where the policies say whom they speak of.")
    context: dict[str, tuple[str, ...] | None] = Field(
        description="The condition keys that it depends on; null: the request does not have the key."
    )
    before: str = Field(description="What the first policy says of it.")
    after: str = Field(description="What the second policy says of it.")
    notes: tuple[str, ...] = Field(description="What is unusual about it; empty where nothing is.")


class PolicyComparison(AboutPolicy):
    """What `compare_policies` returns. Nothing in it is by a model: a verdict is proven, has an example, or is null."""

    grants_nothing_new: bool | None = Field(
        description="Whether the first policy allows all that the second allows; null: neither proven nor refuted."
    )
    example: ExampleRequest | None = Field(description="What only the second policy allows.")
    keeps_every_deny: bool | None = Field(
        description="Whether the second policy denies all that the first denies, whatever other policies allow."
    )
    deny_example: ExampleRequest | None = Field(description="What only the first policy denies.")
    summary: str
    reason_unknown: str | None = Field(description="Why a verdict is null.")


def _shallow(document: dict[str, Any]) -> dict[str, Any]:
    if is_too_deep(document):
        raise ValueError("nested too deeply to be a policy")
    return document


class PolicyInPlan(Message):
    """One policy that a plan's step creates or attaches: a document, or the ARN of a managed policy."""

    name: str
    kind: PolicyKind
    step: str
    document: Annotated[dict[str, Any], AfterValidator(_shallow)] | None = None
    managed_arn: str | None = None
