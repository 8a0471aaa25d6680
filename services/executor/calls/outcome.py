"""What became of a call: AWS answered, AWS refused, or what a probe found where neither is certain."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from services.executor.calls.observation import Observation
from services.executor.calls.passing import Wait
from shared.errors import AssistantError


@dataclass(frozen=True, slots=True)
class Answered:
    """AWS answered that it did it; `value` is what is kept of the answer."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not happen, and sending it again would not help."""

    error: AssistantError


@dataclass(frozen=True, slots=True)
class Later:
    """It did not happen, and AWS may take the same call in a while: `wait` says for what."""

    error: AssistantError
    wait: Wait


Outcome = Answered | Refused | Observation


class CancelledBeforeSend(Exception):
    """A person cancelled the plan before a call of a step was sent that has changed nothing yet.

    A send of an earlier run may have left its intent in the journal; a probe found no effect of it.
    """


class OutcomeUnknown(Exception):
    """It is unknown whether a call happened, and a person has to find out.

    `field` is the call's field in the journal, "" where the executor itself failed and no single call is meant;
    `request` names the call, or the operation; `why` says why AWS could not be asked, or what it shows instead.
    """

    def __init__(self, field: str, request: str, why: str) -> None:
        super().__init__(why)
        self.field, self.request, self.why = field, request, why
