"""Recognises a literal secret in a proposed change: by its form, by the name it is given, in words that announce it.

A plan is shown to people, stored, sent to a model and put into audit logs, so that a secret in one is a leak. Gateway
and executor both refuse it, and name the place and never the value. Names count outside of policies only: there they
are condition keys (`sts:ExternalId`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from shared.errors import InvalidArguments
from shared.plans.step import ProposedStep
from shared.secrets import in_text as secrets_in_text

REMOVED = "[removed: a secret]"
"""Stands in a model's proposal for what was taken out; a proposal with it is refused like one with the secret."""

_NAME = re.compile(
    r"(?:passw(?:or)?d|passphrase|passcode|pwd|secret(?:access)?(?:key)?|(?:api|private|access)key|"
    r"(?:access|auth|api|session|bearer|refresh|security|github|gitlab|slack|bot|id)?token"
    r"|connectionstring|credentials?)(?:value)?$"
)
# Words in a description that announce a password; its value has more in it than letters.
_ANNOUNCED = re.compile(
    r"(?i)(?:passw(?:or)?d|passphrase|pwd|(?:secret|api|private|access)[ _-]?(?:access[ _-]?)?key|client[ _-]?secret"
    r"|(?:access|auth|api|session|bearer)[ _-]?token)[\"']?\s{0,3}(?::|=>?|\bis\b)\s{0,3}[\"']?"
    r"(?P<value>[^\s\"',;]{6,256})"
)
# What stands for a value and is none: a reference, a placeholder, a switch.
_REFERENCE = re.compile(
    r"arn:aws[a-z-]*:.+|\{\{resolve:.+|[$%<{\[].*|/.*|(?:ssm|secretsmanager|vault|https?|s3):.*"
    r"|(?:true|false|yes|no|none|null|on|off|enabled|disabled|required|n/?a|\*+|redacted|rotat\w+|managed|encrypted)",
    re.IGNORECASE | re.DOTALL,
)
_KEYS, _VALUES = ("key", "name"), ("value",)
_MAX_PARTS = 20_000
_MAX_DEPTH = 64

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A secret: what it looks like, and where, in names and positions."""

    kind: str
    path: Path


def check_steps(goal: str, steps: Sequence[ProposedStep]) -> None:
    """Raise InvalidArguments (`secret_in_plan`) where the goal or a step holds a secret."""
    if kind := in_text(goal):
        raise refusal("goal", kind)
    for number, step in enumerate(steps, 1):
        check_step(number, step.model_dump(mode="json"))


def check_step(number: int, step: Mapping[str, JsonValue]) -> None:
    """As `check_steps` for one step as it was sent; `number` is its position, from 1."""
    beside = {name: value for name, value in step.items() if name != "arguments"}
    found = secrets_in_text.find_in_value(beside)
    if found is not None:
        raise refusal(f"step {number}, {'.'.join(found[1])}", found[0])
    inside = find(step.get("arguments"))
    if inside is not None:
        step_id = step.get("id")
        named = f"{number} ({step_id})" if isinstance(step_id, str) else str(number)
        raise refusal(f"step {named}, argument {'.'.join(inside.path)}", inside.kind)


def refusal(where: str, kind: str) -> InvalidArguments:
    """The refusal, without the value."""
    return InvalidArguments(
        f"{where}: holds what looks like {kind}. No plan was made and nothing of it was stored. Put the value into AWS "
        "Secrets Manager or a SecureString of SSM Parameter Store yourself, and name it here by its ARN or name; no "
        "operation takes a secret's value",
        code="secret_in_plan",
        errors=[{"field": where, "message": f"holds what looks like {kind}"}],
    )


def find(value: JsonValue) -> Found | None:
    """The first secret in a step's arguments; None where there is none."""
    return next(_within(value, (), in_policy=False), None)


def without(value: JsonValue) -> JsonValue:
    """The value with every text that holds a secret replaced by `REMOVED`, and every object with such a name."""
    done: list[Path] = []
    for path in sorted({found.path for found in _within(value, (), in_policy=False)}, key=len):
        if not any(path[: len(one)] == one for one in done):
            value = _replaced(value, path)
            done.append(path)
    return value


def _within(value: JsonValue, path: Path, *, in_policy: bool) -> Iterator[Found]:
    if len(path) > _MAX_DEPTH:
        return
    if isinstance(value, str):
        yield from _of_text(value, path, in_policy=in_policy)
    elif isinstance(value, list):
        for position, item in enumerate(value[:_MAX_PARTS]):
            yield from _within(item, (*path, str(position)), in_policy=in_policy)
    elif isinstance(value, dict):
        in_policy = in_policy or "Statement" in value
        pair = None if in_policy else _named_pair(value)
        if pair is not None:
            yield Found("a password or key", (*path, pair))
        for name, item in value.items():
            if kind := in_text(name):
                yield Found(kind, path)
            elif not in_policy and is_secret_name(name) and is_literal(item):
                yield Found("a password or key", (*path, name))
            else:
                yield from _within(item, (*path, name), in_policy=in_policy)


def _of_text(text: str, path: Path, *, in_policy: bool) -> Iterator[Found]:
    """A text, and what a document in it says. A path does not lead into a document: the whole text is refused."""
    if kind := secrets_in_text.find(text) or _marker(text):
        yield Found(kind, path)
        return
    document = _parsed(text)
    if document is None:
        if _announced(text):
            yield Found("a password or key", path)
        return
    for found in _within(document, path, in_policy=in_policy):
        yield Found(found.kind, path)


def is_secret_name(name: str) -> bool:
    """Whether something of this name is a secret's value: `DB_PASSWORD`, `api-key`; not `SecretArn`."""
    return _NAME.search(re.sub(r"[^a-z0-9]", "", name.lower())) is not None


def is_literal(value: JsonValue) -> bool:
    """Whether a value under a secret's name is one, and no reference to it."""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return False
    text = str(value).strip()
    return bool(text) and (text == REMOVED or _REFERENCE.fullmatch(text) is None)


def _named_pair(value: Mapping[str, JsonValue]) -> str | None:
    """Of `{"Key": "DbPassword", "Value": "…"}` the name of the value."""
    names = {name.lower(): name for name in value}
    key = next((value[names[one]] for one in _KEYS if one in names), None)
    held = next((names[one] for one in _VALUES if one in names), None)
    if held is None or not isinstance(key, str) or not is_secret_name(key):
        return None
    return held if is_literal(value[held]) else None


def in_text(text: str) -> str | None:
    """What secret a person's words hold: also a password that they announce. None where none."""
    if kind := secrets_in_text.find(text) or _marker(text):
        return kind
    return "a password or key" if _announced(text) else None


def _marker(text: str) -> str | None:
    return "a secret, which was taken out of the proposal" if REMOVED in text else None


def _announced(text: str) -> bool:
    return any(
        _REFERENCE.fullmatch(found["value"]) is None and re.search(r"[^A-Za-z._/()-]", found["value"]) is not None
        for found in _ANNOUNCED.finditer(text)
    )


def _parsed(text: str) -> JsonValue:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        parsed: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict | list) else None


def _replaced(value: JsonValue, path: Path) -> JsonValue:
    """The value with what is at the path replaced; an object whose own names hold a secret goes whole."""
    if not path:
        return {"removed": REMOVED} if isinstance(value, dict) else REMOVED
    name, *rest = path
    if isinstance(value, dict):
        return {**value, name: _replaced(value[name], tuple(rest))}
    if isinstance(value, list):
        position = int(name)
        return [*value[:position], _replaced(value[position], tuple(rest)), *value[position + 1 :]]
    return REMOVED
