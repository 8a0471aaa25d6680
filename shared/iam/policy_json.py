"""Policy text becomes a document: strict JSON, of a size AWS takes, and nested no deeper than a policy can be."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Literal, NoReturn

from shared.errors import InvalidArguments

# The largest policy AWS takes: 20 KB for a bucket policy. IAM's own limits are lower (a managed policy has
# 6,144 characters without white space) and differ by kind, so they are findings and not refusals.
MAX_POLICY_BYTES = 20 * 1024

CURRENT_VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"
"""What a policy without a Version has. Source: IAM User Guide, "IAM JSON policy elements: Version"."""

PolicyKind = Literal["identity", "trust", "resource", "session", "boundary"]
PolicyDocument = dict[str, Any]

# A policy is five levels deep; what is much deeper is an attack on whoever walks it.
MAX_DEPTH = 50


class NotJson(ValueError):
    """The text is not JSON that every reader reads alike; the message says why, after the name of the text."""


class BadSyntax(NotJson):
    """It breaks JSON's grammar, at the line and column of the message."""


def load_json(text: str) -> Any:
    """The value of JSON text. Raises NotJson also for a key given twice, NaN and lone surrogates."""
    try:
        value = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise BadSyntax(f"is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
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

    Nothing is unwrapped: for what a person pasted there is `shared.iam.pasted`. Raises InvalidArguments where it is no
    JSON (with line and column), no object, has no Statement, says one key twice, or is larger than 20 KB.
    """
    try:
        document = load_json(source) if isinstance(source, str) else source
        if is_too_deep(document):
            raise NotJson("is nested too deeply to be a policy")
        if not isinstance(document, dict):
            raise NotJson(f"must be a JSON object, not {json_type(document)}")
        if "Statement" not in document:
            raise NotJson(statement_missing(document))
        check_policy(document)
    except NotJson as error:
        raise InvalidArguments(f"{name} {error}") from None
    return document


def check_policy(document: PolicyDocument) -> None:
    """Raise NotJson for a document that is larger than AWS takes, or cannot be written as JSON in UTF-8."""
    try:
        size = len(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8"))
    except UnicodeEncodeError:
        raise NotJson("is not valid Unicode: it holds a lone surrogate") from None
    if size > MAX_POLICY_BYTES:
        raise NotJson(f"has {size} bytes; AWS takes at most {MAX_POLICY_BYTES}")


def statement_missing(document: PolicyDocument) -> str:
    """What to say of an object that is no policy."""
    if "Effect" in document and ("Action" in document or "NotAction" in document):
        return 'is one statement: put it into {"Version": "2012-10-17", "Statement": [{…}]}'
    names = sorted(str(name) for name in document)
    miswritten = next((name for name in names if name.casefold().rstrip("s") == "statement"), None)
    if miswritten:
        return f'has no "Statement"; it has {json.dumps(miswritten)[:100]}, and names are taken letter by letter'
    return 'has no "Statement"; it has ' + (", ".join(names)[:500] or "no keys")


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
    """Tell the kind from the shape: with a principal it is a trust policy if it speaks of STS, and of no resource."""
    found = statements(document)
    if not any("Principal" in item or "NotPrincipal" in item for item in found):
        return "identity"
    actions = [action.casefold() for item in found for action in texts(item.get("Action"))]
    about_sts = [action.startswith("sts:") for action in actions]
    named = any("Resource" in item or "NotResource" in item for item in found)
    return "trust" if about_sts and (all(about_sts) or (any(about_sts) and not named)) else "resource"


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ on which of two equal keys counts; a policy must not depend on that."""
    document = dict(pairs)
    if len(document) != len(pairs):
        twice = sorted(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise NotJson(f"says a key twice in one object: {', '.join(twice)}")
    return document


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def json_type(value: object) -> str:
    """What a JSON value that is no object is called."""
    if isinstance(value, list):
        return "an array"
    if isinstance(value, str):
        return "a string"
    return "null" if value is None else "a number or a boolean"
