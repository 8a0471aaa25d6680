"""How long one validation may take: a pattern of AWS's can take for ever over a text made for that."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

import regex

SECONDS = 2.0
_until: ContextVar[float] = ContextVar("until", default=0.0)


class TooComplex(Exception):
    """The properties take longer to check than they may."""


@contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """What is done within may take this much of the thread's time; `left` and `matches` raise TooComplex after it."""
    token = _until.set(time.thread_time() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def left() -> float:
    """Seconds that are left. Raises TooComplex where none are."""
    seconds = _until.get() - time.thread_time()
    if seconds <= 0:
        raise TooComplex
    return seconds


def matches(pattern: str, text: str) -> bool:
    """Whether the text has a match of one of AWS's patterns; True where the pattern itself is none. Raises TooComplex.

    AWS's are of ECMA 262, Java and Python mixed: `\\p{L}`, possessive quantifiers, `\\x20`. The module `regex` knows
    them all; a handful is broken, and checks nothing.
    """
    compiled = _compiled(pattern)
    if compiled is None:
        return True
    try:
        return compiled.search(text, timeout=left()) is not None
    except TimeoutError:
        raise TooComplex from None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> regex.Pattern[str] | None:
    try:
        return regex.compile(pattern)
    except (regex.error, ValueError):
        return None
