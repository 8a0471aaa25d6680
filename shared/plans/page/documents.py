"""JSON values and policies on a page: policies in words, and every value whole."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import JsonValue

from shared.iam.policy_json import MAX_DEPTH, NotJson, PolicyDocument, load_json, statements
from shared.iam.words import statements_in_words
from shared.text.plain import exactly

_INLINE = 90


def as_policy(value: JsonValue) -> PolicyDocument | None:
    """The policy that a value is, as an object or as JSON text; None for anything else."""
    if isinstance(value, str):
        if "Statement" not in value:
            return None
        try:
            value = load_json(value)
        except NotJson:
            return None
    return value if isinstance(value, dict) and statements(value) else None


def policies_in(value: JsonValue, path: str = "") -> Iterator[tuple[str, PolicyDocument]]:
    """Every policy in a value, however deep, with where it is."""
    policy = as_policy(value)
    if policy is not None:
        yield path, policy
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from policies_in(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from policies_in(item, f"{path}[{number}]")


def policy_lines(policy: PolicyDocument, indent: str) -> Iterator[str]:
    """A sentence for each statement."""
    for words in statements_in_words(policy):
        yield f"{indent}{words}"


def json_lines(value: JsonValue, indent: str, before: str = "", after: str = "", depth: int = 0) -> Iterator[str]:
    """The value as JSON, its strings as `exactly` shows them: short ones on a line, others a member a line."""
    inline = inline_json(value)
    if not isinstance(value, dict | list) or _is_flat(value) or len(inline) <= _INLINE or depth > MAX_DEPTH:
        yield f"{indent}{before}{inline}{after}"
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield f"{indent}{before}{opening}"
    members = (
        [(f"{exactly(name)}: ", item) for name, item in value.items()]
        if isinstance(value, dict)
        else [("", item) for item in value]
    )
    for number, (name, item) in enumerate(members, 1):
        comma = "," if number < len(members) else ""
        yield from json_lines(item, f"{indent}  ", name, comma, depth + 1)
    yield f"{indent}{closing}{after}"


def _is_flat(value: dict[str, JsonValue] | list[JsonValue]) -> bool:
    """Whether it is a list of plain values, or empty: a line, however long."""
    return not value or (isinstance(value, list) and not any(isinstance(item, dict | list) for item in value))


def inline_json(value: JsonValue, depth: int = 0) -> str:
    """The value as JSON on one line."""
    if isinstance(value, str):
        return exactly(value)
    if depth > MAX_DEPTH:
        return exactly(json.dumps(value))
    if isinstance(value, dict):
        members = (f"{exactly(name)}: {inline_json(item, depth + 1)}" for name, item in value.items())
        return f"{{{', '.join(members)}}}"
    if isinstance(value, list):
        return f"[{', '.join(inline_json(item, depth + 1) for item in value)}]"
    return json.dumps(value)
