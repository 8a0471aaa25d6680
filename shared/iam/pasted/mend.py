"""Text that is nearly JSON: comments, trailing commas and other quotation marks are replaced, each with its line.

Nothing within a JSON string is touched. Line breaks stay where they are, so that a line counted in the mended text is
the line of the original.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_MAX_LINES = 5
"""So many lines of a kind are named, the rest is counted."""

_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_SINGLE = re.compile(r"'((?:[^'\\\n]|\\.)*)'")
_CURLY = re.compile(r"[“”„‟″]([^“”„‟″\"\n]*)[“”„‟″]|[‘’‚‛]([^‘’‚‛\"\n]*)[‘’‚‛]")
_LINE_COMMENT = re.compile(r"(//|#)[^\n]*")
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_KEY = re.compile(r"\s*:(?!:)")
_BLANK = re.compile(r"[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]")
# Python prints these for what JSON calls true, false and null.
_PYTHON = {"True": "true", "False": "false", "None": "null"}
_JSON = {"true", "false", "null"}


@dataclass(slots=True)
class Mended:
    """Text as JSON, and what had to be replaced for it, with the lines: AWS refuses the text as it was."""

    text: str = ""
    lines: dict[str, list[int]] = field(default_factory=dict)

    def note(self, line: int, what: str) -> None:
        """Remember what was replaced in a line."""
        lines = self.lines.setdefault(what, [])
        if not lines or lines[-1] != line:
            lines.append(line)

    def slips(self) -> tuple[str, ...]:
        """What was replaced: "a trailing comma (line 7)"."""
        return tuple(f"{what} ({_lines(lines)})" for what, lines in self.lines.items())


def mend(text: str, first_line: int = 1) -> Mended:
    """The text with what JSON does not have replaced; `first_line` is the number of its first line."""
    mended, out = Mended(), list[str]()
    at, line = 0, first_line
    # Where the last thing that is no blank stands in `out`, and in which line.
    last = (-1, line)
    while at < len(text):
        piece, length, what = _next(text, at)
        if what:
            mended.note(line, what)
        if piece in ("}", "]"):
            _drop(",", out, last, mended)
        out.append(piece)
        if piece and not piece.isspace():
            last = (len(out) - 1, line)
        line += text.count("\n", at, at + length)
        at += length
    _drop(",;", out, last, mended)
    mended.text = "".join(out)
    return mended


def block_end(text: str, start: int) -> int | None:
    """Where the object or list that begins at `start` ends, behind its closing bracket; None where it does not."""
    depth, at = 0, start
    while at < len(text):
        piece, length, _ = _next(text, at)
        depth += (piece in ("{", "[")) - (piece in ("}", "]"))
        at += length
        if depth == 0:
            return at
    return None


def _lines(lines: list[int]) -> str:
    named = ", ".join(map(str, lines[:_MAX_LINES]))
    more = f" and {len(lines) - _MAX_LINES} more" if len(lines) > _MAX_LINES else ""
    return f"line{'s' if len(lines) > 1 else ''} {named}{more}"


def _next(text: str, at: int) -> tuple[str, int, str]:
    """The next piece as JSON has it, how many characters it took, and what was replaced ("" for nothing)."""
    if found := _STRING.match(text, at):
        return found[0], len(found[0]), ""
    if found := _LINE_COMMENT.match(text, at):
        return "", len(found[0]), "a comment"
    if text.startswith("/*", at) and (end := text.find("*/", at + 2)) > 0:
        return "\n" * text.count("\n", at, end), end + 2 - at, "a comment"
    if found := _SINGLE.match(text, at):
        return _quoted(re.sub(r"\\'", "'", found[1])), len(found[0]), "single quotation marks"
    if found := _CURLY.match(text, at):
        return _quoted(found[1] or found[2] or ""), len(found[0]), "typographic quotation marks"
    if found := _BLANK.match(text, at):
        return " ", 1, "a blank that JSON does not have"
    if found := _WORD.match(text, at):
        return _word(text, found)
    return text[at], 1, ""


def _word(text: str, found: re.Match[str]) -> tuple[str, int, str]:
    word = found[0]
    if _KEY.match(text, found.end()) and word not in _JSON:
        return f'"{word}"', len(word), "a name without quotation marks"
    if word in _PYTHON:
        return _PYTHON[word], len(word), f"{word}, which is Python's,"
    return word, len(word), ""


def _quoted(content: str) -> str:
    """The content as a JSON string; escapes in it stay as they are."""
    return '"' + re.sub(r'(?<!\\)"', r"\"", content) + '"'


def _drop(signs: str, out: list[str], last: tuple[int, int], mended: Mended) -> None:
    """Blank the comma (or semicolon) that is the last thing before here, if it is."""
    index, line = last
    if index >= 0 and out[index] in signs:
        mended.note(line, "a trailing comma" if out[index] == "," else "a semicolon")
        out[index] = " "
