"""Words for values of any shape: sizes, lists, and results of tools without an answer of their own."""

from __future__ import annotations

import json
from typing import Any

from sandbox.model.types import JsonObject

MOST_ROWS = 100
_MOST_CHARACTERS = 6000


def plural(count: object, noun: str) -> str:
    """ "1 bucket", "3 buckets", "2 policies"."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1] + 'ies' if noun.endswith('y') else noun + 's'}"


def size(row: JsonObject, key: str = "size") -> str:
    """A size in its human form with the exact bytes next to it."""
    human, exact = row.get(f"{key}_human"), row.get(f"{key}_bytes")
    if exact is None:
        return str(human) if human else "an unknown size"
    return f"{human} ({exact} bytes)" if human and human != f"{exact} B" else f"{exact} bytes"


def method_note(result: JsonObject) -> str:
    """How and when a figure was measured, where the tool says so."""
    method, as_of = result.get("method"), result.get("as_of")
    if not method and not as_of:
        return ""
    how = f"Measured by {method}" if method else "Measured"
    return f"\n\n{how}{f', as of {as_of}' if as_of else ''}."


def rows(lines: list[str]) -> str:
    """Lines as a list, cut where it would be endless (and saying so)."""
    shown = "\n".join(f"- {line}" for line in lines[:MOST_ROWS])
    more = len(lines) - MOST_ROWS
    return shown + (f"\n- … and {more} more" if more > 0 else "")


def join(parts: list[str]) -> str:
    """Words joined as a person would: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(counts: object) -> str:
    """A table of counts in words: "2 running, 1 stopped"."""
    if not isinstance(counts, dict):
        return ""
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def objects_of(result: JsonObject, key: str) -> list[JsonObject]:
    """The rows of a result's list; what is no row is left out."""
    found = result.get(key)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def describe_value(tool: str, result: JsonObject) -> str:
    """The result of a tool without its own wording, as readable JSON."""
    text = json.dumps(result, indent=2, ensure_ascii=False, default=str)
    if len(text) > _MOST_CHARACTERS:
        text = text[:_MOST_CHARACTERS] + "\n… (cut here)"
    return f"{tool} answered:\n```json\n{text}\n```"


def document(value: Any) -> str:
    """A policy document in a code block."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return f"```json\n{value}\n```"
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"
