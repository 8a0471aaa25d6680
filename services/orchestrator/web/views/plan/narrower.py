"""Claude's suggestion of a narrower policy as an edit of the plan, where it is clear which policy it is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.orchestrator.web.views.plan.diff import DiffLine, diff
from services.orchestrator.web.views.plan.steps import value_lines
from shared.plans.plan import Plan
from shared.plans.step import Step

_GIVES = "assign_policy_to_role"
_MAKES = "create_iam_role"
_OWN = "permissions"


@dataclass(frozen=True, slots=True)
class Narrower:
    """What to remove and which arguments to give, as an edit takes them; `lines` compare the policies."""

    words: str
    remove: tuple[str, ...]
    arguments: dict[str, dict[str, Any]]
    lines: tuple[DiffLine, ...] = field(default=())


def narrower_of(plan: Plan) -> Narrower | None:
    """The edit; None without a suggestion, or where it could be for several policies."""
    policy = plan.review.suggested_policy if plan.review else None
    if policy is None or plan.status != "proposed":
        return None
    made = [step for step in plan.steps if step.operation == _MAKES]
    given = [step for step in plan.steps if step.operation == _GIVES and _role_of(step, made) is not None]
    own = [step for step in made if step.arguments.get(_OWN) is not None]
    if len(own) == 1 and not given:
        step = own[0]
        lines = diff(value_lines(step.arguments[_OWN]), value_lines(policy))
        words = f"Step {step.id} gives the role this policy instead."
        return Narrower(words, (), {step.id: {_OWN: policy}}, lines)
    if len(given) == 1 and not own:
        role = _role_of(given[0], made)
        assert role is not None
        lines = diff(value_lines(given[0].arguments.get("policy_arn")), value_lines(policy))
        words = f"Step {given[0].id} is left out; step {role.id} gives the role this policy of its own instead."
        return Narrower(words, (given[0].id,), {role.id: {_OWN: policy}}, lines)
    return None


def _role_of(step: Step, made: list[Step]) -> Step | None:
    """The step of this plan that makes the role which the step gives a policy to."""
    role = step.arguments.get("role_name")
    source = str(role.get("$from", "")).partition(".")[0] if isinstance(role, dict) else None
    return next((one for one in made if one.id == source or one.arguments.get("name") == role), None)
