"""Finds the types that words mean: `search("postgres database")`.

The words are understood as those of operations are (`shared/aws_operations/search`): misspelt ones mended, and what
people say put into AWS's nouns. Each type is then judged by how much of the query its name, its service and its purpose
have; rare words count more.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from shared.aws_operations import catalogue as operations
from shared.aws_operations.facts_file import opened
from shared.aws_operations.search.query import Concept, Query, understand
from shared.aws_operations.search.tokens import split
from shared.aws_operations.search.tokens import stem as stem_of
from shared.resource_types.catalogue import FILE

# How much a word counts by where it is found.
_IN_NAME, _CALLED, _IS_SERVICE, _IN_SERVICE, _IN_TEXT = 1.0, 0.95, 0.9, 0.55, 0.2
# What people say is put into AWS's nouns, the likeliest first.
_MEANT = (1.1, 0.9, 0.8)
_WEAK = 0.3
_PRIOR, _NOT_ASKED = 0.12, 0.2
_ORDERS = frozenset({"add", "build", "change", "create", "delete", "edit", "make", "put", "remove", "set", "update"})
# A word that no type has is as rare as one of few.
_UNKNOWN = 3


class Entry(NamedTuple):
    """What one type is found by; `service` is botocore's name of its service, where that has one."""

    name: str
    service: str
    of_name: tuple[str, ...]
    also: frozenset[str]
    of_service: frozenset[str]
    of_text: frozenset[str]
    prior: float


def search(text: str, most: int = 6) -> list[str]:
    """The names of the types that the words mean most likely, best first; none where none has any of the words."""
    with opened(operations.FILE) as database:
        query = understand(database, text)
    concepts = (*query.concepts, *_verbs(text, query))
    weights = [_weight(concept) for concept in concepts]
    scored = [(score, entry.name) for entry in _entries() if (score := _score(entry, concepts, weights)) > 0]
    return [name for _, name in sorted(scored, key=lambda one: (-one[0], len(one[1]), one[1]))[:most]]


def _verbs(text: str, query: Query) -> Iterator[Concept]:
    """The first word where it was read as a verb: "schedule" and "launch template" are things here."""
    heard = {stem for concept in query.concepts for stem in concept.stems}
    first = next(split(text), "")
    if first not in _ORDERS and stem_of(first) not in heard and stem_of(first) in _rarity():
        yield Concept((stem_of(first),))


def _score(entry: Entry, concepts: Sequence[Concept], weights: Sequence[float]) -> float:
    matched = [_match(entry, concept) for concept in concepts]
    found = sum(weight * share for weight, share in zip(weights, matched, strict=True))
    if not found:
        return 0.0
    asked = {stem for concept in concepts for stem in concept.stems}
    asked |= {stem for concept in concepts for meaning in concept.meanings for stem in meaning.stems}
    besides = sum(stem not in asked for stem in entry.of_name) / max(len(entry.of_name), 1)
    return found / (sum(weights) or 1) + _PRIOR * entry.prior - _NOT_ASKED * besides


def _match(entry: Entry, concept: Concept) -> float:
    """How much of a concept the entry has, 0 to 1."""
    own = sum(_of_stem(entry, stem) for stem in concept.stems) / len(concept.stems)
    meant = 0.0
    for number, meaning in enumerate(concept.meanings[: len(_MEANT)]):
        if meaning.service == entry.service and meaning.stems and set(meaning.stems) <= set(entry.of_name):
            meant = max(meant, _MEANT[number])
    return max(own, meant)


def _of_stem(entry: Entry, stem: str) -> float:
    if stem in entry.of_name:
        return _IN_NAME
    if stem in entry.also:
        return _CALLED
    if stem == stem_of(entry.service):
        return _IS_SERVICE
    if stem in entry.of_service:
        return _IN_SERVICE
    return _IN_TEXT if stem in entry.of_text else 0.0


def _weight(concept: Concept) -> float:
    rarest = min((_rarity().get(stem, _UNKNOWN) for stem in concept.stems), default=_UNKNOWN)
    return math.log(1 + len(_entries()) / (rarest + 10)) * (_WEAK if concept.weak else 1)


@lru_cache(maxsize=1)
def _rarity() -> Mapping[str, int]:
    """In how many names and services each stem is."""
    return Counter(stem for entry in _entries() for stem in {*entry.of_name, *entry.of_service})


@lru_cache(maxsize=1)
def _entries() -> tuple[Entry, ...]:
    with opened(FILE) as database:
        rows = database.execute(
            "select name, service, of_name, also, of_service, of_text, prior from entries"
        ).fetchall()
    return tuple(_entry(*row) for row in rows)


def _entry(name: str, service: str, of_name: str, also: str, of_service: str, of_text: str, prior: float) -> Entry:
    called, within, told = (frozenset(column.split()) for column in (also, of_service, of_text))
    return Entry(name, service, tuple(of_name.split()), called, within, told, prior)
