"""Removes from an answer what differs between two runs of the same product: ids, times, digests, secrets, ports.

What stays says as much as possible about the answer: an id becomes its kind and the name of the request in which it
first appeared, a time keeps its format with every digit 0.
"""

from __future__ import annotations

import re
from typing import Any

# Prefixes of this product's ids, which go on with 24 or 16 hexadecimal digits.
_ID = re.compile(r"(?<![A-Za-z0-9])(ses|cnv|trn|pln|grt|file|fnd)_(?:[0-9a-f]{24}|[0-9a-f]{16})(?![0-9a-f])")
_UNNAMED = (
    (re.compile(r"(?<![A-Za-z0-9])(req|aud)_[0-9a-f]{20,24}(?![0-9a-f])"), r"<\1>"),
    # The ticket of a link to the page, which opens the session.
    (re.compile(r"(/open\?link=)[A-Za-z0-9_-]{43}"), r"\1<ticket>"),
    (re.compile(r"(?<![A-Za-z0-9])call\.[0-9a-f]{20}(?![0-9a-f])"), "<call>"),
    # AWS's own: ids of roles and users, keys, a key that the audit log shortened.
    (re.compile(r"\b(AROA|AIDA)[A-Z0-9]{12,17}\b"), r"<\1>"),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), r"<\1>"),
    (re.compile(r"\b(AKIA|ASIA)…[A-Z0-9]{4}"), r"<\1>…"),
    # Digests: SHA-256 in hexadecimal, as of plans and audit entries, and in base64, as Lambda gives it.
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}="), "<sha256>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<uuid>"),
    # The model of the sandbox ends names that it makes up itself with six hexadecimal digits.
    (re.compile(r"\b(assistant-(?:[a-z0-9]+-)+)[0-9a-f]{6}\b"), r"\1<made up>"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    # The sandbox's costs depend on the day of the month; only they have four decimals.
    (re.compile(r"\b\d+\.\d{4}\b"), "0.0000"),
)
# Not 2012-10-17 and the like, which are versions.
_DATE = re.compile(r"\b20(?:2[4-9]|[3-9]\d)-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?")
_DIGIT = re.compile(r"\d")
# Counts and durations that depend on the machine, and tokens of texts with times in them.
_MEASURED = frozenset({"duration_ms", "prompt_tokens", "completion_tokens"})
_EPOCH = 1_600_000_000
# How many parts of a call other processes read: those that were idle then, on the processors that there are.
_BY_CHANCE = "parts"


class Normaliser:
    """Normalises the answers of one session, in their order; the same id becomes the same placeholder everywhere."""

    def __init__(self) -> None:
        self._literals: dict[str, str] = {}
        self._request, self._counts = "", dict[str, int]()

    def begin(self, request: str) -> None:
        """Name the request whose values come next: ids and the like that appear first in it are called after it."""
        self._request, self._counts = request, {}

    def learn(self, value: str, placeholder: str) -> None:
        """Replace this text by the placeholder from now on, wherever it stands."""
        self._literals[value] = placeholder

    def name(self, value: str, kind: str) -> str:
        """The placeholder of a value: its kind and the request it first appeared in, with a number from the second on.

        A number over all requests would change everywhere behind a request that is new or fails.
        """
        if value not in self._literals:
            self._counts[kind] = count = self._counts.get(kind, 0) + 1
            self.learn(value, f"<{kind}{f' {count}' if count > 1 else ''}: {self._request}>")
        return self._literals[value]

    def text(self, text: str) -> str:
        """The text without what is volatile."""
        for value, placeholder in self._literals.items():
            text = text.replace(value, placeholder)
        text = _ID.sub(lambda found: self.name(found[0], found[1]), text)
        text = _DATE.sub(lambda found: _DIGIT.sub("0", found[0]), text)
        for pattern, replacement in _UNNAMED:
            text = pattern.sub(replacement, text)
        return text

    def value(self, value: Any, key: str = "") -> Any:
        """A JSON value without what is volatile. Keys are visited sorted: their order changes no placeholder."""
        if isinstance(value, dict):
            there = (name for name in sorted(value) if name != _BY_CHANCE or not isinstance(value[name], int))
            return {self.text(name): self.value(value[name], name) for name in there}
        if isinstance(value, list):
            return [self.value(item, key) for item in _in_order(value)]
        if isinstance(value, str):
            return self._cursor(value) if key == "next_cursor" else self.text(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return 0 if key in _MEASURED or value > _EPOCH else value
        return value

    def _cursor(self, value: str) -> str:
        """A cursor is an id or opaque; an opaque one gets a name too, to be told in the request for the next page."""
        return self.text(value) if _ID.fullmatch(value) else self.name(value, "cursor")


def _in_order(items: list[Any]) -> list[Any]:
    """The list with what was done at the same time in a fixed order.

    Tools that a model calls together, and steps of a plan that do not need each other, end in any order; so steps of a
    turn, their events and their audit entries are sorted, each within its own group.
    """
    ordered: list[Any] = []
    group: list[Any] = []
    for item in items:
        if group and _group(item) != _group(group[0]):
            ordered += _sorted(group)
            group = []
        group.append(item)
    return ordered + _sorted(group)


def _group(item: Any) -> tuple[str, str] | None:
    """What an item may change its place with: items of the same group next to it. None: with nothing."""
    if not isinstance(item, dict):
        return None
    if "call_id" in item:
        return "steps of a turn", item["call_id"].rpartition(".")[0]
    if item.get("event") in ("step_started", "step"):
        return "events of steps", ""
    data = item.get("data")
    if "kind" in item and isinstance(data, dict):
        if item["kind"] in ("tool.called", "advisor.called") and data.get("turn_id"):
            return "calls of a turn", data["turn_id"]
        if item["kind"].startswith("step."):
            return "steps of a plan", data.get("plan_id", "")
    return None


def _sorted(group: list[Any]) -> list[Any]:
    if len(group) < 2 or _group(group[0]) is None:
        return group
    ordered = sorted(group, key=_place)
    if "seq" in group[0]:
        # A number in the log belongs to the place, not to the entry that happened to come first.
        return [entry | {"seq": at["seq"]} for entry, at in zip(ordered, group, strict=True)]
    return ordered


def _place(item: dict[str, Any]) -> tuple[bool, int, str]:
    """Beginnings first, then by the number of the call in its turn or the step of the plan; else as it was."""
    data = item.get("data") or {}
    number = str(item.get("call_id") or data.get("call_id") or "").rpartition(".")[2]
    return item.get("event") == "step", int(number) if number.isdigit() else 0, str(data.get("step_id", ""))
