"""Two values as lines, with what was taken out and what was put in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

# Comparing takes the square of it in the worst case; longer values are shown as wholly replaced.
MAX_COMPARED = 400

Sign = Literal["+", "-", " "]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`sign`: put in, taken out, or as before."""

    sign: Sign
    text: str

    @property
    def said(self) -> str:
        """The sign for who hears the page."""
        return {"+": "added", "-": "removed", " ": ""}[self.sign]


def diff(before: Sequence[str], after: Sequence[str]) -> tuple[DiffLine, ...]:
    """How `after` comes from `before`."""
    if len(before) + len(after) > MAX_COMPARED:
        return (*all_of("-", before), *all_of("+", after))
    return tuple(_compared(before, after))


def all_of(sign: Sign, lines: Sequence[str]) -> tuple[DiffLine, ...]:
    """All lines with the same sign."""
    return tuple(DiffLine(sign, line) for line in lines)


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[DiffLine]:
    for kind, start, end, to_start, to_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from all_of(" ", before[start:end])
        else:
            yield from all_of("-", before[start:end])
            yield from all_of("+", after[to_start:to_end])
