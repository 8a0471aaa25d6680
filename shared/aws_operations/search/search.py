"""Finds the operations that words mean: `search("describe db instances")`.

Lexical: candidates come from an FTS5 index of names, services and AWS's texts; `ranking.py` puts them in order.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from shared.aws_operations.catalogue import FILE, services
from shared.aws_operations.facts_file import opened
from shared.aws_operations.levels import levels_of
from shared.aws_operations.search.index import WEIGHTS, exactly
from shared.aws_operations.search.known_words import Meaning
from shared.aws_operations.search.query import Concept, Query, understand
from shared.aws_operations.search.ranking import Candidate, Hit, rank
from shared.aws_operations.search.tokens import stem
from shared.messages import Effect

CANDIDATES = 200
_NAMED = 60
# A word that no name has: as rare as one that few have.
_UNKNOWN = 2000
_LOOKED_INTO = 40
_WEAK = 0.3


def search(
    text: str, *, service: str | None = None, allows: Callable[[Effect], bool] = lambda _: True, most: int = 5
) -> list[Hit]:
    """The operations that the words mean most likely, best first. `service` is botocore's name."""
    with opened(FILE) as database:
        query = understand(database, text)
        weights = _weights(database, query)
        candidates = [found for found in _candidates(database, query, service) if allows(found.effect)]
        # AWS's texts are looked into for the best alone: it takes as long as all the rest.
        best = [hit.candidate for hit in rank(query, weights, candidates)[:_LOOKED_INTO]]
        texts = [_in_text(database, concept, best) for concept in query.concepts]
    looked_into = [replace(found, in_text=tuple(found.number in text for text in texts)) for found in best]
    return rank(query, weights, looked_into)[:most]


def _candidates(database: sqlite3.Connection, query: Query, service: str | None) -> list[Candidate]:
    words = dict.fromkeys(word for concept in query.concepts for word in concept.stems)
    if not words:
        return []
    ranks = _ranked(database, _either(words), service)
    named = [
        _meant(meaning)
        for concept in query.concepts
        for meaning in concept.meanings
        if service in (None, meaning.service)
    ]
    strong = [word for concept in query.concepts if not concept.weak for word in concept.stems]
    if strong:
        named.append(_of(f"{{name service}} : ({_all(strong)})", service))
    for of in set(strong) & services().keys():
        if others := [word for word in strong if word != of]:
            named.append(_of(f"name : ({_either(others)})", of))
    for match in named:
        ranks = dict.fromkeys(_named(database, match), 0.0) | ranks
    best = max((-score for score in ranks.values()), default=0.0) or 1.0
    rows = database.execute(f"select id, service, name, prior from entries where id in ({_numbers(ranks)})")  # noqa: S608
    return [
        Candidate(
            number=number,
            service=of,
            name=name,
            effect=levels_of(of)[name].effect,
            prior=prior,
            lexical=-ranks[number] / best,
            in_text=(False,) * len(query.concepts),
        )
        for number, of, name, prior in rows
    ]


def _ranked(database: sqlite3.Connection, match: str, service: str | None) -> dict[int, float]:
    ranking = f"bm25(found, {', '.join(map(str, WEIGHTS))})"
    rows = database.execute(
        f"select rowid, {ranking} as score from found where found match ? order by score limit ?",  # noqa: S608 - constants
        (_of(match, service), CANDIDATES),
    )
    return dict(rows.fetchall())


def _named(database: sqlite3.Connection, match: str) -> list[int]:
    """The operations that match, shortest names first: they say least that is not asked for."""
    rows = database.execute(
        "select id from found join entries on id = found.rowid where found match ? "
        "order by length(entries.name) limit ?",
        (match, _NAMED),
    )
    return [number for (number,) in rows]


def _meant(meaning: Meaning) -> str:
    """What finds the operations that a meaning names."""
    stems = (*meaning.stems, *([stem(meaning.verb)] if meaning.verb else []))
    return f"name : ({_all(stems)}) AND service : {exactly(meaning.service)}"


def _in_text(database: sqlite3.Connection, concept: Concept, candidates: Sequence[Candidate]) -> frozenset[int]:
    """The candidates in whose text all of a concept's words stand."""
    within = _numbers(candidate.number for candidate in candidates)
    rows = database.execute(
        f"select rowid from found where found match ? and rowid in ({within})",  # noqa: S608 - numbers
        (f"text : ({_all(concept.stems)})",),
    )
    return frozenset(number for (number,) in rows)


def _weights(database: sqlite3.Connection, query: Query) -> list[float]:
    """How much each concept tells: the rarer its rarest word, the more."""
    total = int(database.execute("select max(id) from entries").fetchone()[0])
    weights = []
    for concept in query.concepts:
        marks = ",".join("?" * len(concept.stems))
        rows = database.execute(f"select entries from words where word in ({marks})", concept.stems)  # noqa: S608 - marks
        rarest = min((count for (count,) in rows), default=_UNKNOWN)
        weights.append(math.log(1 + total / (rarest + 20)) * (_WEAK if concept.weak else 1))
    return weights


def _either(words: Iterable[str]) -> str:
    return " OR ".join(map(_quoted, words))


def _all(words: Iterable[str]) -> str:
    return " ".join(map(_quoted, words))


def _of(match: str, service: str | None) -> str:
    return f"({match}) AND service : {exactly(service)}" if service else match


def _numbers(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers))


def _quoted(word: str) -> str:
    """A word for FTS5, whose operators are bare words. `split` leaves letters and digits alone."""
    return f'"{word}"'
