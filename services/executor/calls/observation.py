"""What AWS shows of a call's effect. An operation gives each of its calls a probe that returns one of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Happened:
    """AWS shows the call's effect; `value` is what would have been kept of the call's answer."""

    value: JsonValue = None


@dataclass(frozen=True, slots=True)
class NotYet:
    """AWS does not show the call's effect."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """AWS shows something else in its place, or cannot be asked."""

    why: str


Observation = Happened | NotYet | Unclear
Probe = Callable[[], Observation]
