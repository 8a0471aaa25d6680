"""The steps of a plan: each argument whole and as it comes to be, how far the step reaches, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from services.orchestrator.web.views.plan.console import ConsoleLink, console_links
from services.orchestrator.web.views.plan.diff import DiffLine, Sign, all_of, diff
from shared.plans.page.arguments import in_one_line, is_reference
from shared.plans.page.changes import after_of, before_of
from shared.plans.page.costs import cost_in_words, part_lines
from shared.plans.page.documents import as_policy, json_lines, policies_in, policy_lines
from shared.plans.page.steps import reach_in_words, status_of, undoing
from shared.plans.page.values import readable_until, reads_value, value_path
from shared.plans.page.words import PERMISSIONS
from shared.plans.plan import Plan
from shared.plans.step import PolicyReach, PropertyChange, Step
from shared.text.plain import named, seen

Change = Literal["created", "removed", "changed", "read"]

_CREATES = ("create_", "assign_", "attach_", "add_")
_REMOVES = ("delete_", "detach_", "remove_")
_BEFORE_AND_AFTER: Mapping[Change, str] = {
    "created": "not there → there",
    "removed": "there → gone",
    "changed": "as it is → with what is below",
    "read": "it stays as it is, and you alone see it",
}
_SIGNS: Mapping[Change, Sign] = {"created": "+", "removed": "-", "changed": "+", "read": " "}


@dataclass(frozen=True, slots=True)
class PolicyShown:
    """A policy in a sentence for each statement; `where` it is in its argument, empty for all of it."""

    where: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArgumentShown:
    """An argument by its name; `lines` are its whole value."""

    name: str
    untrusted: bool
    lines: tuple[DiffLine, ...]
    policies: tuple[PolicyShown, ...]


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step with everything that an approval of it means; `step` is its record."""

    number: int
    step: Step
    change: Change
    before_and_after: str
    arguments: tuple[ArgumentShown, ...]
    changes: tuple[ArgumentShown, ...]
    policies: tuple[str, ...]
    undo: str
    permission: str
    cost: str
    cost_parts: tuple[str, ...]
    status: str
    links: tuple[ConsoleLink, ...]
    asks: bool
    # Until when its value can be asked for; None where there is none.
    value_until: str | None


def steps_shown(plan: Plan, before: Plan | None, *, with_console: bool) -> tuple[StepShown, ...]:
    """Every step; `before` is the plan of which this is the edited form."""
    earlier = {step.id: step.arguments for step in before.steps} if before else {}
    return tuple(
        StepShown(
            number=number,
            step=step,
            change=change_of(step),
            before_and_after=_BEFORE_AND_AFTER[change_of(step)],
            arguments=tuple(_arguments(step, earlier.get(step.id))),
            changes=tuple(_changed(one) for one in step.changes),
            policies=tuple(_policy(one) for one in step.policies),
            undo=undoing(step),
            permission=PERMISSIONS[step.permission],
            cost=cost_in_words(step),
            cost_parts=tuple(part_lines(step.cost)),
            status=status_of(step, plan),
            links=console_links(step) if with_console and change_of(step) != "removed" else (),
            asks=plan.status == "in_doubt" and step.status == "in_doubt" and not step.answered,
            value_until=readable_until(step) if value_path(plan, step) else None,
        )
        for number, step in enumerate(plan.steps, 1)
    )


def _policy(reach: PolicyReach) -> str:
    why = f" ({seen(reach.why)})" if reach.why else ""
    return f"{named(reach.policy)}{why}: {reach_in_words(reach)}"


def change_of(step: Step) -> Change:
    """What becomes of what the step is about, by its operation's name."""
    if reads_value(step):
        return "read"
    if step.operation.startswith(_CREATES):
        return "created"
    return "removed" if step.operation.startswith(_REMOVES) else "changed"


def _arguments(step: Step, earlier: Mapping[str, JsonValue] | None) -> Iterator[ArgumentShown]:
    sign = _SIGNS[change_of(step)]
    for name, value in step.arguments.items():
        lines = value_lines(value)
        if earlier is None:
            shown = all_of(sign, lines)
        else:
            shown = diff(value_lines(earlier[name]) if name in earlier else (), lines)
        yield ArgumentShown(named(name), name in step.untrusted, shown, tuple(_policies(value)))
    for name, value in (earlier or {}).items():
        if name not in step.arguments:
            yield ArgumentShown(named(name), False, all_of("-", value_lines(value)), ())


def _changed(change: PropertyChange) -> ArgumentShown:
    """One value of a resource as it is now and as it becomes."""
    before: tuple[str, ...] = (before_of(change),)
    after: tuple[str, ...] = (after_of(change),)
    if not change.hidden and change.kind in ("changed", "removed"):
        before = value_lines(change.before)
    if not change.hidden and change.kind != "removed" and change.after is not None:
        after = value_lines(change.after)
    return ArgumentShown(named(change.path), False, diff(before, after), ())


def value_lines(value: JsonValue) -> tuple[str, ...]:
    """A value whole and exact, on as many lines as it needs."""
    policy = as_policy(value)
    shown = value if policy is None else policy
    if isinstance(shown, dict | list) and not is_reference(shown):
        return tuple(json_lines(shown, ""))
    return (in_one_line(shown),)


def _policies(value: JsonValue) -> Iterator[PolicyShown]:
    for where, policy in policies_in(value):
        yield PolicyShown(named(where) if where else "", tuple(policy_lines(policy, "")))


def needs_of(steps: Sequence[Step]) -> dict[str, tuple[str, ...]]:
    """By step, what it needs of the plan's other steps."""
    ids = {step.id for step in steps}
    return {step.id: tuple(needed for needed in step.needs if needed in ids) for step in steps}
