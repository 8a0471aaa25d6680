"""Text that others wrote, as one line between quotation marks in which every character is seen.

A user, a model or AWS may write anything: line breaks, blanks that are none, characters that are not seen, that turn
the text around or lie over their neighbours. Here letters, digits, punctuation and the signs of mathematics and
currencies stay as they are. Every other character is shown by its code (`\\u202e`), and so is what looks like the
quotation mark, which could seem to end the quotation. Pictures, boxes and blocks are shown by their codes as well: a
page whose lines begin with one of those cannot be imitated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

MAX_QUOTED = 300
"""Characters of a free text that a page shows; the rest is counted."""

# Names, ARNs, actions and the like: no blank, no quotation mark, nothing outside ASCII.
_NAME = re.compile(r"[A-Za-z0-9_.:/*?@=+,${}-]{1,2048}", re.ASCII)
_SEEN = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Sm", "Sc"}) | {f"P{kind}" for kind in "cdseifo"}
_ASCII_SIGNS = frozenset("^`")
_QUOTES = frozenset("«»ʺ˝ˮ״“”„‟″‴‶‷⁗⹂〃〝〞〟＂")
# Two of these, one after the other, look like a quotation mark.
_APOSTROPHES = frozenset("'`´ʹʻʼʽˈ‘’‚‛′‵＇")
# Letters by their category, but blank: fillers of Hangul, blanks of Egyptian hieroglyphs.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\U00013441\U00013442")
_BLANK_PICTURES = frozenset("\u2800\u303f\U0001d159")
# Vowel signs and tones, which many scripts cannot do without. More of them on one letter would cover other lines.
_MARKS = frozenset({"Mn", "Mc"})
_MAX_MARKS = 2
# So many times the same code is shown once, with the number.
_REPEATED = 8


def quoted(text: str, limit: int = MAX_QUOTED) -> str:
    """Free text between quotation marks: blanks of all kinds become one space, what is over `limit` is counted."""
    spaced = "".join(" " if _is_blank(one) else one for one in unicodedata.normalize("NFC", text))
    shown, room, rest = [], limit, 0
    for part, count in _parts(" ".join(spaced.split())):
        if rest or len(part) > room:
            rest += count
        else:
            shown.append(part)
            room -= len(part)
    # The number stands behind a letter: behind text that runs from right to left it would change its place.
    return f'"{"".join(shown)}"' + (f" and {rest} more characters" if rest else "")


def exactly(text: str) -> str:
    """A value between quotation marks, whole and exact: all blanks but single spaces are shown by their codes."""
    return f'"{"".join(part for part, _ in _parts(text))}"'


def seen(text: str) -> str:
    """A sentence of our own, in which names of others stand already as `named` shows them: without odd characters."""
    return "".join(_shown(" ".join(text.split()), escaped=False))


def named(text: str) -> str:
    """A name or an address as it is, where it can be taken for nothing else; any other text exactly, in quotes."""
    return text if _NAME.fullmatch(text) else exactly(text)


def _parts(text: str) -> Iterator[tuple[str, int]]:
    """The text as it is shown, in parts, each with how many characters it stands for."""
    for part, same in groupby(_shown(text)):
        count = len(list(same))
        if count >= _REPEATED and len(part) > 2:
            yield f"\\{{{count} × {part}}}", count
        else:
            yield from [(part, 1)] * count


def _shown(text: str, *, escaped: bool = True) -> Iterator[str]:
    before, letter, marks = "", "", 0
    for one in text:
        if unicodedata.category(one) in _MARKS:
            marks += 1
            yield one if marks <= _MAX_MARKS and _belongs(one, letter) else _code(one)
        else:
            letter, marks = one, 0
            doubled = one in _APOSTROPHES and before in _APOSTROPHES
            if one in '"\\':
                yield f"\\{one}" if escaped else one
            elif (one == " " and before != " ") or (_is_seen(one) and not doubled):
                yield one
            else:
                yield _code(one)
        before = one


def _is_seen(one: str) -> bool:
    if one.isascii():
        return one.isalnum() or one in _ASCII_SIGNS or unicodedata.category(one) in _SEEN
    return unicodedata.category(one) in _SEEN and one not in _QUOTES and one not in _BLANK_LETTERS


def _is_blank(one: str) -> bool:
    return one.isspace() or unicodedata.category(one) in ("Zs", "Zl", "Zp") or one in _BLANK_LETTERS | _BLANK_PICTURES


def _belongs(mark: str, letter: str) -> bool:
    """Whether a mark is of the letter's own script, as a vowel sign is, and not one that lies over any letter."""
    if not letter or unicodedata.category(letter) != "Lo":
        return False
    return unicodedata.name(mark, "").partition(" ")[0] == unicodedata.name(letter, "-").partition(" ")[0]


def _code(one: str) -> str:
    return f"\\u{ord(one):04x}" if ord(one) <= 0xFFFF else f"\\U{ord(one):08x}"
