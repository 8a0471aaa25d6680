"""The search index: tables of `operations.db`, made by `make operations`.

`entries` has a row per operation; `found` (FTS5, without the texts themselves) what it is found by; `words` every word
of names and services with the number of operations that have it; `spelling` the same words by three letters, for what
is misspelt.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from shared.aws_operations.search.known_words import USUAL, ServiceWords, known_phrases, service_words
from shared.aws_operations.search.tokens import split, stem, stems

SCHEMA = """
create table entries (id integer primary key, service text not null, name text not null, prior real not null);
create virtual table found using fts5(name, service, text, parts, content='', tokenize="ascii");
create table words (word text primary key, entries integer not null) without rowid;
create virtual table spelling using fts5(word, tokenize="trigram", detail="none");
"""
# How much a word counts by where it stands: the operation's name, its service, AWS's text, its arguments' names.
WEIGHTS = (8.0, 4.0, 2.0, 0.5)
_PLAIN_WORDS = ServiceWords(USUAL, "")


class Entry(NamedTuple):
    """What one operation is found by: `text` is AWS's, `parts` the names of its arguments and of what it answers."""

    service: str
    name: str
    title: str
    text: str
    parts: str
    prior: float


def write(database: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    """Fill the tables."""
    database.executescript(SCHEMA)
    words: Counter[str] = Counter()
    # As they are written, for the words of a query that nothing has.
    spellings = {word for phrase in known_phrases() for word in split(phrase)}
    for number, entry in enumerate(entries, start=1):
        names = f"{entry.title} {service_words().get(entry.service, _PLAIN_WORDS).words}"
        name, service = stems(entry.name), service_stems(entry.service, entry.title)
        columns = (name, service, stems(entry.text), sorted(set(stems(entry.parts))))
        words.update({*name, *service})
        spellings.update(split(f"{entry.name} {names}"), split(entry.service))
        database.execute("insert into entries values (?, ?, ?, ?)", (number, entry.service, entry.name, entry.prior))
        database.execute(
            "insert into found (rowid, name, service, text, parts) values (?, ?, ?, ?, ?)",
            (number, *(" ".join(column) for column in columns)),
        )
    words.update(dict.fromkeys({stem(word) for word in spellings} - set(words), 1))
    database.executemany("insert into words values (?, ?)", sorted(words.items()))
    database.executemany("insert into spelling values (?)", ((word,) for word in sorted(spellings) if len(word) > 3))
    database.execute("insert into found (found) values ('optimize')")


def prior(service: str, *, has_example: bool, has_required: bool, deprecated: bool) -> float:
    """How likely an operation is meant before a word is said: 0 to 1. What needs no argument can be called at once."""
    usual = service_words().get(service, _PLAIN_WORDS).prior / 3
    return max(0.0, 0.6 * usual + 0.2 * has_example + 0.2 * (not has_required) - 0.5 * deprecated)


def exactly(service: str) -> str:
    """The word that every operation of a service has, and no other."""
    return "of" + re.sub("[^a-z0-9]", "", service)


def service_stems(service: str, title: str) -> list[str]:
    """The stems of a service's name, title and other names, each once."""
    other = service_words().get(service, _PLAIN_WORDS).words
    return list(dict.fromkeys([exactly(service), *stems(f"{' '.join(split(service))} {title} {other}")]))
