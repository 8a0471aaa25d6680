"""How much work a comparison may be: steps, not seconds, so that the same policies have the same answer everywhere."""

from __future__ import annotations


class TooComplex(Exception):
    """The comparison would take more steps than it may."""


class Effort:
    """Counts the steps of one comparison; a step is a state of an automaton or a region that is looked at."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Raise TooComplex once the steps are used up."""
        self._left -= steps
        if self._left < 0:
            raise TooComplex
