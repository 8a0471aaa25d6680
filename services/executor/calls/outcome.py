"""What became of a call: AWS answered, AWS refused, or what a probe found where neither is certain."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from services.executor.calls.observation import Observation
from shared.errors import AssistantError


@dataclass(frozen=True, slots=True)
class Answered:
    """AWS answered that it did it; `value` is what is kept of the answer."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not happen, and sending it again would not help."""

    error: AssistantError


Outcome = Answered | Refused | Observation


class OutcomeUnknown(Exception):
    """It is unknown whether a call happened, and a person has to find out.

    `field` is the call's field in the journal, "" where the executor itself failed and no single call is meant;
    `request` names the call, or the operation; `why` says why AWS could not be asked, or what it shows instead.
    """

    def __init__(self, field: str, request: str, why: str) -> None:
        super().__init__(why)
        self.field, self.request, self.why = field, request, why
