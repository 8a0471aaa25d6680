"""Puts candidates in order: by how much of the query an operation's name and service cover, how little else its name
says, whether it looks or changes as the query does, and how often it is meant at all.

The figures were set by hand on the two sets of questions in `tests/evaluation/search` that tuning may look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from shared.aws_operations.catalogue import services
from shared.aws_operations.search.index import service_stems
from shared.aws_operations.search.query import Concept, Query
from shared.aws_operations.search.tokens import joined, split, stem, stems
from shared.messages import Effect

COVERED, LEXICAL, SPARE, PRIOR = 3.0, 0.1, 0.8, 0.6
# How well an operation has a concept: by what a table says people mean, the next meanings a little less; by its service
# alone; by AWS's text alone. By its name it is 1.
_MEANT, _NEXT_MEANING, _OF_SERVICE, _IN_TEXT = 1.05, 0.05, 0.75, 0.3
# "users" means ListUsers, not GetUser.
_PLURAL = 0.12
_BEFORE_VERBS, _PREFIXED = ("admin", "batch"), 0.15
# A part of a phrase that a table knows says less than a part of two words that merely stand together.
_PART = 0.6


@dataclass(frozen=True, slots=True)
class Candidate:
    """`lexical`: bm25, 1 for the best. `in_text`: for each concept of the query, whether AWS's text has it."""

    number: int
    service: str
    name: str
    effect: Effect
    prior: float
    lexical: float
    in_text: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One operation with its score, and the share of the query that its name and service cover, 0 to about 1."""

    candidate: Candidate
    score: float
    covered: float

    @property
    def service(self) -> str:
        return self.candidate.service

    @property
    def name(self) -> str:
        return self.candidate.name


def rank(query: Query, weights: Sequence[float], candidates: Sequence[Candidate]) -> list[Hit]:
    """Best first."""
    hits = [_hit(query, weights, candidate) for candidate in candidates]
    return sorted(hits, key=lambda hit: (-hit.score, hit.service, hit.name))


def _hit(query: Query, weights: Sequence[float], candidate: Candidate) -> Hit:
    verb, nouns, plurals = _parts(candidate.name)
    # Where something is looked at, a word of the query is no verb: "running instances" are no RunInstances.
    name = nouns | {stem(verb)} if query.verbs or not nouns else nouns
    words_of = _words_of(candidate.service)
    covered = 0.0
    used: set[str] = set()
    for concept, weight, in_text in zip(query.concepts, weights, candidate.in_text, strict=True):
        share, words = _literally(concept, name, words_of)
        meant, meant_words = _as_meant(concept, candidate.service, verb, nouns)
        if meant > share:
            share, words = meant, words | meant_words
        covered += max(share, _IN_TEXT * in_text) * weight
        used |= words
    covered /= sum(weights) or 1.0
    spare = len(nouns - used - words_of.title) / (len(nouns) or 1)
    score = (
        COVERED * covered
        + LEXICAL * candidate.lexical
        - SPARE * spare
        + PRIOR * candidate.prior
        + _fit(query, verb, candidate)
        + _PLURAL * bool(plurals & query.words)
    )
    return Hit(candidate, score, covered)


def _literally(concept: Concept, name: frozenset[str], words_of: _ServiceWords) -> tuple[float, frozenset[str]]:
    """How well an operation has a concept's own words, and which of them its name has."""
    size = len(concept.stems)
    in_name = name.intersection(concept.stems)
    in_service = words_of.every.intersection(concept.stems)
    if concept.stems == words_of.own:
        return 1.0, in_name
    share = max(len(in_name), _OF_SERVICE * len(in_service), 0.85 * len(in_name | in_service)) / size
    return (share * _PART if share < 1 and concept.meanings else share), in_name


def _as_meant(concept: Concept, service: str, verb: str, nouns: frozenset[str]) -> tuple[float, frozenset[str]]:
    """How well an operation is what a table says that people mean by a concept, and by which words of its name."""
    name = nouns | {stem(verb)}
    for position, meaning in enumerate(concept.meanings):
        if meaning.service == service and meaning.verb in ("", verb) and name.issuperset(meaning.stems):
            return _MEANT - _NEXT_MEANING * position, frozenset(meaning.stems)
    return 0.0, frozenset()


def _fit(query: Query, verb: str, candidate: Candidate) -> float:
    """Whether an operation looks or changes as the query does."""
    effect = candidate.effect
    # BatchGetItem is rarely meant where there is a GetItem.
    prefixed = _PREFIXED * candidate.name.startswith(("Batch", "Admin"))
    if query.verbs:
        if verb in query.verbs:
            return 0.9 - 0.15 * query.verbs.index(verb) - prefixed
        return -0.6 if effect in (Effect.LIST, Effect.READ, Effect.SENSITIVE_READ) else -0.2
    if effect in (Effect.LIST, Effect.READ):
        # "describe" where AWS says "list" is no difference; what the query says itself is one.
        return 0.25 + 0.1 * (verb in query.words) - prefixed
    return (-0.2 if effect is Effect.SENSITIVE_READ else -0.8) - prefixed


@lru_cache(maxsize=8192)
def _parts(name: str) -> tuple[str, frozenset[str], frozenset[str]]:
    """An operation's verb, unstemmed, the stems of the rest of its name, and the plurals in it, unstemmed.

    AdminCreateUser creates a user.
    """
    first, *rest = joined(split(name))
    if first in _BEFORE_VERBS and len(rest) > 1:
        first, *rest = rest
    return first, frozenset(map(stem, rest)), frozenset(word for word in rest if word.endswith("s"))


class _ServiceWords(NamedTuple):
    """The stems of all that a service is called, of its name and title alone, and its name where that is one word."""

    every: frozenset[str]
    title: frozenset[str]
    own: tuple[str, ...]


@lru_cache(maxsize=512)
def _words_of(service: str) -> _ServiceWords:
    title = services()[service].title
    own = stems(service)
    return _ServiceWords(
        every=frozenset(service_stems(service, title)),
        title=frozenset([*own, *stems(title)]),
        own=tuple(own) if len(own) == 1 else (),
    )
