"""What shows an operation's effect: as a table declares it, else as it is derived, else nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import JsonValue

from services.executor.calls.observation import Happened, NotYet, Observation, Unclear
from services.executor.generic import matching
from services.executor.generic.change import Change, token_member
from services.executor.generic.derived import derived
from services.executor.generic.observing import Effect, declared_effect
from services.executor.generic.table import entry_of, table_of
from shared.aws.clients import Aws, translate
from shared.aws.service_models import operation_model
from shared.messages import Effect as Level

# AWS remembers most tokens for a day at least; those that it keeps for less stand in the tables.
TOKEN_SECONDS = 8 * 3600.0
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_SHORT_TOKENS = {"dynamodb": 10 * 60.0}
_MARGIN = 0.9
# The tags of a step that is not made yet.
MARKS_TO_COME: Mapping[str, str] = MappingProxyType({"assistant:plan": "*", "assistant:step": "*"})


@dataclass(frozen=True, slots=True)
class Assurance:
    """How a change that was cut off is known to have happened.

    `effect`: what AWS shows of it. `token_seconds`: for how long AWS takes the same request again for the same one, 0
    where it does not. `repeatable`: sent twice it comes to the same.
    """

    effect: Effect | None
    token_seconds: float
    repeatable: bool

    @property
    def words(self) -> str:
        """For the plan's page."""
        if self.effect is not None:
            return f"If it is cut off, {self.effect.service}:{self.effect.read} shows whether it happened."
        if self.token_seconds:
            return "If it is cut off, it is sent again with the same token, by which AWS knows it."
        if self.repeatable:
            return "If it is cut off, it is sent again: sent twice it comes to the same."
        return (
            "If it is cut off, the plan stops in doubt, and a person says whether it happened: AWS has no token for it "
            "and no read that shows it."
        )


def effect_of(
    service: str, operation: str, parameters: Mapping[str, JsonValue], marks: Mapping[str, str]
) -> Effect | None:
    """What shows the effect of an operation with these parameters; `marks` are the tags of its plan and step."""
    entry = entry_of(service, operation, parameters)
    if entry is None:
        return derived(service, operation, parameters)
    asked = {**parameters, "_plan": marks.get("assistant:plan"), "_step": marks.get("assistant:step")}
    return declared_effect(service, entry, asked)


def reads_of(service: str, operation: str) -> tuple[str, ...]:
    """The reads by which an operation may be seen to have happened, whatever its parameters will be."""
    table = table_of(service)
    if entries := table.operations.get(operation):
        return tuple(dict.fromkeys(table.looks[entry.look].read for entry in entries if entry.look))
    shape = operation_model(service, operation).input_shape
    found = derived(service, operation, dict.fromkeys(shape.members, "*") if shape is not None else {})
    return (found.read,) if found is not None else ()


def assurance_of(change: Change, marks: Mapping[str, str]) -> Assurance:
    """How this change is known to have happened; `marks` are the tags of its plan and step."""
    effect = effect_of(change.service, change.name, change.parameters, marks)
    entry = entry_of(change.service, change.name, change.parameters)
    by_model = bool(operation_model(change.service, change.name).idempotent_members)
    seconds = 0.0
    if entry is not None and entry.token is not None:
        seconds = entry.token_hours * 3600
    elif by_model or token_member(change) is not None:
        seconds = _SHORT_TOKENS.get(change.service, TOKEN_SECONDS)
    repeatable = entry.repeatable if entry is not None else change.operation.effect is Level.TAGGING
    return Assurance(effect, seconds, repeatable)


def observe(assurance: Assurance, aws: Aws, region: str, prior: Mapping[str, Any], now: float) -> Observation:
    """Whether the change has happened. `prior` is what was recorded before it was first sent: `{at, state}`, or `{at,
    unread}` with why there is none. Raises botocore's errors."""
    effect = assurance.effect
    if effect is None:
        return _without_look(assurance, prior, now, "AWS has no read that shows it")
    state = effect.look(aws, region)
    there = effect.is_there(state)
    if "unread" in prior:
        return Happened() if there and not effect.creates else _without_look(assurance, prior, now, prior["unread"])
    before = prior["state"]
    if there and not (effect.creates and effect.is_there(before)):
        return Happened()
    if matching.same(state, before) and not there:
        return NotYet()
    why = "there was one before" if there else f"{effect.read} shows neither what was there nor what this step makes"
    return _without_look(assurance, prior, now, why)


def record(assurance: Assurance, aws: Aws, region: str, now: float) -> dict[str, Any]:
    """The state before the change, as `observe` takes it."""
    if assurance.effect is None:
        return {"at": now, "unread": "no read shows it"}
    try:
        return {"at": now, "state": assurance.effect.look(aws, region)}
    except (ClientError, BotoCoreError) as error:
        return {"at": now, "unread": f"what was there before was not read: {translate(error).detail}"}


def state_of(prior: Mapping[str, Any]) -> JsonValue:
    """The recorded state; None where there was none, or it was not read."""
    found: JsonValue = prior.get("state")
    return found


def _without_look(assurance: Assurance, prior: Mapping[str, Any], now: float, why: str) -> Observation:
    if assurance.repeatable or now < float(prior["at"]) + assurance.token_seconds * _MARGIN:
        return NotYet(seen=False)
    return Unclear(why)
