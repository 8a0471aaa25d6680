"""Finds out whether a step's first call shows in AWS, by the step's own probe, and sends nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from pydantic import JsonValue

from services.executor.calls.observation import NotYet, Observation, Probe
from services.executor.calls.request import Request
from services.executor.calls.step_calls import StepCalls


class Looked(Exception):
    """The look is over: `observation` is what AWS shows of the step's first call."""

    def __init__(self, observation: Observation) -> None:
        super().__init__(str(observation))
        self.observation = observation


class LookingCalls(StepCalls):
    """Stands in for a step's calls: ends the operation at its first call, with what that call's probe finds."""

    def once(self, request: Request, probe: Probe, **_: Any) -> NoReturn:
        """Raise Looked with what the probe finds."""
        raise Looked(self._prober.probe(probe))

    def by_token(self, request: Request, keep: Callable[[dict[str, Any]], JsonValue], look: Probe, name: str) -> Probe:
        """The probe that only looks."""
        return look

    def remember(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What the step remembered. Raises Looked where it never did: then it sent nothing after that."""
        found = self.recall(name)
        if found is None:
            raise Looked(NotYet())
        return found
