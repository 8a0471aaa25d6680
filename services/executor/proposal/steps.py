"""Puts proposed steps in order: ids given or generated, needs completed, no cycle.

The rule for needs. A step needs
1. what its proposer says it needs,
2. every step whose result its arguments refer to, and
3. every step before it, in the order given, that it must not run beside: where both change a resource, or one makes
   or removes what the other names (see `resources.py`), unless they are in an order already, either way round.
A step starts when all that it needs is done; steps that do not need each other run at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from services.executor.operations import OPERATIONS
from services.executor.registry import references
from services.executor.scope.resources import Touched
from shared.errors import InvalidArguments, NotFound
from shared.plans.step import ProposedStep
from shared.text.similar import did_you_mean


class Ordered(Protocol):
    """What has a name and needs others."""

    @property
    def id(self) -> str | None: ...
    @property
    def needs(self) -> tuple[str, ...]: ...


S = TypeVar("S", bound=Ordered)


def name_steps(proposed: Sequence[ProposedStep]) -> list[ProposedStep]:
    """Return the steps in the order given, with ids, and with the needs that references make (rules 1 and 2).

    Raises NotFound (`unknown_operation`), or InvalidArguments (`no_steps`, `duplicate_step`, `unknown_reference`).
    """
    if not proposed:
        raise InvalidArguments("a plan has at least one step", code="no_steps")
    unknown = sorted({step.operation for step in proposed if step.operation not in OPERATIONS})
    if unknown:
        there_are = [made.name for made in OPERATIONS]
        meant = did_you_mean(unknown[0], there_are) if len(unknown) == 1 else ""
        raise NotFound(
            f"there is no operation {', '.join(unknown)}{meant}; there are {', '.join(there_are)}",
            code="unknown_operation",
            status=422,
        )
    named = _with_ids(proposed)
    ids = {step.id for step in named}
    return [_with_needs(step, ids) for step in named]


def in_order(steps: Sequence[S]) -> list[S]:
    """Return the steps, each after what it needs, else as given. Raises InvalidArguments (`cyclic_steps`)."""
    ordered: list[S] = []
    placed: set[str | None] = set()
    while len(ordered) < len(steps):
        ready = next((step for step in steps if step.id not in placed and placed.issuperset(step.needs)), None)
        if ready is None:
            circle = ", ".join(str(step.id) for step in steps if step.id not in placed)
            raise InvalidArguments(f"these steps wait for each other: {circle}", code="cyclic_steps")
        ordered.append(ready)
        placed.add(ready.id)
    return ordered


def complete_needs(needs: Mapping[str, Sequence[str]], touched: Mapping[str, Touched]) -> dict[str, tuple[str, ...]]:
    """Return the needs by step, completed by rule 3; `needs` holds the steps in the order given, without a cycle.

    Nothing is added between steps that are in an order already, so no cycle can come of it.
    """
    complete = {step: list(needed) for step, needed in needs.items()}
    given = list(needs)
    for number, step in enumerate(given):
        # The nearest first: what is before that one is then before this one too.
        for before in reversed(given[:number]):
            apart = _leads_to(complete, step, before) or _leads_to(complete, before, step)
            if not apart and touched[before].disturbs(touched[step]):
                complete[step].append(before)
    return {step: tuple(needed) for step, needed in complete.items()}


def _leads_to(needs: Mapping[str, Sequence[str]], step: str, wanted: str) -> bool:
    """Whether `step` needs `wanted`, itself or through others."""
    seen: set[str] = set()
    open_ = [step]
    while open_:
        for needed in needs[open_.pop()]:
            if needed == wanted:
                return True
            if needed not in seen:
                seen.add(needed)
                open_.append(needed)
    return False


def _with_ids(proposed: Sequence[ProposedStep]) -> list[ProposedStep]:
    taken = [step.id for step in proposed if step.id]
    if len(set(taken)) < len(taken):
        twice = next(name for name in taken if taken.count(name) > 1)
        raise InvalidArguments(f"two steps have the id {twice!r}", code="duplicate_step")
    named = []
    for number, step in enumerate(proposed, 1):
        if step.id is None:
            # s1, s2, … by position, so that a proposal can refer to a step it gave no id.
            name = next(name for name in _candidates(number, len(proposed)) if name not in taken)
            taken.append(name)
            step = step.model_copy(update={"id": name})
        named.append(step)
    return named


def _candidates(number: int, count: int) -> Iterable[str]:
    yield f"s{number}"
    yield from (f"s{other}" for other in range(count + 1, 2 * count + 2))


def _with_needs(step: ProposedStep, ids: set[str | None]) -> ProposedStep:
    referred = [references.step_of(found) for value in step.arguments.values() for found in references.find(value)]
    needs = tuple(dict.fromkeys((*step.needs, *referred)))
    for needed in needs:
        if needed not in ids:
            raise InvalidArguments(
                f"step {step.id!r} needs {needed!r}, which is no step of this plan", code="unknown_reference"
            )
    return step.model_copy(update={"needs": needs})
