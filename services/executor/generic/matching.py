"""Whether what AWS shows is what was asked for: AWS writes the same value in many ways.

It answers policies with other white space, one-element lists as their element, lists in another order, numbers and
switches as text, names of domains with a dot at their end, and leaves defaults in that nobody asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.iam.policy_json import NotJson, load_json

MAX_DEPTH = 40


def plain(value: Any, depth: int = 0) -> Any:
    """A value in the one form in which two of the same meaning are equal; members without a value are left out."""
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, str):
        return _text(value, depth)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item, depth + 1) for name, item in value.items() if item is not None}
    if isinstance(value, Sequence):
        items = [plain(item, depth + 1) for item in value]
        return items[0] if len(items) == 1 else sorted(items, key=canonical)
    return value


def canonical(value: Any) -> str:
    """The value as text, the same for equal values."""
    return json.dumps(value, sort_keys=True, default=str)


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same; an empty one and none do."""
    return bool(plain(_none_if_empty(one)) == plain(_none_if_empty(other)))


def includes(shown: Any, asked: Any) -> bool:
    """Whether a value has what was asked for: of an object the asked members, of a list all asked elements."""
    return _includes(plain(shown), plain(asked), exact_lists=False)


def equals(shown: Any, asked: Any) -> bool:
    """Whether a value is what was asked for: of an object the asked members, of a list exactly the asked elements."""
    return _includes(plain(shown), plain(asked), exact_lists=True)


def meets(shown: Any, asked: Any) -> bool:
    """Whether an element has the asked members, and of each asked list any element: a rule with one of the ranges."""
    if isinstance(asked, Mapping) and isinstance(shown, Mapping):
        return all(name in shown and meets(shown[name], item) for name, item in asked.items() if item is not None)
    if isinstance(asked, list):
        return not asked or any(
            _includes(plain(one), plain(wanted), exact_lists=False) for one in elements(shown) for wanted in asked
        )
    return _includes(plain(shown), plain(asked), exact_lists=False)


def elements(value: Any) -> list[Any]:
    """A list as it is, one value as a list, none as an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def mentions(value: Any, wanted: str, depth: int = 0) -> bool:
    """Whether a document, also as text, has exactly this text as a value somewhere."""
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, str):
        parsed = _parsed(value)
        return value == wanted or (parsed is not None and mentions(parsed, wanted, depth + 1))
    if isinstance(value, Mapping):
        return any(mentions(item, wanted, depth + 1) for item in value.values())
    return isinstance(value, list) and any(mentions(item, wanted, depth + 1) for item in value)


def is_empty(value: Any) -> bool:
    """Whether there is nothing: also where all members of an object are none."""
    if isinstance(value, Mapping):
        return all(is_empty(item) for item in value.values())
    return value is None or value in ("", [])


def _includes(shown: Any, asked: Any, *, exact_lists: bool) -> bool:
    if isinstance(asked, Mapping):
        if not isinstance(shown, Mapping):
            return False
        return all(
            name in shown and _includes(shown[name], item, exact_lists=exact_lists) for name, item in asked.items()
        )
    if isinstance(asked, list) or isinstance(shown, list):
        ours, theirs = elements(asked), elements(shown)
        if exact_lists and len(ours) != len(theirs):
            return False
        return all(any(_includes(one, wanted, exact_lists=exact_lists) for one in theirs) for wanted in ours)
    return bool(shown == asked)


def _text(value: str, depth: int) -> Any:
    parsed = _parsed(value)
    if parsed is not None:
        return plain(parsed, depth + 1)
    lower = value.lower()
    return lower if lower in ("true", "false") else value.removesuffix(".")


def _parsed(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return load_json(text)
    except NotJson:
        return None


def _none_if_empty(value: Any) -> Any:
    return None if is_empty(value) else value
