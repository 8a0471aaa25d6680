"""Which values of a plan an approval lets the model see."""

from __future__ import annotations

from collections.abc import Sequence

from shared.errors import InvalidArguments
from shared.plans.page.values import readers
from shared.plans.plan import Plan


def shareable(plan: Plan, steps: Sequence[str]) -> tuple[str, ...]:
    """The steps, each once in the plan's order. Raises InvalidArguments (`not_shareable`) for one that reads no value.

    A slip in a step's id must not pass for "none".
    """
    there = readers(plan)
    if unknown := [step for step in steps if step not in there]:
        has = f"those of this plan are {', '.join(there)}" if there else "this plan has none"
        raise InvalidArguments(
            f"share_with_model: {unknown[0][:64]!r} is no step that reads a value for a person; {has}",
            code="not_shareable",
        )
    return tuple(step for step in there if step in steps)
