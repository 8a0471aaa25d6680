"""What takes an operation back: its declared inverse, with the parameters that follow from the state recorded first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.executor.generic import matching
from services.executor.generic.observing import has_removed, wanted_of, without_nothing
from services.executor.generic.table import Entry, UndoBy, entry_of, evaluate
from shared.aws.service_models import operation_model
from shared.messages import Message


class Inverse(Message):
    """An operation of the same service that takes one back."""

    operation: str
    parameters: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known once an operation has happened; `answer` is None where a probe found its effect."""

    asked: Mapping[str, JsonValue]
    before: JsonValue
    after: JsonValue
    answer: JsonValue = None


def inverse_of(service: str, operation: str, recorded: Recorded) -> Inverse | None:
    """The inverse of an operation that happened; None where none is declared, or what was recorded gives none.

    Nothing is undone that changed nothing, and no value is put back of which a secret was taken out.
    """
    entry = entry_of(service, operation, recorded.asked)
    if entry is None or (entry.look and matching.same(recorded.before, recorded.after)):
        return None
    over = _scope(entry, recorded)
    for undo in entry.undo:
        parameters = _parameters(service, undo, over)
        if parameters is not None and not has_removed(parameters):
            return Inverse(operation=undo.op, parameters=parameters)
    return None


def inverses_of(service: str, operation: str, asked: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """The operations of which one may take this back; none where it cannot be undone."""
    entry = entry_of(service, operation, asked)
    return tuple(dict.fromkeys(undo.op for undo in entry.undo)) if entry else ()


def _scope(entry: Entry, recorded: Recorded) -> dict[str, Any]:
    asked, before = recorded.asked, recorded.before
    wanted = without_nothing(evaluate(entry.equals, asked)) if entry.equals else None
    names = wanted if isinstance(wanted, Mapping) else {}
    shown = before if isinstance(before, Mapping) else {}
    restored = {name: shown[name] for name in names if shown.get(name) is not None}
    return {
        "asked": asked,
        "answer": recorded.answer,
        "before": before,
        "after": recorded.after,
        "overlap": _overlap(entry, asked, before),
        "restored": restored,
        "restored_texts": {name: _as_text(value) for name, value in restored.items()},
        "was": shown.get(str(asked.get(entry.named[0]))) if entry.named else None,
    }


def _overlap(entry: Entry, asked: Mapping[str, JsonValue], before: JsonValue) -> list[Any]:
    """What was there before of the elements that are added or taken."""
    wanted = wanted_of(entry, asked)
    found = matching.elements(before)
    if entry.key is None:
        return [one for one in found if any(matching.includes(one, each) for each in wanted)]
    keys = [matching.plain(each.get(entry.key)) for each in wanted if isinstance(each, Mapping)]
    return [one for one in found if isinstance(one, Mapping) and matching.plain(one.get(entry.key)) in keys]


def _parameters(service: str, undo: UndoBy, over: Mapping[str, Any]) -> dict[str, JsonValue] | None:
    """The inverse's parameters; None where what was recorded does not give all that it needs."""
    shape = operation_model(service, undo.op).input_shape
    members = shape.members if shape is not None else {}
    if undo.with_ is None:
        found = {name: value for name, value in over["asked"].items() if name in members}
    else:
        found = without_nothing(evaluate(undo.with_, over))
    if not isinstance(found, Mapping) or not found:
        return None
    made = dict(found)
    if undo.spread is not None:
        made |= made.pop(undo.spread, None) or {}
    required = shape.required_members if shape is not None else []
    if any(made.get(name) in (None, []) for name in required) or any(value == [] for value in made.values()):
        return None
    return made


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
