"""Policy text becomes a document: strict JSON, of a size AWS takes, and nested no deeper than a policy can be."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Literal, NoReturn

from shared.errors import InvalidArguments

# The largest policy AWS takes: 20 KB for a bucket policy. IAM's own limits are lower (a managed policy has
# 6,144 characters without white space) and differ by kind, so they are findings and not refusals.
MAX_POLICY_BYTES = 20 * 1024

PolicyKind = Literal["identity", "trust", "resource", "session", "boundary"]
PolicyDocument = dict[str, Any]

# A policy is five levels deep; what is much deeper is an attack on whoever walks it.
MAX_DEPTH = 50


class NotJson(ValueError):
    """The text is not JSON that every reader reads alike; the message says why, after the name of the text."""


def load_json(text: str) -> Any:
    """The value of JSON text. Raises NotJson also for a key given twice, NaN and lone surrogates."""
    try:
        value = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise NotJson(f"is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise NotJson("is nested too deeply to be a policy") from None
    except UnicodeEncodeError:
        raise NotJson("is not valid Unicode: it holds a lone surrogate") from None
    except NotJson:
        raise
    except ValueError as error:
        # A number with thousands of digits, or NaN.
        raise NotJson(f"is not valid JSON: {error}") from None
    return value


def read_policy(source: str | PolicyDocument, name: str = "policy_json") -> PolicyDocument:
    """Return the policy document in `source`, JSON text or an object already. `name` is what errors call it.

    Raises InvalidArguments where it is no JSON (with line and column), no object, has no Statement, says one
    key twice, or is larger than 20 KB.
    """
    if not isinstance(source, str) and is_too_deep(source):
        raise InvalidArguments(f"{name} is nested too deeply to be a policy")
    text = source if isinstance(source, str) else json.dumps(source)
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise InvalidArguments(f"{name} is not valid Unicode: it holds a lone surrogate") from None
    if size > MAX_POLICY_BYTES:
        raise InvalidArguments(f"{name} has {size} bytes; AWS takes at most {MAX_POLICY_BYTES}")
    try:
        document = load_json(text)
    except NotJson as error:
        raise InvalidArguments(f"{name} {error}") from None
    if is_too_deep(document):
        raise InvalidArguments(f"{name} is nested too deeply to be a policy")
    if not isinstance(document, dict):
        raise InvalidArguments(f"{name} must be a JSON object, not {_json_type(document)}")
    if "Statement" not in document:
        raise InvalidArguments(f'{name} has no "Statement"; it has ' + (", ".join(sorted(document)) or "no keys"))
    return document


def is_too_deep(value: object) -> bool:
    """True where objects and arrays are nested more than MAX_DEPTH levels."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def statements(document: PolicyDocument) -> list[PolicyDocument]:
    """The statements that are objects; IAM takes one alone as well as a list."""
    return [item for item in as_list(document.get("Statement")) if isinstance(item, dict)]


def texts(value: object) -> list[str]:
    """The strings of an element that is one string or a list of them."""
    return [item for item in as_list(value) if isinstance(item, str)]


def as_list(value: object) -> list[Any]:
    """An element that may be one value or a list of them, as a list."""
    return value if isinstance(value, list) else [value]


def infer_kind(document: PolicyDocument) -> PolicyKind:
    """Tell the kind from the shape: with a principal it is a trust policy if it only speaks of STS."""
    found = statements(document)
    if not any("Principal" in item or "NotPrincipal" in item for item in found):
        return "identity"
    actions = [action.casefold() for item in found for action in texts(item.get("Action"))]
    if actions and all(action.startswith("sts:") for action in actions):
        return "trust"
    return "resource"


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ on which of two equal keys counts; a policy must not depend on that."""
    document = dict(pairs)
    if len(document) != len(pairs):
        twice = sorted(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise NotJson(f"says a key twice in one object: {', '.join(twice)}")
    return document


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _json_type(value: object) -> str:
    if isinstance(value, list):
        return "an array"
    if isinstance(value, str):
        return "a string"
    return "null" if value is None else "a number or a boolean"
