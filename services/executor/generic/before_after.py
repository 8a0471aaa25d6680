"""What a call overwrites, value by value: as AWS shows it now beside what the call makes of it.

It is known where a read shows the call's effect, and told in the words of that read: `/Policy`, `/MinSize`. A secret is
never shown, and what was not read is said to be unknown. The plan's digest has these values: where one is another when
the step runs, nothing is sent. A state that passes by itself (`pending`, `running`) is shown and not held to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.executor.generic import matching
from services.executor.generic.change import Change
from services.executor.generic.observing import Effect, has_removed, wanted_of, without_nothing
from services.executor.generic.table import Entry, entry_of, evaluate
from services.executor.registry.operation import UNKNOWN
from shared.errors import Conflict
from shared.iam.policy_json import NotJson, load_json
from shared.plans.step import PropertyChange
from shared.resource_types.paths import pointer

# Longer values are told to be there and not shown: a page is read by people, and a plan is one message.
MAX_VALUE_CHARACTERS = 8_000
MAX_CHANGES = 40
_NAME = re.compile(r"[A-Za-z][\w.]*")
# Operations that put something in the place of what is there.
_OVERWRITES = re.compile(r"(Put|Set|Update|Modify|Replace|Change|Reset|Edit|Override)(?=[A-Z])")
_ADDS = re.compile(r"Put\w*(Events?|Data|Records?|Segments|Messages?)$")


@dataclass(frozen=True, slots=True)
class Value:
    """One value that a call changes; None stands for "not there", on either side."""

    name: str
    before: Any
    after: Any


def is_shown(effect: Effect) -> bool:
    """Whether the effect is read before approval: all of what is read is named, and there is something before it."""
    return not effect.creates and UNKNOWN not in json.dumps(dict(effect.parameters))


def overwrites(change: Change) -> bool:
    """Whether the call puts something in the place of what is there, as its name says."""
    return _OVERWRITES.match(change.name) is not None and _ADDS.match(change.name) is None


def changes_of(change: Change, effect: Effect, state: JsonValue) -> tuple[PropertyChange, ...]:
    """What the call makes of a state that its effect's read has shown."""
    entry = entry_of(change.service, change.name, change.parameters)
    found = _values(change, entry, effect, state)
    return tuple(_shown(one) for one in found if not matching.same(one.before, one.after))[:MAX_CHANGES]


def unknown(changes: Iterable[PropertyChange]) -> tuple[PropertyChange, ...]:
    """The same where a step before changes what is there, so that it is not known what this one finds."""
    return tuple(one.model_copy(update={"before": None, "kind": "set"}) for one in changes if one.after is not None)


def check(change: Change, effect: Effect, state: JsonValue, shown: Iterable[PropertyChange]) -> None:
    """Raise Conflict (`world_moved_on`) where a value is not the one that a person was shown."""
    entry = entry_of(change.service, change.name, change.parameters)
    if entry is not None and entry.becomes is not None:
        return
    now = {one.path: one for one in changes_of(change, effect, state)}
    moved = sorted(one.path for one in shown if one.kind != "set" and not one.hidden and not _is_as_shown(now, one))
    if moved:
        raise Conflict(
            f"{', '.join(moved)} is not what the plan showed, as {effect.service}:{effect.read} shows it now: somebody"
            " has changed it since the plan was prepared; propose the plan again",
            code="world_moved_on",
        )


def _is_as_shown(now: Mapping[str, PropertyChange], one: PropertyChange) -> bool:
    found = now.get(one.path)
    return found is not None and not found.hidden and matching.same(found.before, one.before)


def _values(change: Change, entry: Entry | None, effect: Effect, state: Any) -> Iterator[Value]:
    asked = change.parameters
    if entry is None:
        yield from _derived(effect, state, asked)
    elif entry.becomes is not None:
        yield from _states(entry, state)
    elif entry.equals is not None:
        yield from _members(_last_name(entry.equals, effect), state, without_nothing(evaluate(entry.equals, asked)))
    elif entry.named is not None:
        name, value = (asked.get(member) for member in entry.named)
        yield Value(str(name), state.get(str(name)) if isinstance(state, Mapping) else None, value)
    elif entry.contains is not None or entry.lacks is not None:
        yield from _elements(entry, asked, state)
    elif entry.exists is False:
        yield Value(_noun(effect), None if matching.is_empty(state) else state, None)
    elif entry.mentions is not None or entry.lacks_mention is not None:
        yield from _statement(entry, asked, state)


def _derived(effect: Effect, state: Any, asked: Mapping[str, JsonValue]) -> Iterator[Value]:
    if isinstance(state, Mapping):
        yield from _members(_noun(effect), state, {name: asked[name] for name in state if name in asked})
    elif state is not None:
        yield Value(_noun(effect), state, None)


def _members(name: str, state: Any, wanted: Any) -> Iterator[Value]:
    """Each member that is asked for, or the whole where it has none or is a document."""
    if not isinstance(wanted, Mapping) or "Statement" in wanted:
        yield Value(name, None if matching.is_empty(state) else state, wanted)
        return
    for member, value in wanted.items():
        yield Value(member, state.get(member) if isinstance(state, Mapping) else None, value)


def _states(entry: Entry, state: Any) -> Iterator[Value]:
    """Of each thing the state it is in, and the one that it comes to."""
    assert entry.becomes is not None
    for number, one in enumerate(matching.elements(state)):
        is_now, named = (one.get("is"), one.get("id")) if isinstance(one, Mapping) else (one, None)
        if is_now not in entry.becomes:
            yield Value(str(named or number), is_now, entry.becomes[-1])


def _elements(entry: Entry, asked: Mapping[str, JsonValue], state: Any) -> Iterator[Value]:
    """Of the elements that are added or taken each one; what has the same key gets another value."""
    there = matching.elements(state)
    for number, wanted in enumerate(wanted_of(entry, asked)):
        key = wanted.get(entry.key) if isinstance(wanted, Mapping) and entry.key else None
        if entry.contains is None:
            gone = [one for one in there if matching.meets(one, wanted)]
            yield from (Value(str(key or number), one, None) for one in gone)
        elif not any(matching.includes(one, wanted) for one in there):
            same = (one for one in there if isinstance(one, Mapping) and key is not None and one.get(entry.key) == key)
            yield Value(str(key or number), next(same, None), wanted)


def _statement(entry: Entry, asked: Mapping[str, JsonValue], state: Any) -> Iterator[Value]:
    """A policy's statement by its id, which an operation adds or takes."""
    wanted = str(asked.get(str(entry.mentions or entry.lacks_mention)))
    found = next((one for one in _statements(state) if one.get("Sid") == wanted), None)
    if entry.lacks_mention is not None and found is not None:
        yield Value(wanted, found, None)


def _statements(state: Any) -> list[Mapping[str, Any]]:
    policy = _document(state)
    found = policy.get("Statement") if isinstance(policy, Mapping) else None
    return [one for one in matching.elements(found) if isinstance(one, Mapping)]


def _shown(one: Value) -> PropertyChange:
    path = pointer((one.name,))
    before, after = _document(one.before), _document(one.after)
    if has_removed(before) or has_removed(after):
        return PropertyChange(path=path, kind="set", hidden=True)
    if _is_long(before) or _is_long(after):
        return PropertyChange(path=path, after=None if _is_long(after) else after, kind="set")
    if before is None:
        return PropertyChange(path=path, after=after, kind="added")
    return PropertyChange(path=path, before=before, after=after, kind="removed" if after is None else "changed")


def _is_long(value: JsonValue) -> bool:
    return len(json.dumps(value, default=str)) > MAX_VALUE_CHARACTERS


def _document(value: Any) -> Any:
    """A document that is written as text as what it says; anything else as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return load_json(value)
    except NotJson:
        return value


def _last_name(expression: str, effect: Effect) -> str:
    """The name that an expression ends with, where it is a name and no more."""
    parts = [part for part in expression.split(".") if part != "Value"]
    return parts[-1] if _NAME.fullmatch(expression) and parts else _noun(effect)


def _noun(effect: Effect) -> str:
    """What is read: "BucketPolicy" of GetBucketPolicy."""
    return re.sub(r"^(Get|Describe|List|Head)(?=[A-Z])", "", effect.read)
