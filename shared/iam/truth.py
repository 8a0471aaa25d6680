"""Three-valued logic: a statement applies, does not, or nobody can say before the call, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither true nor false, with the reason in words."""

    reason: str


Truth = bool | Unknown


def any_of(truths: Iterable[Truth]) -> Truth:
    """True where one is; otherwise the first that is unknown; otherwise False."""
    unknown: Truth = False
    for truth in truths:
        if truth is True:
            return True
        if isinstance(truth, Unknown) and unknown is False:
            unknown = truth
    return unknown


def all_of(truths: Iterable[Truth]) -> Truth:
    """False where one is; otherwise the first that is unknown; otherwise True."""
    return negated(any_of(negated(truth) for truth in truths))


def negated(truth: Truth) -> Truth:
    """The opposite; what is unknown stays so."""
    return truth if isinstance(truth, Unknown) else not truth
