"""The tables in `words/`, parsed and stemmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from shared.aws_operations.search.tokens import split, stem, stems

FOLDER = Path(__file__).with_name("words")
USUAL = 1
LONGEST_PHRASE = 5


class ServiceWords(NamedTuple):
    """How often a service is meant (0 to 3), and what people call it and what it does."""

    prior: int
    words: str


class Meaning(NamedTuple):
    """What a phrase may mean: stems that an operation's name has, of one service or ("") of any."""

    stems: tuple[str, ...]
    service: str


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
            found[phrase_stems(phrase)] = meant
    return MappingProxyType(found)


def phrase_stems(phrase: str) -> tuple[str, ...]:
    """A phrase's stems, stopwords among them: "turn off" is told from "turn"."""
    return tuple(stem(word) for word in split(phrase))


def _meaning(alternative: str) -> Meaning:
    words, _, service = alternative.partition("@")
    return Meaning(tuple(stems(words)), service)


def _rows(name: str) -> Iterator[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return (line.split("\t") for line in lines if line and not line.startswith("#"))
