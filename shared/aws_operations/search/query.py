"""A query, understood: the verb it asks for, and its concepts with all that each may mean."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from shared.aws_operations.search.known_words import LONGEST_PHRASE, Meaning, meanings
from shared.aws_operations.search.tokens import STOPWORDS, split, stem

MAX_WORDS = 24
# Words that ask to see something, and are no part of what is asked for.
LOOKING = frozenset("list describe get show see view read display look lookup check count number name print fetch".split())
# The verb of a change as people say it → the first words of AWS's names for it.
_CHANGES = {
    "create": "create make run register put allocate request",
    "make": "create",
    "add": "add create put attach authorize associate register tag",
    "launch": "run create launch start",
    "delete": "delete remove deregister terminate revoke release",
    "remove": "remove delete detach revoke deregister untag",
    "destroy": "delete terminate",
    "drop": "delete",
    "update": "update modify put set change",
    "change": "change modify update set put",
    "modify": "modify update put",
    "edit": "modify update put",
    "set": "set put modify update",
    "configure": "put modify update set configure",
    "start": "start run execute",
    "run": "run start invoke execute",
    "invoke": "invoke",
    "execute": "execute start run invoke",
    "stop": "stop cancel pause",
    "cancel": "cancel stop",
    "terminate": "terminate delete",
    "reboot": "reboot restart",
    "enable": "enable put start",
    "disable": "disable put stop",
    "attach": "attach associate",
    "detach": "detach disassociate",
    "associate": "associate attach",
    "disassociate": "disassociate detach",
    "tag": "tag add create",
    "untag": "untag remove delete",
    "copy": "copy",
    "restore": "restore",
    "rotate": "rotate",
    "purge": "purge",
    "put": "put",
    "send": "send publish",
    "publish": "publish",
    "upload": "put upload",
    "grant": "grant put authorize attach",
    "revoke": "revoke",
    "authorize": "authorize",
    "schedule": "schedule create put",
    "import": "import",
    "export": "export",
    "release": "release",
    "allocate": "allocate",
    "assign": "assign attach associate",
    "increase": "increase modify update request",
    "scale": "update set modify",
    "detect": "detect",
    "generate": "generate",
    "encrypt": "encrypt",
    "decrypt": "decrypt",
    "subscribe": "subscribe",
    "unsubscribe": "unsubscribe",
    "block": "put",
    "replace": "replace",
    "reset": "reset",
    "resume": "resume start",
    "suspend": "suspend stop",
    "move": "move",
    "deploy": "create deploy",
}


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing a query speaks of: its stems as written, and what else they may mean."""

    stems: tuple[str, ...]
    meanings: tuple[Meaning, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """`verbs`: first words of names that fit the change that is asked for; none where something is looked at."""

    concepts: tuple[Concept, ...]
    verbs: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    corrected: dict[str, str] | None = None


def understand(database: sqlite3.Connection, text: str) -> Query:
    """Take a query apart; words that nothing has are taken for the most similar word that something has."""
    words = list(split(text))[:MAX_WORDS]
    spelt, corrected = _spelt(database, words)
    verbs = _verbs(spelt)
    concepts = tuple(_concepts(spelt, skip_first=bool(verbs)))
    return Query(concepts, verbs, frozenset(spelt), corrected)


def _verbs(words: list[str]) -> tuple[str, ...]:
    """The verb of a change stands first, or behind words such as "please"."""
    first = next((word for word in words if word not in STOPWORDS), "")
    return tuple(_CHANGES.get(first, "").split())


def _concepts(words: list[str], *, skip_first: bool) -> Iterator[Concept]:
    known = meanings()
    stemmed = [stem(word) for word in words]
    at = 0
    while at < len(words):
        for length in range(min(LONGEST_PHRASE, len(words) - at), 0, -1):
            phrase = tuple(stemmed[at : at + length])
            if phrase in known:
                yield Concept(phrase, known[phrase])
                at += length
                break
        else:
            if words[at] in LOOKING or words[at] in STOPWORDS:
                pass
            elif skip_first:
                skip_first = False
            else:
                yield Concept((stemmed[at],))
            at += 1


def _spelt(database: sqlite3.Connection, words: list[str]) -> tuple[list[str], dict[str, str]]:
    corrected: dict[str, str] = {}
    found: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        together = word + words[at + 1] if at + 1 < len(words) else ""
        if together and len(together) > 6 and not _known(database, word) and _known(database, together):
            # "cloud watch", "dynamo db": two words of one.
            found.append(together)
            at += 2
            continue
        if word in STOPWORDS or word in LOOKING or len(word) < 4 or _known(database, word):
            found.append(word)
        elif meant := _similar(database, word):
            corrected[word] = meant
            found.append(meant)
        else:
            found.append(word)
        at += 1
    return found, corrected


def _known(database: sqlite3.Connection, word: str) -> bool:
    row = database.execute("select 1 from words where word in (?, ?)", (word, stem(word))).fetchone()
    return row is not None


def _similar(database: sqlite3.Connection, word: str) -> str | None:
    letters = stem(word)
    parts = {letters[at : at + 3] for at in range(len(letters) - 2)}
    if not parts:
        return None
    match = " OR ".join(f'"{part}"' for part in sorted(parts))
    rows = database.execute("select word from spelling where spelling match ? limit 2000", (match,)).fetchall()
    near = [known for (known,) in rows if abs(len(known) - len(letters)) <= 2]
    found = difflib.get_close_matches(letters, near, n=1, cutoff=0.75)
    return found[0] if found else None
