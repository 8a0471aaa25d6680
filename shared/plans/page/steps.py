"""The steps of a plan on its page: what each does with which arguments, how far it reaches, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.messages import Effect
from shared.plans.page.arguments import argument_lines
from shared.plans.page.changes import BEFORE_AND_AFTER, change_lines
from shared.plans.page.costs import cost_in_words, part_lines
from shared.plans.page.words import PERMISSIONS, REVERSIBLE, STEP_STATUS
from shared.plans.plan import Plan
from shared.plans.step import PolicyReach, RoleReach, Step
from shared.text.plain import named, quoted, seen

MAX_SENTENCE = 600
"""Characters of a note, a finding or a failure, which may repeat what others wrote."""


def step_lines(number: int, step: Step, plan: Plan) -> Iterator[str]:
    """One step, with what became of it once the plan is decided."""
    after = f" (after {', '.join(map(named, step.needs))})" if step.needs else ""
    yield f"{number}. {seen(step.title)} [{named(step.id)}]{after}"
    if plan.status != "proposed":
        yield f"   Status: {status_of(step, plan)}"
    yield from argument_lines(step.arguments, step.untrusted)
    if step.changes:
        yield f"   {BEFORE_AND_AFTER}:"
        yield from change_lines(step.changes, "      ")
    for policy in step.policies:
        yield f"   Policy {named(policy.policy)}: {reach_in_words(policy)}"
        yield from (f"      {seen(words)}" for words in policy.statements)
    for role in step.roles:
        yield from _role(role)
    if step.undoes:
        yield f"   Takes back: step {named(step.undoes.step)} of plan {named(step.undoes.plan_id)}"
    yield f"   Undo: {undoing(step)}"
    yield f"   Permissions: {PERMISSIONS[step.permission]} ({', '.join(map(named, step.iam_actions))})"
    yield f"   Cost: {cost_in_words(step)}"
    yield from (f"      {words}" for words in part_lines(step.cost))
    yield from (f"   Note: {quoted(note, MAX_SENTENCE)}" for note in step.notes)


def status_of(step: Step, plan: Plan) -> str:
    """What became of a step, and why."""
    words = STEP_STATUS[step.status]
    if step.status == "running" and plan.ended_at is not None:
        words = "IN DOUBT: it was running when the plan ended"
    if step.waiting is not None and plan.ended_at is None:
        words += f", {seen(step.waiting)}"
    return f"{words}: {quoted(step.error.detail, MAX_SENTENCE)} ({named(step.error.code)})" if step.error else words


def order(steps: Sequence[Step]) -> str:
    """Which steps, by number, start together, and after which the others do: "1 and 2 at the same time; 3 after 1"."""
    numbers = {step.id: number for number, step in enumerate(steps, 1)}
    together: dict[tuple[int, ...], list[int]] = {}
    for step in steps:
        together.setdefault(tuple(sorted(numbers[needed] for needed in step.needs)), []).append(numbers[step.id])
    parts = []
    for needed, started in together.items():
        at_once = " at the same time" if len(started) > 1 else ""
        parts.append(_and(started) + (f" after {_and(needed)}" if needed else " first" * (not at_once)) + at_once)
    return "; ".join(parts)


def on_failure(plan: Plan) -> str:
    """What becomes of the steps that are done where another one fails."""
    if plan.on_failure == "keep":
        return "what was done before it is kept."
    partly = [named(step.id) for step in plan.steps if step.undo and step.undo.partly]
    # A read has done nothing that could stay.
    changes = [step for step in plan.steps if step.effect is not Effect.SENSITIVE_READ]
    if not changes:
        return "nothing has to be undone: the plan only reads."
    final = [named(step.id) for step in changes if step.reversible == "no"]
    return (
        "what was done before it is undone"
        + (f", only in part: {', '.join(partly)}" if partly else "")
        + (f", except {', '.join(final)}" if final else "")
        + "."
    )


def _and(numbers: Sequence[int]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last


def undoing(step: Step) -> str:
    """Whether and how the step is undone, and what that leaves."""
    if step.effect is Effect.SENSITIVE_READ:
        return "nothing to undo, it changes nothing"
    how = f", with {named(step.undo.operation)}" if step.undo else ""
    note = f": {seen(step.undo.note)}" if step.undo and step.undo.note else ""
    return f"{REVERSIBLE[step.reversible]}{how}{note}"


def _role(role: RoleReach) -> Iterator[str]:
    yield f"   Role {named(role.role_arn)}, which this step hands to a service, as this plan leaves it:"
    yield from (f"      Who may assume it: {seen(words)}" for words in role.trusts)
    yield from (f"      {named(one.policy)} ({seen(one.why)}): {reach_in_words(one)}" for one in role.policies)
    if role.unread is not None:
        yield f"      What it has before this plan was not read: {quoted(role.unread)}"
    elif not role.policies:
        yield "      It has no policies: it may do nothing that is not allowed to it elsewhere."


def reach_in_words(policy: PolicyReach) -> str:
    """What a policy allows, or why that is not known."""
    if policy.unread is None:
        return f"allows {seen(policy.allows)}"
    unread = f"its document was not read: {quoted(policy.unread)}"
    return f"{unread}. As AWS publishes it, it allows {seen(policy.allows)}" if policy.allows else unread
