"""Reads what shows an operation's effect, and tells from it whether the effect is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from pydantic import JsonValue

from services.executor.calls.passing import NOT_THERE
from services.executor.generic import matching
from services.executor.generic.table import Entry, Look, entry_of, evaluate, table_of
from services.executor.registry.drift import ABSENT, PRESENT
from shared.access.stripping import REMOVED, strip
from shared.aws.answers.plain import as_json
from shared.aws.clients import Aws, error_code
from shared.aws.service_models import operation_model

# A page of a listed state; what is not on the first pages is not looked for.
MAX_PAGES = 20
_LESS = ("NoSuch", "NotFound", "DoesNotExist", "NonExistent", "NotExist")


@dataclass(frozen=True, slots=True)
class Effect:
    """What is read to see an operation's effect, and whether a state read is it.

    `is_there` takes the state; `read` and `parameters` are the read of AWS, of the service `service`. `creates`: what
    is there already is somebody else's, and not this effect. `wants`: the state that is the effect, for people: a
    value, a list of which it is one, or `PRESENT` or `ABSENT`.
    """

    service: str
    read: str
    parameters: Mapping[str, JsonValue]
    shows: Callable[[Any], Any]
    absent: tuple[str, ...]
    is_there: Callable[[Any], bool]
    creates: bool = False
    wants: JsonValue = None

    def look(self, aws: Aws, region: str) -> JsonValue:
        """What AWS shows now; None where there is none. Raises botocore's errors."""
        client = aws.client(self.service, region)
        try:
            answer = _answer(client, self.read, dict(self.parameters))
        except ClientError as error:
            code = error_code(error)
            if code in self.absent or NOT_THERE.fullmatch(code) or any(word in code for word in _LESS):
                return None
            raise
        shape = client.meta.service_model.operation_model(self.read).output_shape
        strip(self.service, shape, answer)
        return as_json(self.shows(answer))


def declared_effect(service: str, entry: Entry, asked: Mapping[str, JsonValue]) -> Effect | None:
    """The effect as a table declares it; None where it declares none, or the parameters do not name what to read."""
    look = table_of(service).looks[entry.look] if entry.look else None
    if look is None or (look.when is not None and not evaluate(look.when, asked)):
        return None
    parameters = parameters_of(service, look, asked)
    if parameters is None:
        return None
    return Effect(
        service=service,
        read=look.read,
        parameters=parameters,
        shows=lambda answer: _shown(look, answer, asked),
        absent=look.absent,
        is_there=lambda state: holds(entry, state, asked),
        creates=entry.exists is True and entry.becomes is None,
        wants=_wants(entry, asked),
    )


def declared(service: str, operation: str, asked: Mapping[str, JsonValue]) -> Effect | None:
    """`declared_effect` of the entry that counts for an operation with these parameters."""
    entry = entry_of(service, operation, asked)
    return declared_effect(service, entry, asked) if entry else None


def parameters_of(service: str, look: Look, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue] | None:
    """The parameters of a look's read; None where these do not name it."""
    shape = operation_model(service, look.read).input_shape
    members = shape.members if shape is not None else {}
    if look.ask is None:
        found = {name: value for name, value in asked.items() if name in members}
    else:
        found = without_nothing(evaluate(look.ask, asked)) or {}
    required = shape.required_members if shape is not None else []
    return found if all(name in found for name in required) and _is_whole(look, found) else None


def holds(entry: Entry, state: Any, asked: Mapping[str, JsonValue]) -> bool:
    """Whether a state is the one that an operation with these parameters leads to."""
    # The plan's own marks are for what is asked; no answer has them.
    asked = {name: value for name, value in asked.items() if not name.startswith("_")}
    if entry.becomes is not None or entry.exists is not None:
        if matching.is_empty(state):
            return entry.exists is False
        if entry.becomes is None:
            return entry.exists is True
        return all(_value(one) in entry.becomes for one in matching.elements(state))
    if entry.equals is not None:
        wanted = evaluate(entry.equals, asked)
        return matching.equals(state, without_nothing(wanted))
    if entry.named is not None:
        name, value = (asked.get(member) for member in entry.named)
        return isinstance(state, Mapping) and matching.same(state.get(str(name)), value)
    shown = matching.elements(state)
    if entry.contains is not None:
        return all(any(matching.includes(one, wanted) for one in shown) for wanted in wanted_of(entry, asked))
    if entry.lacks is not None:
        return not any(matching.meets(one, wanted) for one in shown for wanted in wanted_of(entry, asked))
    if entry.mentions is not None:
        return matching.mentions(state, str(asked.get(entry.mentions)))
    return not matching.mentions(state, str(asked.get(str(entry.lacks_mention))))


def _wants(entry: Entry, asked: Mapping[str, JsonValue]) -> JsonValue:
    """The state that `holds`, for people."""
    if entry.becomes is not None:
        return entry.becomes[0] if len(entry.becomes) == 1 else [*entry.becomes]
    if entry.equals is not None:
        return as_json(without_nothing(evaluate(entry.equals, asked)))
    if entry.named is not None:
        return asked.get(entry.named[1])
    if entry.contains is not None:
        return as_json(wanted_of(entry, asked))
    return PRESENT if entry.exists or entry.mentions is not None else ABSENT


def wanted_of(entry: Entry, asked: Mapping[str, JsonValue]) -> list[Any]:
    """The elements that an operation adds to a list, or takes from it."""
    expression = entry.contains or entry.lacks
    return matching.elements(without_nothing(evaluate(expression, asked))) if expression else []


def has_removed(value: Any) -> bool:
    """Whether secrets were taken out of a value, so that nothing can be put back from it."""
    if isinstance(value, Mapping):
        return any(has_removed(item) for item in value.values())
    if isinstance(value, list):
        return any(has_removed(item) for item in value)
    return isinstance(value, str) and REMOVED in value


def without_nothing(value: Any) -> Any:
    """The value without members that are null, which is how JMESPath says that there are none."""
    if isinstance(value, Mapping):
        return {name: without_nothing(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nothing(item) for item in value]
    return value


def _shown(look: Look, answer: Any, asked: Mapping[str, JsonValue]) -> Any:
    state = evaluate(look.shows, answer)
    if look.pick is not None:
        wanted = without_nothing(evaluate(look.pick, asked))
        state = next((one for one in matching.elements(state) if matching.equals(one, wanted)), None)
    return evaluate(look.then, state) if look.then is not None and state is not None else state


def _value(one: Any) -> Any:
    return one.get("is") if isinstance(one, Mapping) and "is" in one else one


def _is_whole(look: Look, found: Any) -> bool:
    """Whether no value that the read is to be narrowed by is missing: a list of nothing, a null in a list."""
    if isinstance(found, Mapping):
        return all(_is_whole(look, item) for item in found.values())
    if isinstance(found, list):
        return bool(found) and all(item is not None and _is_whole(look, item) for item in found)
    return found is not None


def _answer(client: Any, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The whole answer, its pages put together."""
    method = xform_name(operation)
    if not client.can_paginate(method):
        found: dict[str, Any] = getattr(client, method)(**parameters)
        return found
    pages = client.get_paginator(method).paginate(**parameters, PaginationConfig={"MaxItems": None})
    whole: dict[str, Any] = {}
    for number, page in enumerate(pages):
        if number >= MAX_PAGES:
            break
        for name, value in page.items():
            if isinstance(value, list) and isinstance(whole.get(name), list):
                whole[name] = [*whole[name], *value]
            else:
                whole.setdefault(name, value)
    return whole
