"""What a question is after, as both the choice of tools and the wording of answers need it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sandbox.model.entities import Named, name_tokens, names_in, prefix_in, regions_in
from sandbox.model.tokens import Token, read_message
from sandbox.model.types import JsonObject
from sandbox.model.vocabulary import word_set

_RUNNING = word_set("running up alive active online live")
_STOPPED = word_set("stopped off inactive idle halted offline")
_OTHER_STATES = word_set("pending stopping terminated")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_NUMBERS |= {"ten": 10, "eleven": 11, "twelve": 12, "couple": 2, "few": 3}
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}
_NUMBER = r"(\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|couple of|few)"


@dataclass(frozen=True)
class Focus:
    """A message's meaning in parts: concepts, plain words, names, regions, states, prefix."""

    tokens: tuple[Token, ...] = ()
    concepts: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    named: tuple[Named, ...] = ()
    regions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    prefix: str = ""
    text: str = ""
    documents: tuple[JsonObject, ...] = field(default=())
    broken_document: str = ""

    def has(self, *concepts: str) -> bool:
        """True when any of these concepts came up."""
        return bool(self.concepts & set(concepts))

    def says(self, *words: str) -> bool:
        """True when any of these words came up."""
        return bool(self.words & set(words))


def focus_of(text: str) -> Focus:
    """The focus of a whole message."""
    message = read_message(text)
    focus = focus_of_tokens(name_tokens(message), text)
    return Focus(**{**focus.__dict__, "documents": message.documents, "broken_document": message.broken_document})


def focus_of_tokens(tokens: tuple[Token, ...], text: str = "") -> Focus:
    """The focus of some tokens: a clause of a message."""
    words = [token for token in tokens if token.kind == "word"]
    return Focus(
        tokens=tokens,
        concepts=frozenset(token.concept for token in words if token.concept),
        words=frozenset(word for token in words for word in token.word.split()),
        named=tuple(names_in(tokens)),
        regions=tuple(regions_in(tokens)),
        states=_states(words),
        prefix=prefix_in(tokens),
        text=text or " ".join(token.text for token in tokens),
    )


def _states(words: list[Token]) -> tuple[str, ...]:
    found: list[str] = []
    for at, token in enumerate(words):
        after = words[at + 1].word if at + 1 < len(words) else ""
        negated = any(each.concept == "not" for each in words[max(0, at - 2) : at])
        if token.word in _RUNNING and not (token.word == "up" and after in ("to", "of", "a")):
            found.append("not-running" if negated else "running")
        elif token.word == "off" and [each.word for each in words[max(0, at - 2) : at]] == ["on", "or"]:
            continue  # "are they on or off": asks for the state
        elif token.word == "on" and at and words[at - 1].word in ("switched", "turned", "powered"):
            found.append("running")
        elif token.word in _STOPPED or token.word in ("shut down", "turned off", "switched off", "powered off"):
            found.append("running" if negated else "stopped")
        elif token.word in _OTHER_STATES:
            found.append(token.word)
        elif token.word == "non-running":
            found.append("not-running")
    if "not-running" in found:
        return ("pending", "stopping", "stopped", "shutting-down", "terminated")
    return tuple(dict.fromkeys(found))


def months_of(text: str) -> int | None:
    """How many months a cost question spans; None when it does not say."""
    lowered = text.lower()
    match = re.search(rf"{_NUMBER}[\s-]+(month|quarter|year|week|day)s?", lowered)
    if match:
        word = match.group(1).split()[0]
        count = int(word) if word.isdigit() else _NUMBERS[word]
        unit = match.group(2)
        months = {"month": count, "quarter": 3 * count, "year": 12 * count}.get(unit)
        return min(months, 12) if months else max(1, round(count * (7 if unit == "week" else 1) / 30))
    if re.search(r"half (a |of the |the )?year|half-year", lowered):
        return 6
    if re.search(r"\b(year|annual|annually|yearly)\b", lowered):
        return 12
    if re.search(r"\bquarter(ly)?\b", lowered):
        return 3
    return 1 if re.search(r"\bmonth\b", lowered) else None


def ordinal_of(focus: Focus) -> int | None:
    """The place in a list a message points at ("the second one", "#2", "the last"): zero-based, -1 is the last."""
    match = re.search(r"(?:#|number |no\. ?)(\d+)\b", focus.text.lower())
    if match:
        return int(match.group(1)) - 1
    match = re.search(r"\b(\d+)(?:st|nd|rd|th)\b", focus.text.lower())
    if match:
        return int(match.group(1)) - 1
    periods = r"month|year|quarter|week|day|time|\d|two|three|four|five|six|twelve|few"
    for word, place in _ORDINALS.items():
        if re.search(rf"\b{word}\b(?! (?:{periods}))", focus.text.lower()) and not (
            word == "first" and re.match(r"first\b,?", focus.text.lower())
        ):
            return place
    return None
