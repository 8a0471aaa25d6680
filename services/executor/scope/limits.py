"""The operator's limits on one plan, checked when it is prepared and again before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from services.executor.operations import OPERATIONS
from services.executor.registry.operation import Operation
from services.executor.settings import ExecutorSettings
from shared.errors import Forbidden, InvalidArguments
from shared.messages import Effect, Plan, PlanBound, Step

_WHO = "whoever operates the assistant sets {} for the executor"


def check_limits(plan: Plan, settings: ExecutorSettings) -> None:
    """Raise where the plan exceeds the operator's limits; what a step does follows from its operation's declaration.

    InvalidArguments (`too_many_steps`, `too_many_deletes`, `too_many_permission_changes`) or Forbidden
    (`kind_not_allowed`). A plan that undoes another one may delete everything that it made.
    """
    check_steps([(step.id, step.operation) for step in plan.steps], settings, undo=plan.undoes is not None)


def check_steps(steps: Sequence[tuple[str, str]], settings: ExecutorSettings, *, undo: bool = False) -> None:
    """`check_limits` for steps that are no plan yet: their ids and the names of their operations."""
    _bound(len(steps), settings.max_steps, "too_many_steps", "steps", "MAX_STEPS")
    operations = [(step, OPERATIONS[name]) for step, name in steps]
    for step, operation in operations:
        if entry := never_allowed(operation, settings):
            kind = f"no {operation.name}" if entry == operation.name else f"nothing of the kind {entry!r}"
            raise Forbidden(
                f"step {step!r} ({operation.name}): {kind} is ever allowed here; {_WHO.format('NEVER_ALLOWED')}",
                code="kind_not_allowed",
            )
    if not undo:
        deletes = sum(operation.deletes for _, operation in operations)
        _bound(deletes, settings.max_deletes, "too_many_deletes", "deletes", "MAX_DELETES")
    permissions = sum(operation.effect is Effect.PERMISSIONS for _, operation in operations)
    limit = settings.max_permission_changes
    _bound(permissions, limit, "too_many_permission_changes", "changes of permissions", "MAX_PERMISSION_CHANGES")


def never_allowed(operation: Operation, settings: ExecutorSettings) -> str | None:
    """The entry of NEVER_ALLOWED that names the operation or its effect, or None."""
    for entry in settings.kinds_never_allowed:
        if fnmatchcase(operation.name, entry) or operation.effect.value == entry:
            return entry
    return None


def undo_never_allowed(operation: Operation, settings: ExecutorSettings) -> str | None:
    """A note where the operator never allows what would undo the operation, once its plan has ended."""
    inverse = operation.undo.operation if operation.undo else None
    if inverse is None or not never_allowed(OPERATIONS[inverse], settings):
        return None
    return f"Undone only if this plan fails, not later: no plan may hold {inverse} here (NEVER_ALLOWED)."


def check_settings(settings: ExecutorSettings) -> None:
    """Raise ValueError where NEVER_ALLOWED names nothing that exists: a misspelt entry would forbid nothing."""
    effects = {effect.value for effect in Effect}
    for entry in settings.kinds_never_allowed:
        if entry not in effects and not any(fnmatchcase(operation.name, entry) for operation in OPERATIONS):
            raise ValueError(f"NEVER_ALLOWED: {entry!r} is neither an operation nor an effect")


def bounds(steps: Sequence[Step], settings: ExecutorSettings) -> tuple[PlanBound, ...]:
    """How far the steps go within the limits of a plan."""
    operations = [OPERATIONS[step.operation] for step in steps]
    deletes = sum(operation.deletes for operation in operations)
    permissions = sum(operation.effect is Effect.PERMISSIONS for operation in operations)
    return (
        PlanBound(what="steps", used=len(operations), most=settings.max_steps),
        PlanBound(what="deletes", used=deletes, most=settings.max_deletes),
        PlanBound(what="changes of permissions", used=permissions, most=settings.max_permission_changes),
    )


def _bound(found: int, limit: int, code: str, what: str, setting: str) -> None:
    if found > limit:
        raise InvalidArguments(
            f"a plan has at most {limit} {what}, this one {found}; {_WHO.format(setting)}: split the plan", code=code
        )
