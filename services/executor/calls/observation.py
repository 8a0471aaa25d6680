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
    """AWS does not show the call's effect.

    `seen`: a read says so. Without one it is unknown whether it happened, and it may be sent again only because AWS
    takes the same request for the same one, by its token, or because sent twice it comes to the same.
    """

    seen: bool = True


@dataclass(frozen=True, slots=True)
class Unclear:
    """AWS shows something else in its place, or cannot be asked."""

    why: str


def unseen(last: str) -> Unclear:
    """A call was sent, nothing shows what came of it, and another try says no more: `last` is why that one ended."""
    return Unclear(f"nothing in AWS shows whether it happened when it was first sent, and sent again: {last}")


Observation = Happened | NotYet | Unclear
Probe = Callable[[], Observation]
