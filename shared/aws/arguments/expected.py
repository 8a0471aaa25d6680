"""The input of an AWS operation in words, from botocore's model, for the error that refuses a call's arguments.

In one line: `{Bucket: string, MaxKeys?: integer 1..1000, Filters?: [{Name?: string}]}`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

MAX_DEPTH = 3
MAX_ENUM = 12
MAX_MEMBERS = 40

_WORDS = {
    "integer": "integer",
    "long": "integer",
    "biginteger": "integer",
    "float": "number",
    "double": "number",
    "bigdecimal": "number",
    "boolean": "true or false",
    "timestamp": 'time such as "2026-11-01T00:00:00Z"',
    "blob": "base64 text",
}


def input_text(shape: Any, first: Collection[str] = (), most: int = 1500) -> str:
    """An operation's input: what it requires, then the members of `first`, then the others; cut to `most` characters.

    An optional member's name ends with "?".
    """
    if shape is None or not shape.members:
        return "no parameters"
    text = _structure(shape, 0, first)
    return text if len(text) <= most else f"{text[:most]} … (cut)"


def kind(shape: Any) -> str:
    """What kind of JSON value a shape takes, in a few words: "a list of strings", "an object"."""
    if shape.type_name == "list":
        return f"a list of {_plural(shape.member)}"
    if shape.type_name == "map":
        return "an object of names and values"
    if shape.type_name == "structure":
        return "an object"
    word = _WORDS.get(shape.type_name, "string")
    return word if word.startswith(("true", "base64")) else f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _plural(shape: Any) -> str:
    return {"list": "lists", "map": "objects", "structure": "objects"}.get(
        shape.type_name, f"{_WORDS.get(shape.type_name, 'string').split()[0]}s"
    )


def _text(shape: Any, depth: int) -> str:
    if shape.type_name == "structure":
        return _structure(shape, depth)
    if shape.type_name == "list":
        return f"[{_text(shape.member, depth)}]"
    if shape.type_name == "map":
        return f"{{NAME: {_text(shape.value, depth)}}}"
    enum = getattr(shape, "enum", None)
    if enum:
        more = f" or {len(enum) - MAX_ENUM} more" if len(enum) > MAX_ENUM else ""
        return " | ".join(enum[:MAX_ENUM]) + more
    word = _WORDS.get(shape.type_name, "string")
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if word in ("integer", "number") and highest is not None:
        return f"{word} {lowest if lowest is not None else ''}..{highest}"
    return word


def _structure(shape: Any, depth: int, first: Collection[str] = ()) -> str:
    if getattr(shape, "is_document_type", False):
        return "any JSON"
    if depth >= MAX_DEPTH:
        return "{…}"
    required = set(shape.required_members)
    names = sorted(shape.members, key=lambda name: (name not in required, name not in first))
    parts = [f"{name}{'' if name in required else '?'}: {_text(shape.members[name], depth + 1)}" for name in names]
    more = [f"… {len(parts) - MAX_MEMBERS} more"] if len(parts) > MAX_MEMBERS else []
    return f"{{{', '.join(parts[:MAX_MEMBERS] + more)}}}"
