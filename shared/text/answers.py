"""Text that a model, AWS or a client wrote, as it may stand in an answer: nothing in it moves, hides or reorders text.

Lines and tabs stay. Control characters, bidirectional controls and other characters that are not seen are shown by
their codes (`\\u001b`); what only joins, parts or hyphenates its neighbours is left out. One character at a time, so
that a stream may be cut anywhere. The page of a plan has stricter rules of its own.
"""

from __future__ import annotations

import unicodedata

# Zero-width space, joiners and non-joiners, word joiner, byte order mark, soft hyphen: harmless, and common in text.
_LEFT_OUT = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\r")
_LINE_BREAKS = frozenset("\u2028\u2029\u0085")
# Not seen though their categories are of letters, marks or signs: fillers, blanks, and the selectors in which whole
# messages can be hidden. U+FE0E and U+FE0F, which choose how a picture looks, stay.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})


def visible(text: str) -> str:
    """The text with every character seen. Printable ASCII, and what people write in any script, is unchanged."""
    return text.translate(_SHOWN)


class _Shown(dict[int, int | str]):
    """By code point, what is shown of it; filled as characters come."""

    def __missing__(self, point: int) -> int | str:
        shown = self[point] = _shown(chr(point))
        return shown


_SHOWN = _Shown()


def _shown(one: str) -> str:
    if one in "\n\t":
        return one
    if one in _LEFT_OUT:
        return ""
    if one in _LINE_BREAKS:
        return "\n"
    point = ord(one)
    selector = 0xFE00 <= point <= 0xFE0D or 0xE0100 <= point <= 0xE01EF
    nonsense = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
    if one in _UNSEEN or selector or nonsense or unicodedata.category(one) in _UNSEEN_CATEGORIES:
        return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
    return one
