"""The few values the planner's parts hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

# JSON of a tool, a schema or a message: its shape belongs to whoever made it, so it stays open here.
JsonObject = dict[str, Any]

Kind = Literal["bucket", "role", "function", "policy"]
KINDS: tuple[Kind, ...] = ("bucket", "role", "function")


@dataclass(frozen=True)
class Call:
    """One function call the model wants made."""

    name: str
    arguments: JsonObject = field(default_factory=dict)
    malformed: bool = False  # its arguments were no JSON object, so it was never made


@dataclass(frozen=True)
class Outcome:
    """A call of the conversation and the body its tool message carried."""

    call: Call
    status: str
    result: JsonObject
    error: JsonObject
    gaps: tuple[JsonObject, ...] = ()
    complete: bool = True
    plan: JsonObject | None = None

    @property
    def ok(self) -> bool:
        """True when the tool answered with a result."""
        return self.status == "ok" and not self.error


@dataclass(frozen=True)
class Step:
    """One step of a plan of changes; an argument may be ``{"$from": "STEP.path"}``."""

    id: str
    operation: str
    arguments: JsonObject
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """What a message asks to change: steps or a plan to undo, or what must be looked up or asked first."""

    steps: tuple[Step, ...] = ()
    goal: str = ""
    lookups: tuple[Call, ...] = ()
    say: str = ""
    note: str = ""
    undo: str = ""  # the id of the plan to undo


@dataclass(frozen=True)
class Reply:
    """What the model answers: text, or calls, or a refusal."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    refusal: str = ""
