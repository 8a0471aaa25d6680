"""What of a plan a person must not overlook, the worst first: what is lost, who gains power, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.messages import Effect, Finding, Plan, Step
from shared.plain_text import named, seen
from shared.plan_page.costs import total
from shared.plan_page.words import SEVERITIES

Weight = Literal["high", "medium", "low", "info"]

_LOST = "deletes_data"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to see. `finding_id`: it has to be acknowledged; `typed`: by typing exactly that."""

    weight: Weight
    title: str
    message: str
    step: str | None
    code: str | None = None
    finding_id: str | None = None
    typed: str | None = None


def alerts_of(plan: Plan) -> tuple[Alert, ...]:
    """All of them: those to acknowledge first, then by how grave they are. What a finding says is said once."""
    found = [*_findings(plan), *(alert for step in plan.steps for alert in _of_step(step, plan)), *_of_plan(plan)]
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


def _of_step(step: Step, plan: Plan) -> Iterator[Alert]:
    codes = {finding.code for finding in plan.findings if finding.step == step.id}
    title = seen(step.title)
    if step.reversible == "no" and _LOST not in codes:
        yield Alert("medium", f"Cannot be undone: {title}", "AWS offers no way back from this step.", step.id)
    if step.effect == Effect.PERMISSIONS:
        yield Alert("medium", f"Changes power: {title}", "It changes what somebody may do in the account.", step.id)
    if step.permission == "unknown":
        told = "Whether AWS will allow it could not be found out beforehand; if it is denied, the plan fails there."
        yield Alert("low", f"Permission not certain: {title}", told, step.id)
    if step.untrusted and not any(code.startswith("argument_from") for code in codes):
        names = ", ".join(map(named, step.untrusted))
        told = f"You did not write {names}: a program, a tool's output or a model did. Check it."
        yield Alert("medium", f"Not your words: {title}", told, step.id)


def _of_plan(plan: Plan) -> Iterator[Alert]:
    costs = total(step.cost for step in plan.steps)
    if costs != "nothing":
        yield Alert("medium", f"Starts to cost: {costs}", "As AWS publishes it; each step says more.", None)


def counted(alerts: tuple[Alert, ...]) -> Mapping[str, int]:
    """How many of each weight."""
    return {weight: sum(one.weight == weight for one in alerts) for weight in SEVERITIES}
