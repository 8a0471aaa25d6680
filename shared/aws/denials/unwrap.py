"""The text of an error out of what stands around it: JSON, XML, an exception of a program, a broken line."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

_TAGS = re.compile(r"<(/?)([A-Za-z][\w:.-]{0,60})>")
_MAX_DEPTH = 20
# Of CloudTrail's event and of a decoded authorization message, in the words that error messages have.
_NAMES = {
    "eventname": "operation",
    "eventsource": "service",
    "errorcode": "error",
    "__type": "error",
    "action": "action",
    "resource": "resource",
    "explicitdeny": "explicit deny",
}
# Of an event: what the caller wrote, and not AWS.
_BY_CALLER = {"requestparameters", "responseelements", "useragent", "additionaleventdata", "conditions"}
_PRINCIPALS = {"useridentity", "principal"}


def plain_text(message: str) -> str:
    """The message as one line of text; a JSON document as `name: value; name: value`."""
    text = message.strip()
    value = _json(text)
    if value is not None:
        text = "; ".join(_pairs(value, 0))
    if "<" in text and "</" in text:
        text = _TAGS.sub(lambda found: "; " if found[1] else f"{found[2]}: ", text)
    text = html.unescape(text).replace('\\"', '"').replace("\\n", " ").replace("\\t", " ")
    # Boxes that terminals draw around an error.
    return " ".join(re.sub(r"[│╷╵|]", " ", text).split())


def _json(text: str) -> Any:
    """The value of JSON text, also where it begins within the first line; None where there is none."""
    start = text.find("{")
    if start < 0 or text[:start].strip(" \n\t'\"`"):
        return None
    try:
        return json.JSONDecoder().raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None


def _pairs(value: Any, depth: int, name: str = "", parent: str = "") -> Iterator[str]:
    if depth > _MAX_DEPTH or name.lower() in _BY_CALLER:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _pairs(item, depth + 1, str(key), name)
    elif isinstance(value, list):
        for item in value:
            yield from _pairs(item, depth + 1, name, parent)
    elif isinstance(value, str) and value.lstrip().startswith("{") and (inner := _json(value)) is not None:
        yield from _pairs(inner, depth + 1, name, parent)
    elif value is not None:
        yield f"{_label(name, parent)}: {_written(name, value)}"


def _label(name: str, parent: str) -> str:
    if name.lower() == "arn":
        return "principal" if parent.lower() in _PRINCIPALS else f"arn of {parent}"
    return _NAMES.get(name.lower(), name)


def _written(name: str, value: object) -> str:
    """A value; a resource in quotation marks, since its name may have spaces."""
    if isinstance(value, bool):
        return json.dumps(value)
    return f'"{value}"' if name.lower() == "resource" else str(value)
