"""What a call overwrites is read while its plan is prepared, and put on the step: see `before_after`."""

from __future__ import annotations

import json

from pydantic import JsonValue

from services.executor.generic import before_after
from services.executor.generic.change import Change
from services.executor.generic.effects import MARKS_TO_COME, effect_of
from services.executor.generic.observing import Effect
from services.executor.registry.account_state import AccountState
from services.executor.registry.facts import Question, fact
from services.executor.registry.location import Location
from shared.access.levels import actions_of
from shared.aws.clients import Aws


def _reading_actions(service: str, operation: str, parameters: str, _: str) -> tuple[str, ...]:
    effect = effect_of(service, operation, json.loads(parameters), MARKS_TO_COME)
    return actions_of(service, effect.read) if effect is not None else ()


@fact("what {0}:{1} changes", iam=(), iam_of=_reading_actions)
def shown_now(aws: Aws, service: str, operation: str, parameters: str, region: str) -> dict[str, JsonValue] | None:
    """As `state`, what AWS shows now of what a call would change, without secrets; null where there is none."""
    effect = effect_of(service, operation, json.loads(parameters), MARKS_TO_COME)
    return {"state": effect.look(aws, region)} if effect is not None else None


def questions(change: Change, location: Location) -> list[Question]:
    """What must be read to show what the call changes; nothing where no read shows it."""
    effect = _effect(change)
    return [shown_now.about(*_names(change, location))] if effect and before_after.is_shown(effect) else []


def tell(state: AccountState, change: Change) -> None:
    """Put on the step what the call changes of what is there, or that this is not known."""
    effect, names = _effect(change), _names(change, state.location)
    if effect is None or not before_after.is_shown(effect):
        return
    if state.disturbed:
        state.show(before_after.unknown(before_after.changes_of(change, effect, None)))
        return
    if not state.knows(shown_now, *names):
        state.note(f"What is there now was not read: {state.why_unread(shown_now, *names)}")
        return
    found = (state.get(shown_now, *names) or {}).get("state")
    changes = before_after.changes_of(change, effect, found)
    state.show(changes)
    if not changes and effect.is_there(found):
        state.note(f"{effect.service}:{effect.read} shows this already: the call would change nothing.")


def _effect(change: Change) -> Effect | None:
    return effect_of(change.service, change.name, change.parameters, MARKS_TO_COME)


def _names(change: Change, location: Location) -> tuple[str, ...]:
    parameters = json.dumps(change.parameters, sort_keys=True)
    return (change.service, change.name, parameters, change.client_region(location))
