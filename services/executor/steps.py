"""Puts proposed steps in order: ids given or generated, needs completed from references, no cycle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.executor import references
from services.executor.operations import OPERATIONS
from shared.errors import InvalidArguments, NotFound
from shared.messages import ProposedStep


def arrange(proposed: Sequence[ProposedStep], max_steps: int) -> list[ProposedStep]:
    """Return the steps with ids and complete needs, each after what it needs, else in the order given.

    Raises NotFound (`unknown_operation`), or InvalidArguments (`no_steps`, `too_many_steps`, `duplicate_step`,
    `unknown_reference`, `cyclic_steps`).
    """
    if not proposed:
        raise InvalidArguments("a plan has at least one step", code="no_steps")
    if len(proposed) > max_steps:
        raise InvalidArguments(f"a plan has at most {max_steps} steps, this one {len(proposed)}", code="too_many_steps")
    unknown = sorted({step.operation for step in proposed if step.operation not in OPERATIONS})
    if unknown:
        raise NotFound(
            f"there is no operation {', '.join(unknown)}; there are {', '.join(made.name for made in OPERATIONS)}",
            code="unknown_operation",
            status=422,
        )
    named = _with_ids(proposed)
    ids = {step.id for step in named}
    return _in_order([_with_needs(step, ids) for step in named])


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


def _in_order(steps: list[ProposedStep]) -> list[ProposedStep]:
    ordered: list[ProposedStep] = []
    placed: set[str | None] = set()
    while len(ordered) < len(steps):
        ready = next((step for step in steps if step.id not in placed and placed.issuperset(step.needs)), None)
        if ready is None:
            circle = ", ".join(str(step.id) for step in steps if step.id not in placed)
            raise InvalidArguments(f"these steps wait for each other: {circle}", code="cyclic_steps")
        ordered.append(ready)
        placed.add(ready.id)
    return ordered
