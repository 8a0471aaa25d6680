"""The warnings at the top of a plan's page, the gravest first: its findings, and what its steps and their cost add."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from shared.messages import Effect, Finding
from shared.plans.page.costs import may_cost, total
from shared.plans.page.words import SEVERITIES
from shared.plans.plan import Plan
from shared.plans.step import Step
from shared.text.plain import named, seen

Weight = Literal["high", "medium", "low", "info"]

_LOST = "deletes_data"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to see; `step` names the step or steps that it is of.

    `finding_id`: it has to be acknowledged; `typed`: by typing exactly that.
    """

    weight: Weight
    title: str
    message: str
    step: str | None
    code: str | None = None
    finding_id: str | None = None
    typed: str | None = None


def alerts_of(plan: Plan) -> tuple[Alert, ...]:
    """All of them: those to acknowledge first, then by how grave they are. What a finding says is said once."""
    found = [*_findings(plan), *_of_steps(plan), *_of_plan(plan)]
    return tuple(sorted(found, key=lambda one: (one.finding_id is None, SEVERITIES.index(one.weight))))


def _findings(plan: Plan) -> Iterator[Alert]:
    asked = {one.finding_id: one for one in plan.acknowledge}
    for finding in plan.findings:
        ask = asked.get(finding.id)
        yield Alert(
            finding.severity,
            _title(finding, plan),
            finding.message,
            finding.step,
            finding.code,
            ask.finding_id if ask else None,
            ask.typed if ask else None,
        )


def _title(finding: Finding, plan: Plan) -> str:
    step = next((one for one in plan.steps if one.id == finding.step), None)
    about = f": {seen(step.title)}" if step else ""
    return finding.code.replace("_", " ").capitalize() + about


def _of_steps(plan: Plan) -> Iterator[Alert]:
    """What the steps themselves say, each kind once, however many steps it is of."""
    codes: dict[str | None, set[str]] = {}
    for finding in plan.findings:
        codes.setdefault(finding.step, set()).add(finding.code)
    kinds: tuple[tuple[Weight, str, str, list[Step]], ...] = (
        ("medium", "Cannot be undone", "AWS offers no way back from it.",
         [step for step in plan.steps if step.reversible == "no" and _LOST not in codes.get(step.id, ())]),
        ("medium", "Changes power", "It changes what somebody may do in the account.",
         [step for step in plan.steps if step.effect == Effect.PERMISSIONS]),
        ("medium", "Not your words", "A program, a tool's output or a model wrote what is marked there. Check it.",
         [step for step in plan.steps if step.untrusted and not _is_told(codes.get(step.id, ()))]),
        ("low", "Permission not certain", "Whether AWS allows it could not be found out; if not, the plan fails there.",
         [step for step in plan.steps if step.permission == "unknown"]),
    )  # fmt: skip
    for weight, title, message, steps in kinds:
        if steps:
            titles = "; ".join(seen(step.title) for step in steps)
            yield Alert(weight, f"{title}: {titles}", message, ", ".join(named(step.id) for step in steps))


def _is_told(codes: Iterable[str]) -> bool:
    """Whether findings say already whose the arguments are."""
    return any(code.startswith("argument_from") for code in codes)


def _of_plan(plan: Plan) -> Iterator[Alert]:
    costs = [step.cost for step in plan.steps]
    if may_cost(costs):
        yield Alert("medium", f"Starts to cost: {total(costs)}", "As AWS publishes it; each step says more.", None)
