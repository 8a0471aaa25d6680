"""Finds policies in properties, as objects and as JSON in texts, wherever they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import JsonValue

from shared.iam.policy_json import PolicyKind, is_too_deep
from shared.resource_types.paths import ANY, Place
from shared.resource_types.policies import is_policy, kind_of

# A template in a text holds roles, whose policies are texts again.
_TEXTS_IN_TEXTS = 3
_LONGEST = 1_000_000
# A choice such as "ALLOW" is no text of a policy.
_CODE = re.compile(r"[{(;\n]")


class Document(NamedTuple):
    """A policy, where it stands, and its kind."""

    place: Place
    document: dict[str, Any]
    kind: PolicyKind


def documents(type_name: str, properties: Mapping[str, JsonValue]) -> list[Document]:
    """Every policy in the properties of a type."""
    return [
        Document(place, document, _kind(type_name, place, document)) for place, document in _find(dict(properties), ())
    ]


def parsed(value: JsonValue) -> JsonValue:
    """The object or list that a text holds as JSON; None where it holds none."""
    if not isinstance(value, str) or len(value) > _LONGEST or value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found: JsonValue = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found


def is_policy_document(value: object) -> bool:
    """Whether a value has the form of a policy: statements that allow or deny."""
    if not isinstance(value, dict):
        return False
    named = {str(name).lower(): item for name, item in value.items()}
    statements = named.get("statement")
    listed = statements if isinstance(statements, list) else [statements]
    return any(isinstance(one, dict) and _effect(one) in ("allow", "deny") for one in listed)


def _effect(statement: dict[Any, Any]) -> str:
    return next((str(value).lower() for name, value in statement.items() if str(name).lower() == "effect"), "")


def unread(type_name: str, place: Place, value: JsonValue) -> bool:
    """Whether a property that is a policy by its name holds a text that is none in JSON, such as Cedar."""
    at = "/".join(ANY if isinstance(part, int) else part for part in place)
    return is_policy(at) and isinstance(value, str) and _CODE.search(value) is not None and parsed(value) is None


def _find(value: JsonValue, place: Place, texts: int = 0) -> Iterator[tuple[Place, dict[str, Any]]]:
    if is_policy_document(value):
        assert isinstance(value, dict)
        yield place, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _find(item, (*place, name), texts)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _find(item, (*place, number), texts)
    elif texts < _TEXTS_IN_TEXTS and (inner := parsed(value)) is not None and not is_too_deep(inner):
        yield from _find(inner, place, texts + 1)


def _kind(type_name: str, place: Place, document: Mapping[str, Any]) -> PolicyKind:
    at = "/".join(ANY if isinstance(part, int) else part for part in place)
    if is_policy(at):
        return kind_of(type_name, at)
    statements = document.get("Statement")
    listed = [one for one in (statements if isinstance(statements, list) else [statements]) if isinstance(one, dict)]
    if not any("Principal" in one or "NotPrincipal" in one for one in listed):
        return "identity"
    assumes = all("sts:assume" in json.dumps(one.get("Action", "")).lower() for one in listed)
    return "trust" if assumes else "resource"
