"""What may be meant by a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_CHARACTERS = 80
"""Longer names than these are not compared: it takes the product of both lengths."""


_NEARLY_SAME = 0.9


def similar(name: str, known: Iterable[str], most: int = 3, cutoff: float = 0.6) -> list[str]:
    """The known names most like this one, without regard to case, best first."""
    if len(name) > MAX_CHARACTERS:
        return []
    folded = {one.casefold(): one for one in known}
    wanted = name.casefold()
    if wanted in folded:
        return [folded[wanted]]
    return [folded[one] for one in difflib.get_close_matches(wanted, folded, n=most, cutoff=cutoff)]


def did_you_mean(name: str, known: Iterable[str], end: str = "", cutoff: float = 0.6) -> str:
    """ "; did you mean A or B?" without the question mark, for the end of a sentence; "" where nothing is like it."""
    found = similar(name, known, most=2, cutoff=cutoff)
    if found and difflib.SequenceMatcher(None, name.casefold(), found[0].casefold()).ratio() > _NEARLY_SAME:
        found = found[:1]
    return f"; did you mean {' or '.join(one + end for one in found)}" if found else ""
