"""Prepares the edited form of a plan: without some steps, or with other arguments; all else as it was, checked anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydantic import JsonValue

from services.executor.context import ExecutorContext
from services.executor.decisions.approvals import check_known
from services.executor.proposal.findings import UNTRUSTED
from services.executor.proposal.prepare import prepare
from services.executor.records.plans import PlanStore
from services.executor.registry import references
from shared.errors import InvalidArguments
from shared.plans.ids import plan_id_of
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep, Step

Arguments = Mapping[str, Mapping[str, JsonValue]]


def edited(context: ExecutorContext, plan_id: str, remove: Collection[str], arguments: Arguments) -> Plan:
    """Return the stored plan that is to replace this one; `arguments` are merged by name, and None leaves one out.

    What is known of arguments that nobody in the conversation wrote stays with them, unless the person has written
    another value. Raises InvalidArguments (`invalid_edit`), NotFound (`plan_not_found`), Conflict
    (`plan_of_newer_version`) and what `prepare` raises.
    """
    store = PlanStore(context.redis)
    existing = store.find(plan_id_of(context.call.session_id, context.call.call_id))
    if existing is not None:
        return existing
    plan = store.get(plan_id, context.owner_id)
    check_known(plan, store)
    steps = edited_steps(plan, remove, arguments)
    left = {step.id for step in steps}
    untrusted = [
        found
        for found in plan.findings
        if found.code in UNTRUSTED and found.step in left and found.path not in arguments.get(str(found.step), {})
    ]
    marked = [
        (step.id, name) for step in plan.steps for name in step.untrusted if name not in arguments.get(step.id, {})
    ]
    return prepare(
        context,
        plan.goal,
        steps,
        plan.on_failure,
        plan.turn_id,
        untrusted,
        by_program=plan.proposed_by == "program",
        undoes=store.get(plan.undoes, context.owner_id) if plan.undoes else None,
        undone={step.id: step.undoes for step in plan.steps if step.undoes is not None},
        replaces=plan,
        marked=marked,
    )


def edited_steps(plan: Plan, remove: Collection[str], arguments: Arguments) -> list[ProposedStep]:
    """The steps as they are proposed anew. Raises InvalidArguments (`invalid_edit`).

    A step that only came after a removed one comes after what that one came after. One that uses a removed step's
    result is refused.
    """
    _check_names(plan, remove, arguments)
    gone = {step.id: step for step in plan.steps if step.id in remove}
    steps = []
    for step in plan.steps:
        if step.id in gone:
            continue
        merged = {**step.arguments, **arguments.get(step.id, {})}
        given = {
            name: value for name, value in merged.items() if value is not None or name not in arguments.get(step.id, {})
        }
        for value in given.values():
            for reference in references.find(value):
                if (used := references.step_of(reference)) in gone:
                    raise _refused(f"step {step.id!r} uses the result of {used!r}, so that one cannot be removed alone")
        needs = _needs_without(step, gone)
        steps.append(ProposedStep(id=step.id, operation=step.operation, arguments=given, needs=needs))
    return steps


def _check_names(plan: Plan, remove: Collection[str], arguments: Arguments) -> None:
    ids = {step.id: step for step in plan.steps}
    changed = {step for step, given in arguments.items() if given}
    if unknown := sorted({*remove, *arguments} - ids.keys()):
        raise _refused(f"the plan has no step {', '.join(map(repr, unknown))}; it has {', '.join(map(repr, ids))}")
    if not remove and not changed:
        raise _refused("nothing is edited: name steps to `remove`, or `arguments` of a step")
    if both := sorted(changed.intersection(remove)):
        raise _refused(f"step {both[0]!r} is removed, and so has no arguments")
    if ids.keys() <= set(remove):
        raise _refused("no step would be left: reject the plan instead")
    if taken_back := [step for step in sorted(changed) if ids[step].undoes is not None]:
        raise _refused(
            f"step {taken_back[0]!r} takes back exactly what another plan has made: it can be removed, and not changed"
        )


def _needs_without(step: Step, gone: Mapping[str, Step]) -> tuple[str, ...]:
    """The step's needs, each removed step among them replaced by what that one needed."""
    found: dict[str, None] = {}
    open_, seen = list(step.needs), set()
    while open_:
        needed = open_.pop(0)
        if needed not in gone:
            found[needed] = None
        elif needed not in seen:
            seen.add(needed)
            open_ += gone[needed].needs
    return tuple(found)


def _refused(why: str) -> InvalidArguments:
    return InvalidArguments(why, code="invalid_edit")
