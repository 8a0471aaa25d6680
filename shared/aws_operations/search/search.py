"""Finds the operations that words mean: `search("describe db instances")`.

Lexical: candidates come from an FTS5 index of names, services and AWS's texts; they are ranked by how much of the query
their name and service cover, how little else their name says, whether they look or change as the query does, and how
often they are meant at all.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from shared.aws_operations.catalogue import connect, services
from shared.aws_operations.levels import levels_of
from shared.aws_operations.search.index import WEIGHTS, _service_stems
from shared.aws_operations.search.query import Concept, Query, understand
from shared.aws_operations.search.tokens import split, stem
from shared.messages import Effect

CANDIDATES = 300
_MEANT, _OF_SERVICE, _IN_TEXT = 0.9, 0.75, 0.35
_LOOKING_VERBS = frozenset({"list", "describe", "get", "search", "lookup", "filter", "batch"})


@dataclass(frozen=True, slots=True)
class Hit:
    """One operation with its score, and the share of the query that its name and service cover, 0 to 1."""

    service: str
    name: str
    score: float
    covered: float


def search(
    text: str, *, service: str | None = None, allows: Callable[[Effect], bool] = lambda _: True, most: int = 5
) -> list[Hit]:
    """The operations that the words mean most likely, best first. `service` is botocore's name."""
    with connect() as database:
        query = understand(database, text)
        rows = _candidates(database, query, service)
        total = int(database.execute("select count(*) from entries").fetchone()[0])
        weights = _weights(database, query, total)
    ranked = sorted(
        (
            _hit(query, weights, candidate)
            for candidate in rows
            if allows(_effect(candidate.service, candidate.name))
        ),
        key=lambda hit: (-hit.score, hit.service, hit.name),
    )
    return ranked[:most]


@dataclass(frozen=True, slots=True)
class _Candidate:
    service: str
    name: str
    prior: float
    rank: float


def _candidates(database: sqlite3.Connection, query: Query, service: str | None) -> list[_Candidate]:
    words = dict.fromkeys(stem for concept in query.concepts for stem in _stems(concept))
    if not words:
        return []
    match = " OR ".join(f'"{word}"' for word in words)
    if service:
        match = f'({match}) AND service : "{service}"'
    ranked = database.execute(
        f"select rowid, bm25(found, {', '.join(map(str, WEIGHTS))}) as rank from found where found match ? "  # noqa: S608
        "order by rank limit ?",
        (match, CANDIDATES),
    ).fetchall()
    ranks = dict(ranked)
    for concept in query.concepts:
        for meaning in concept.meanings:
            ranks |= {number: ranks.get(number, 0.0) for number in _meant(database, meaning.stems, meaning.service)}
    best = max((-rank for rank in ranks.values()), default=1.0) or 1.0
    marks = ",".join("?" * len(ranks))
    rows = database.execute(f"select id, service, name, prior from entries where id in ({marks})", list(ranks))  # noqa: S608
    return [_Candidate(of, name, prior, -ranks[number] / best) for number, of, name, prior in rows]


def _meant(database: sqlite3.Connection, stems: Iterable[str], service: str) -> list[int]:
    match = " AND ".join([f'name : "{word}"' for word in stems] + ([f'service : "{service}"'] if service else []))
    return [number for (number,) in database.execute("select rowid from found where found match ? limit 60", (match,))]


def _stems(concept: Concept) -> Iterable[str]:
    yield from concept.stems


def _weights(database: sqlite3.Connection, query: Query, total: int) -> list[float]:
    """How much each concept tells: the rarer its words, the more."""
    weights = []
    for concept in query.concepts:
        marks = ",".join("?" * len(concept.stems))
        rows = database.execute(f"select entries from words where word in ({marks})", concept.stems).fetchall()  # noqa: S608
        rarest = min((count for (count,) in rows), default=2000)
        weights.append(math.log(1 + total / (rarest + 20)))
    return weights


def _hit(query: Query, weights: list[float], candidate: _Candidate) -> Hit:
    name = _name_stems(candidate.name)
    of_service = _words_of(candidate.service)
    verb, nouns = name[0], name[1:] or name
    covered, used = 0.0, set()
    for concept, weight in zip(query.concepts, weights, strict=True):
        share, words = _coverage(concept, candidate.service, frozenset(name), of_service)
        covered += share * weight
        used |= words
    covered /= sum(weights) or 1.0
    spare = sum(word not in used and word not in of_service for word in nouns) / len(nouns)
    effect = _effect(candidate.service, candidate.name)
    fits = _fit(query, verb, effect)
    score = 3.0 * covered + 0.8 * candidate.rank - 0.7 * spare + 0.5 * candidate.prior + fits
    return Hit(candidate.service, candidate.name, score, covered)


def _coverage(
    concept: Concept, service: str, name: frozenset[str], of_service: frozenset[str]
) -> tuple[float, frozenset[str]]:
    """How well an operation has a concept, 0 to 1, and with which words of its name."""
    in_name = name.intersection(concept.stems)
    best = len(in_name) / len(concept.stems)
    words = in_name
    in_service = len(of_service.intersection(concept.stems)) / len(concept.stems) * _OF_SERVICE
    best = max(best, in_service, (len(name.union(of_service).intersection(concept.stems)) / len(concept.stems)) * 0.85)
    for position, meaning in enumerate(concept.meanings):
        if meaning.service in ("", service) and name.issuperset(meaning.stems):
            value = _MEANT - 0.05 * position
            if value > best or (value == best and len(meaning.stems) > len(words)):
                best, words = value, frozenset(meaning.stems) | in_name
    return best, words


def _fit(query: Query, verb: str, effect: Effect) -> float:
    """Whether an operation looks or changes as the query does."""
    if query.verbs:
        if verb in query.verbs:
            return 0.9 - 0.15 * query.verbs.index(verb)
        return -0.6 if not effect.is_change or effect is Effect.SENSITIVE_READ else -0.2
    if effect in (Effect.LIST, Effect.READ):
        # "describe" where AWS says "list" is no difference; what the query says itself is one.
        return 0.25 + 0.1 * (verb in query.words) - 0.15 * (verb == "batch")
    return -0.2 if effect is Effect.SENSITIVE_READ else -0.6


def _effect(service: str, name: str) -> Effect:
    return levels_of(service)[name].effect


@lru_cache(maxsize=8192)
def _name_stems(name: str) -> tuple[str, ...]:
    first, *rest = split(name)
    return (first, *(stem(word) for word in rest))


@lru_cache(maxsize=512)
def _words_of(service: str) -> frozenset[str]:
    return frozenset(_service_stems(service, services()[service].title))
