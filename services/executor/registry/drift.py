"""What of a resource is no longer as a step left it: the one answer that undoing a step and a plan's drift both need.

An operation declares a check that compares what AWS shows now with what the step recorded. A step that has been undone
left what was there before it, which is then what is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.executor.registry.contexts import StepContext

PRESENT, ABSENT = "there", "not there"


@dataclass(frozen=True, slots=True)
class Moved:
    """One value that is not as it was left; None stands for "not set", on either side.

    `path` is a JSON pointer (RFC 6901) into the resource, "" for the resource itself. `hidden`: neither value is shown.
    """

    path: str
    left: JsonValue = None
    now: JsonValue = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """How a resource differs from what was left.

    `why` is a clause for a person: "somebody has changed …". `gone`: it is there no more. `stops_undo`: to undo the
    step would destroy somebody's work.
    """

    why: str
    moved: tuple[Moved, ...] = ()
    gone: bool = False
    stops_undo: bool = True


class NotRecorded(Exception):
    """What was left is not known, so that nothing can be compared; the text is a clause that says why."""


# (context, the step's result) -> how AWS differs from what is left, None where it does not. Raises NotRecorded.
DriftCheck = Callable[[StepContext, Mapping[str, Any]], Drift | None]


def gone(what: str) -> Drift:
    """It is there no more."""
    return Drift(f"{what} is gone already", (Moved("", PRESENT, ABSENT),), gone=True)


def back(what: str) -> Drift:
    """It is there, and was left away."""
    return Drift(f"there is {what} again", (Moved("", ABSENT, PRESENT),))


def together(parts: Iterable[Drift]) -> Drift | None:
    """Several differences of one resource as one; None for none."""
    found = list(parts)
    if not found:
        return None
    return Drift(
        "; ".join(part.why for part in found),
        tuple(moved for part in found for moved in part.moved),
        gone=any(part.gone for part in found),
        stops_undo=any(part.stops_undo for part in found),
    )
