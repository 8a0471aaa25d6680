"""Removes secrets from AWS's answers, in botocore itself, before any code of a tool sees them.

The handler hangs in the event `after-call` of a session and thus of each of its clients, paginators and resources. It
changes what botocore has parsed; names (of a function's environment, say) stay, values become `REMOVED`. Like the guard
it stops mistakes and injected instructions. Code that unregisters it, registers before it or signs requests itself
gets what AWS sends: what must not be read at all is denied by the agent's session policy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import botocore.session

from shared.access.secret_members import holds_secret, is_value

REMOVED = "[removed: may be a secret]"
_MAY_HOLD = "may_hold_secret"
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{0,12}:\S{1,512}", re.ASCII)


def watch(session: botocore.session.Session) -> None:
    """Strip every answer that a client of this session gets from now on."""
    session.get_component("event_emitter").register_first("after-call", _after_call)


def _after_call(*, model: Any, parsed: Any, **_: Any) -> None:
    if isinstance(parsed, dict):
        strip(str(model.service_model.service_name), model.output_shape, parsed)


def strip(service: str, shape: Any, parsed: dict[str, Any]) -> None:
    """Remove the secrets of an answer, in place. `shape` is the operation's output in botocore's model."""
    if shape is not None and may_hold(service, shape):
        _within(service, shape, parsed)


def may_hold(service: str, shape: Any) -> bool:
    """Whether a value of this shape can have a secret anywhere in it, by the rules of `secret_members`.

    Found out once per shape, and kept on it: most answers need no look at their many values then.
    """
    known: bool | None = shape.__dict__.get(_MAY_HOLD)
    if known is None:
        known = _may_hold(service, shape, set())
        setattr(shape, _MAY_HOLD, known)
    return known


def _may_hold(service: str, shape: Any, seen: set[str]) -> bool:
    """`seen`: the shapes that were looked at already; one may hold itself."""
    if _is_flat(shape) or shape.name in seen:
        return False
    seen.add(shape.name)
    if shape.type_name != "structure":
        return _may_hold(service, shape.member if shape.type_name == "list" else shape.value, seen)
    return any(
        holds_secret(service, shape.name, name, target) or _may_hold(service, target, seen)
        for name, target in shape.members.items()
    )


def _within(service: str, shape: Any, value: Any) -> None:
    """Go through what is no secret itself."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, target in shape.members.items():
            if value.get(name) is None:
                continue
            if holds_secret(service, shape.name, name, target):
                value[name] = _without(value[name])
            elif not _is_flat(target):
                _within(service, target, value[name])
    elif shape.type_name == "list" and isinstance(value, list):
        if may_hold(service, shape.member):
            for item in value:
                _within(service, shape.member, item)
    elif shape.type_name == "map" and isinstance(value, dict) and may_hold(service, shape.value):
        for item in value.values():
            _within(service, shape.value, item)


def _is_flat(shape: Any) -> bool:
    return shape.type_name not in ("structure", "list", "map")


def _without(value: Any) -> Any:
    """A secret's place without the secret: texts and numbers gone, keys and the names of entries kept."""
    if isinstance(value, Mapping):
        return {key: _without(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_entry(item) if isinstance(item, dict) else _without(item) for item in value]
    if isinstance(value, bool) or value is None or value == "" or _is_arn(value):
        return value
    return REMOVED.encode() if isinstance(value, bytes | bytearray) else REMOVED


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    """One entry of a list such as `[{"name": …, "value": …}]`."""
    return {
        name: _without(item) if is_value(name) else _lists(item) if isinstance(item, dict | list) else item
        for name, item in entry.items()
    }


def _lists(value: Any) -> Any:
    if isinstance(value, list):
        return [_lists(item) for item in value]
    return _entry(value) if isinstance(value, dict) else value


def _is_arn(value: Any) -> bool:
    """A reference to a secret is none."""
    return isinstance(value, str) and _ARN.fullmatch(value) is not None
