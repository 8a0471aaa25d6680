"""The tables in `words/`, parsed and stemmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from shared.aws_operations.search.tokens import joined, split, stem, stems
from shared.aws_operations.search.verbs import CHANGES

FOLDER = Path(__file__).with_name("words")
USUAL = 1
LONGEST_PHRASE = 5
# Left out of phrases: "the disk", "our disk" and "disk" are one.
ARTICLES = frozenset(
    {
        "a", "all", "an", "any", "anybody", "anyone", "everybody", "everyone", "her", "his", "me", "my",
        "our", "please", "some", "somebody", "someone", "that", "the", "their", "these", "this", "those",
        "us", "your"
    }
)  # fmt: skip


class ServiceWords(NamedTuple):
    """How often a service is meant (0 to 3), and what people call it and what it does."""

    prior: int
    words: str


class Meaning(NamedTuple):
    """What a phrase may mean: stems that the name of an operation of a service has, and its verb where one is given."""

    stems: tuple[str, ...]
    service: str
    verb: str = ""


@lru_cache(maxsize=1)
def service_words() -> Mapping[str, ServiceWords]:
    return MappingProxyType({row[0]: ServiceWords(int(row[1]), row[2]) for row in _rows("services.tsv")})


@lru_cache(maxsize=1)
def meanings() -> Mapping[tuple[str, ...], tuple[Meaning, ...]]:
    """What each phrase, as stems, may mean besides itself."""
    found: dict[tuple[str, ...], tuple[Meaning, ...]] = {}
    for phrases, alternatives in _rows("synonyms.tsv"):
        meant = tuple(_meaning(alternative) for alternative in alternatives.split(" | "))
        for phrase in phrases.split(", "):
            found[tuple(phrase_stems(phrase))] = meant
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def rewritings() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """The words that a phrase, as stems, is to be read as: "turn off" as "stop"."""
    return MappingProxyType(
        {
            tuple(phrase_stems(phrase)): tuple(split(words))
            for phrases, words in _rows("rewritings.tsv")
            for phrase in phrases.split(", ")
        }
    )


def known_phrases() -> Iterator[str]:
    """Every phrase of the tables, as it is written."""
    for name in ("synonyms.tsv", "rewritings.tsv"):
        for phrases, _ in _rows(name):
            yield from phrases.split(", ")


def phrase_stems(phrase: str) -> list[str]:
    """A phrase's stems, stopwords among them ("turn off" is told from "turn"), and articles not."""
    return [stem(word) for word in joined(split(phrase)) if word not in ARTICLES]


def _meaning(alternative: str) -> Meaning:
    words, _, service = alternative.partition("@")
    first, *rest = words.split()
    if first in CHANGES:
        return Meaning(tuple(stems(" ".join(rest))), service, first)
    return Meaning(tuple(stems(words)), service)


def _rows(name: str) -> Iterator[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return (line.split("\t") for line in lines if line and not line.startswith("#"))
