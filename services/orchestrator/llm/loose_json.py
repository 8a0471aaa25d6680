"""Reads JSON as models write it: fenced, several values in a row, trailing commas, Python's literals and quotes.

What is cut off is never completed: a value without its end is not read at all.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import JsonValue

MAX_CHARS = 64 * 1024

_DECODER = json.JSONDecoder(strict=False)  # line breaks within strings are common
_FENCE = re.compile(r"\A`{3,}[\w-]*\s*\n?(?P<body>.*?)\s*`{3,}\Z", re.DOTALL)
_BETWEEN = re.compile(r"[\s,;]*")
# One closing bracket too many, a fence's end or an end-of-turn token: nothing that could have carried a value.
_TAIL = re.compile(r"(?:[\s,;`}\]]|<\|\w+\|>|</s>)*\Z")
_TOKEN = re.compile(
    # A string without its end is one token too, else looking for the end would begin again at every quote.
    r'"(?:[^"\\]|\\.)*+(?:"|\Z)'
    r"|'(?P<single>(?:[^'\\]|\\.)*+)(?P<end>'|\Z)"
    r"|(?P<comma>,)(?=\s*[}\]])"
    r"|(?<![\w$])(?P<key>[A-Za-z_$][\w$]*+)(?=\s*:)"
    r"|\b(?P<word>True|False|None)\b",
    re.DOTALL,
)
_WORDS = {"True": "true", "False": "false", "None": "null"}


def read_values(text: str) -> list[JsonValue] | None:
    """All JSON values of the text, in order; None where anything in it is not JSON, not even loosely."""
    if len(text) > MAX_CHARS:
        return None
    text = unfenced(text)
    values = _sequence(text)
    return _sequence(mended(text)) if values is None else values


def decode(text: str, position: int) -> tuple[JsonValue, int] | None:
    """The JSON value that begins at `position`, and where it ends; None where none does."""
    try:
        found: tuple[Any, int] = _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError):
        return None
    return found


def mended(text: str) -> str:
    """The text with trailing commas left out, and Python's literals, quotes and bare keys as JSON has them."""
    return _TOKEN.sub(_mended, text)


def unfenced(text: str) -> str:
    """The text without a byte order mark and without the code fence around it."""
    text = text.strip().lstrip("\ufeff").strip()
    fence = _FENCE.match(text)
    return fence["body"].strip() if fence else text


def _mended(token: re.Match[str]) -> str:
    if token["comma"]:
        return ""
    if token["word"]:
        return _WORDS[token["word"]]
    if token["key"]:
        return json.dumps(token["key"])
    if token["single"] is not None and token["end"]:
        inner = token["single"].replace("\\'", "'")
        return '"' + re.sub(r'(?<!\\)"', r"\"", inner) + '"'
    return token[0]


def _sequence(text: str) -> list[JsonValue] | None:
    values: list[JsonValue] = []
    position = _end_of_gap(text, 0)
    while position < len(text):
        found = decode(text, position)
        if found is None:
            return values if values and _TAIL.match(text, position) else None
        value, end = found
        values.append(value)
        position = _end_of_gap(text, end)
    return values


def _end_of_gap(text: str, position: int) -> int:
    gap = _BETWEEN.match(text, position)
    return gap.end() if gap else position
