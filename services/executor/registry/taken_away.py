"""What a deletion of our own takes away: shown before approval, and compared when the step runs.

The plan's digest has these values, so that an edit that somebody made after the plan was prepared stops the deletion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from shared.errors import Conflict
from shared.plans.step import PropertyChange
from shared.resource_types.paths import pointer


def taken_away(values: Mapping[str, JsonValue]) -> tuple[PropertyChange, ...]:
    """Each value as removed; what is empty says nothing."""
    return tuple(
        PropertyChange(path=pointer((name,)), before=value, kind="removed")
        for name, value in values.items()
        if value not in (None, "", {}, [])
    )


def check_as_shown(what: str, shown: Iterable[PropertyChange], now: Mapping[str, JsonValue]) -> None:
    """Raise Conflict (`world_moved_on`) where a value is not the one that a person was shown."""
    shown = tuple(shown)
    found = {one.path: one.before for one in taken_away(now)}
    moved = sorted(one.path for one in shown if found.get(one.path) != one.before)
    moved += sorted(found.keys() - {one.path for one in shown}) if shown else []
    if moved:
        raise Conflict(
            f"{', '.join(moved)} of {what} is not what the plan showed: somebody has changed it since the plan was"
            " prepared; propose the plan again",
            code="world_moved_on",
        )
