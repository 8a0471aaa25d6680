"""The form of a page: the mark that begins each line, and long lines continued under a mark of their own."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

MARK = "▌"
"""Begins every line. `shared.text.plain` shows it by its code wherever anybody else writes it."""
CONTINUED = "┊"
"""Follows the mark where a line continues the one before, so that no word in it can pass for a line's beginning."""
WIDTH = 120
_INDENT = 6
_UNMARKED = str.maketrans(dict.fromkeys((MARK, CONTINUED), "|"))


def unmarked(text: str) -> str:
    """What a model says, in which nothing looks like a line of a page: its answers stand where pages stand."""
    return text.translate(_UNMARKED)


def framed(lines: Iterable[str]) -> str:
    """The page of these lines, each marked, and continued where it is longer than `WIDTH` columns."""
    return "".join(f"{line.rstrip()}\n" for text in lines for line in _framed(text))


def _framed(text: str) -> Iterator[str]:
    indent = len(text) - len(text.lstrip(" "))
    more = f"{MARK} {' ' * min(indent + 2, _INDENT)}{CONTINUED} "
    line, width, is_empty = f"{MARK} {' ' * indent}", 2 + indent, True
    for word in text[indent:].split(" "):
        gap = "" if is_empty else " "
        if not is_empty and width + 1 + columns(word) > WIDTH:
            yield line
            line, width, gap = more, columns(more), ""
        # A word that fits on no line is cut: a long ARN, or a text that somebody wrote without blanks.
        for piece in _pieces(word, WIDTH - width - len(gap), WIDTH - columns(more)):
            if width + len(gap) + columns(piece) > WIDTH:
                yield line
                line, width, gap = more, columns(more), ""
            line, width, is_empty = f"{line}{gap}{piece}", width + len(gap) + columns(piece), False
            gap = ""
    yield line


def _pieces(word: str, first: int, room: int) -> Iterator[str]:
    """The word in pieces, the first of at most `first` columns and the others of `room`."""
    piece, width, left = "", 0, first
    for one in word:
        wide = columns(one)
        if piece and width + wide > left:
            yield piece
            piece, width, left = "", 0, room
        piece, width = piece + one, width + wide
    yield piece


def columns(text: str) -> int:
    """How many columns a terminal gives the text: two to wide characters, none to marks on others."""
    return sum(_columns(one) for one in text)


def _columns(one: str) -> int:
    if unicodedata.category(one) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(one) in ("W", "F") else 1
