"""Makes a message's focus: what it is about, as the choice of tools and the wording of answers need it."""

import re
from dataclasses import replace

from sandbox.model.reading.names import name_tokens, names_in, prefix_in, regions_in
from sandbox.model.reading.tokens import read_message
from sandbox.model.reading.vocabulary import TOPICS, word_set
from sandbox.model.types import Focus, Token

_RUNNING = word_set("running up alive active online live")
_STOPPED = word_set("stopped off inactive idle halted offline")
_OTHER_STATES = word_set("pending stopping terminated")
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}


def focus_of(text: str) -> Focus:
    """The focus of a whole message."""
    tokens, documents, broken = read_message(text)
    focus = focus_of_tokens(name_tokens(tokens), text)
    return replace(focus, documents=tuple(documents), broken_document=broken)


def focus_of_tokens(tokens: tuple[Token, ...], text: str = "") -> Focus:
    """The focus of some tokens: a clause of a message."""
    words = [token for token in tokens if token.kind == "word"]
    concepts = frozenset(token.concept for token in words if token.concept)
    return Focus(
        tokens=tokens,
        concepts=concepts,
        topics=concepts & TOPICS,
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


def ordinal_of(focus: Focus) -> int | None:
    """The place in a list a message points at ("the second one", "#2", "the last"): zero-based, -1 is the last."""
    text = focus.text.lower()
    number = re.search(r"(?:#|number |no\. ?)(\d+)\b", text) or re.search(r"\b(\d+)(?:st|nd|rd|th)\b", text)
    if number:
        return int(number.group(1)) - 1
    periods = r"month|year|quarter|week|day|time|\d|two|three|four|five|six|twelve|few"
    text = text.removeprefix("first")
    said = (place for word, place in _ORDINALS.items() if re.search(rf"\b{word}\b(?! (?:{periods}))", text))
    return next(said, None)
