"""AWS's documentation as plain text."""

from __future__ import annotations

import html
import re

PURPOSE_CHARACTERS = 140
# A sentence may go on after these.
_ABBREVIATION = re.compile(r"\b(e\.g|i\.e|etc|vs|St|No|Inc|U\.S)\.$")


def plain(documentation: str) -> str:
    """Without tags and entities, in one line."""
    text = re.sub(r"<(note|important|caution|warning)>.*?</\1>", " ", documentation, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def purpose(documentation: str) -> str:
    """The first sentence, cut at `PURPOSE_CHARACTERS`."""
    text = plain(documentation)
    sentence = ""
    for part in re.split(r"(?<=[.!?]) (?=[A-Z(])", text):
        sentence = f"{sentence} {part}".strip()
        if not _ABBREVIATION.search(sentence):
            break
    sentence = re.sub(r" ([.,;:)])", r"\1", sentence)
    if len(sentence) <= PURPOSE_CHARACTERS:
        return sentence
    return sentence[: PURPOSE_CHARACTERS - 1].rsplit(" ", 1)[0].rstrip(" ,;:(") + "…"
