"""Puts values of any shape into words: sizes, counts, lists, documents, and results of tools without an answer."""

import json
import re
from typing import Any

from sandbox.model.types import Focus, JsonObject

_MOST_ROWS = 100
_MOST_CHARACTERS = 6000

# An EC2 instance type in a text: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-types.html
INSTANCE_TYPE = re.compile(
    r"(?i)\b[a-z]{1,3}\d[a-z\d-]*\.(?:nano|micro|small|medium|large|\d*xlarge|metal(?:-\d+xl)?)\b"
)


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
    shown = "\n".join(f"- {line}" for line in lines[:_MOST_ROWS])
    more = len(lines) - _MOST_ROWS
    return shown + (f"\n- … and {more} more" if more > 0 else "")


def paragraphs(*parts: str) -> str:
    """The parts that are not empty, as paragraphs."""
    return "\n\n".join(part for part in parts if part)


def join(parts: list[str], last: str = "and") -> str:
    """Words joined as a person would: "a, b and c"."""
    return f" {last} ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def by_region(result: JsonObject) -> str:
    """How many there are in each region, where the result says so."""
    counts = result.get("by_region")
    told = [f"{name} {count}" for name, count in counts.items()] if isinstance(counts, dict) else []
    return f", by region: {', '.join(told)}" if told else ""


def by_state(result: JsonObject) -> str:
    """How many there are in each state, where the result says so."""
    counts = result.get("by_state")
    told = [f"{count} {name}" for name, count in counts.items() if count] if isinstance(counts, dict) else []
    return f" ({', '.join(told)})" if told else ""


def searched(result: JsonObject) -> str:
    """The regions that were searched, where the result says so."""
    regions = result.get("regions_searched")
    return f"\n\nRegions searched: {', '.join(regions)}." if isinstance(regions, list) and regions else ""


def by_age(found: list[JsonObject], key: str, focus: Focus) -> tuple[str, JsonObject]:
    """ "newest" or "oldest" and that row, where one of them is asked for; else nothing."""
    dated = sorted((row for row in found if row.get(key)), key=lambda row: str(row[key]))
    if not dated or not focus.has("newest", "oldest"):
        return "", {}
    return ("newest", dated[-1]) if focus.has("newest") else ("oldest", dated[0])


def objects_of(result: JsonObject, key: str) -> list[JsonObject]:
    """The rows of a result's list; what is no row is left out."""
    found = result.get(key)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def in_one_line(row: JsonObject) -> str:
    """A row's values that are no lists or objects, the first as what it is called."""
    first, *others = [(key, value) for key, value in row.items() if isinstance(value, (str, int, float))]
    told = ", ".join(f"{key.replace('_', ' ').strip()} {value}" for key, value in others)
    return f"{first[1]}: {told}" if told else str(first[1])


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
