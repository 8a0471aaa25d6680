"""A query, understood: the verb it asks for, and its concepts with all that each may mean."""

from __future__ import annotations

import difflib
import re
import sqlite3
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from shared.aws_operations.search.known_words import ARTICLES, LONGEST_PHRASE, Meaning, meanings, rewritings
from shared.aws_operations.search.tokens import STOPWORDS, WEAK, joined, split, stem
from shared.aws_operations.search.verbs import ASKING, CHANGES, LOOKING, ORDERING

MAX_WORDS = 24
_SHORTEST, _SHORTEST_JOINED = 4, 6
# Regions, ARNs and ids say which thing is meant, not which operation.
_NAMES = re.compile(r"(?i)\b[a-z]{2}(-[a-z]+)+-\d+\b|\barn:\S+|\b[a-z]{1,8}-[0-9a-f]{8,17}\b")
_COMPARED, _LENGTHS_APART = 3000, 2


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing a query speaks of: its stems as written, and what else they may mean. `weak`: it says little."""

    stems: tuple[str, ...]
    meanings: tuple[Meaning, ...] = ()
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """`verbs`: first words of names that fit the change that is asked for; none where something is looked at."""

    concepts: tuple[Concept, ...]
    verbs: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    corrected: dict[str, str] | None = None


def understand(database: sqlite3.Connection, text: str) -> Query:
    """Take a query apart; words that nothing has are taken for the most similar word that something has."""
    text = _NAMES.sub(" ", text)
    spelt, corrected = _spelt(database, [word for word in joined(split(text)) if not word.isdigit()][:MAX_WORDS])
    words = _rewritten([word for word in spelt if word not in ARTICLES])
    verbs: tuple[str, ...] = ()
    if spelt and (spelt[0] not in ASKING or " ".join(spelt[:2]) in ORDERING):
        first = next((word for word in words if word not in STOPWORDS), "")
        verbs = CHANGES.get(first, ())
        if verbs and _longest(words, words.index(first), meanings())[0] < 2:
            words.remove(first)
    concepts = tuple(_concepts(words))
    return Query(concepts, _meant_verbs(concepts) or verbs, frozenset(spelt), corrected)


def _rewritten(words: list[str]) -> list[str]:
    known = rewritings()
    found: list[str] = []
    at = 0
    while at < len(words):
        length, phrase = _longest(words, at, known)
        found += known[phrase] if length else [words[at]]
        at += length or 1
    return found


def _concepts(words: list[str]) -> Iterator[Concept]:
    known = meanings()
    at = 0
    while at < len(words):
        length, phrase = _longest(words, at, known)
        if length:
            yield Concept(phrase, known[phrase])
        elif words[at] not in LOOKING and words[at] not in STOPWORDS:
            yield Concept(phrase, weak=words[at] in WEAK)
        at += length or 1


def _longest(words: list[str], at: int, known: Container[tuple[str, ...]]) -> tuple[int, tuple[str, ...]]:
    """The longest phrase that begins here and is known, with its length; 0 and the word alone where none is."""
    stemmed = tuple(stem(word) for word in words[at : at + LONGEST_PHRASE])
    for length in range(len(stemmed), 0, -1):
        if stemmed[:length] in known:
            return length, stemmed[:length]
    return 0, stemmed[:1]


def _meant_verbs(concepts: Iterable[Concept]) -> tuple[str, ...]:
    """The verb that a phrase stands for, as "run the function" does for Invoke."""
    for concept in concepts:
        if concept.meanings and (verbs := CHANGES.get(concept.meanings[0].verb)):
            return verbs
    return ()


def _spelt(database: sqlite3.Connection, words: list[str]) -> tuple[list[str], dict[str, str]]:
    """The words with misspelt ones replaced and parted ones joined, and what was replaced."""
    corrected: dict[str, str] = {}
    found: list[str] = []
    at = 0
    while at < len(words):
        word, *after = words[at : at + 2]
        both = word + after[0] if after else ""
        if len(both) > _SHORTEST_JOINED and not _known(database, word) and _known(database, both):
            # "cloud watch", "dynamo db"
            found.append(both)
            at += 2
            continue
        if len(word) >= _SHORTEST and not _known(database, word) and (meant := _similar(database, word)):
            corrected[word] = meant
        found.append(corrected.get(word, word))
        at += 1
    return found, corrected


def _known(database: sqlite3.Connection, word: str) -> bool:
    if word in STOPWORDS or word in LOOKING or word in CHANGES or word in WEAK:
        return True
    return database.execute("select 1 from words where word = ?", (stem(word),)).fetchone() is not None


def _similar(database: sqlite3.Connection, word: str) -> str | None:
    """The word that is meant by one that nothing has, if one is near enough."""
    verbs = difflib.get_close_matches(word, (*LOOKING, *CHANGES), n=1, cutoff=0.85)
    if verbs:
        return verbs[0]
    parts = {word[at : at + 3] for at in range(len(word) - 2)}
    match = " OR ".join(map('"{}"'.format, sorted(parts)))
    rows = database.execute("select word from spelling where spelling match ? limit ?", (match, _COMPARED)).fetchall()
    near = [known for (known,) in rows if abs(len(known) - len(word)) <= _LENGTHS_APART]
    found = difflib.get_close_matches(word, near, n=1, cutoff=0.78)
    return found[0] if found else None
