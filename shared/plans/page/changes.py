"""What a step changes of a resource that is there, value by value: before → after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from shared.plans.page.documents import inline_json
from shared.plans.step import PropertyChange
from shared.text.plain import exactly, named

NOT_SHOWN = "a secret, which is not shown"
BEFORE_AND_AFTER = "As AWS has it now → as this step leaves it"
NOT_READ = "whatever it is now"


def change_lines(changes: Sequence[PropertyChange], indent: str) -> Iterator[str]:
    """One line for each value, whole: `/VisibilityTimeout: 30 → 60`."""
    for change in changes:
        yield f"{indent}{named(change.path)}: {before_of(change)} → {after_of(change)}"


def before_of(change: PropertyChange) -> str:
    """The value as it was when the plan was prepared, or why it is not known."""
    if change.hidden:
        return NOT_SHOWN
    if change.kind == "set":
        return NOT_READ
    return "not there" if change.kind == "added" else value_in_line(change.before)


def after_of(change: PropertyChange) -> str:
    """The value as the step leaves it."""
    if change.hidden:
        return NOT_SHOWN
    if change.kind == "removed" or change.after is None:
        return "gone"
    return value_in_line(change.after)


def value_in_line(value: JsonValue) -> str:
    return exactly(value) if isinstance(value, str) else inline_json(value)
