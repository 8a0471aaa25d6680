"""The operator's limits on one plan, checked when it is prepared and again before it runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase

from pydantic import JsonValue

from services.executor.operations import OPERATIONS
from services.executor.registry.declared import Declared
from services.executor.registry.location import Location
from services.executor.registry.operation import Operation
from services.executor.scope.known_steps import known_steps
from services.executor.settings import ExecutorSettings
from shared.errors import Forbidden, InvalidArguments
from shared.messages import Effect
from shared.plans.plan import Plan, PlanBound

_WHO = "whoever operates the assistant sets {} for the executor"
# A step's id, its operation, and what that declares of it.
DeclaredStep = tuple[str, Operation, Declared]


def check_limits(plan: Plan, settings: ExecutorSettings) -> None:
    """Raise where the plan exceeds the operator's limits; what a step does follows from its operation and arguments.

    InvalidArguments (`too_many_steps`, `too_many_deletes`, `too_many_permission_changes`) or Forbidden
    (`kind_not_allowed`). A plan that undoes another one may delete everything that it made.
    """
    check_count(plan.steps, settings)
    known = known_steps(plan, Location.of_identity(plan.identity))
    check_steps([(step.id, step.operation, step.declared) for step in known], settings, undo=plan.undoes is not None)


def check_count(steps: Collection[object], settings: ExecutorSettings) -> None:
    """Raise InvalidArguments (`too_many_steps`) for more steps than a plan may have."""
    _bound(len(steps), settings.max_steps, "too_many_steps", "steps", "MAX_STEPS")


def check_steps(steps: Sequence[DeclaredStep], settings: ExecutorSettings, *, undo: bool = False) -> None:
    """`check_limits` for steps that are no plan yet, however many."""
    for step, operation, declared in steps:
        names = (operation.name, *declared.also)
        if entry := never_allowed(names, declared.effect, settings):
            kind = f"no {entry}" if entry in names else f"nothing of the kind {entry!r}"
            raise Forbidden(
                f"step {step!r} ({operation.name}): {kind} is ever allowed here; {_WHO.format('NEVER_ALLOWED')}",
                code="kind_not_allowed",
            )
    deletes, permissions = _count([declared for _, _, declared in steps])
    if not undo:
        _bound(deletes, settings.max_deletes, "too_many_deletes", "deletes", "MAX_DELETES")
    limit = settings.max_permission_changes
    _bound(permissions, limit, "too_many_permission_changes", "changes of permissions", "MAX_PERMISSION_CHANGES")


def never_allowed(operations: Sequence[str], effect: Effect, settings: ExecutorSettings) -> str | None:
    """The entry of NEVER_ALLOWED that names the step's operation, one whose work it does, or its effect; or None."""
    for entry in settings.kinds_never_allowed:
        if effect.value == entry or any(fnmatchcase(operation, entry) for operation in operations):
            return entry
    return None


def undo_never_allowed(
    inverse: tuple[Operation, dict[str, JsonValue]] | None, location: Location, settings: ExecutorSettings
) -> str | None:
    """A note where the operator never allows what would undo a step, once its plan has ended."""
    if inverse is None:
        return None
    operation, arguments = inverse
    declared = operation.declared(operation.validate(arguments), location)
    if not never_allowed((operation.name, *declared.also), declared.effect, settings):
        return None
    return f"Undone only if this plan fails, not later: no plan may hold {operation.name} here (NEVER_ALLOWED)."


def check_settings(settings: ExecutorSettings) -> None:
    """Raise ValueError where NEVER_ALLOWED names nothing that exists: a misspelt entry would forbid nothing."""
    effects = {effect.value for effect in Effect}
    for entry in settings.kinds_never_allowed:
        if entry not in effects and not any(fnmatchcase(operation.name, entry) for operation in OPERATIONS):
            raise ValueError(f"NEVER_ALLOWED: {entry!r} is neither an operation nor an effect")


def bounds(declared: Sequence[Declared], settings: ExecutorSettings) -> tuple[PlanBound, ...]:
    """How far steps so declared go within the limits of a plan."""
    deletes, permissions = _count(declared)
    return (
        PlanBound(what="steps", used=len(declared), most=settings.max_steps),
        PlanBound(what="deletes", used=deletes, most=settings.max_deletes),
        PlanBound(what="changes of permissions", used=permissions, most=settings.max_permission_changes),
    )


def _count(declared: Sequence[Declared]) -> tuple[int, int]:
    """How many of the steps delete, and how many change permissions."""
    return sum(one.deletes for one in declared), sum(one.effect is Effect.PERMISSIONS for one in declared)


def _bound(found: int, limit: int, code: str, what: str, setting: str) -> None:
    if found > limit:
        raise InvalidArguments(
            f"a plan has at most {limit} {what}, this one {found}; {_WHO.format(setting)}: split the plan", code=code
        )
