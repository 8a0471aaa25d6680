"""Lets a model's text through to the person as it comes, but holds back what may be a function call written as text."""

from __future__ import annotations

import re

from services.orchestrator.llm.markup import MAX_CHARS, OPENER, OPENERS, REACT, calls_in
from services.orchestrator.llm.offered import Offered
from services.orchestrator.llm.thinking import prefix_at_end

_FENCE = re.compile(r"^[ \t]*(?P<ticks>`{3,})[ \t]*(?P<language>[\w-]*)[^\n`]*(?P<whole>\n|\Z)", re.MULTILINE)
_FENCE_BEGUN = re.compile(r"^[ \t]*(?:`{1,2}|`{3,}[^\n`]*)?\Z", re.MULTILINE)
_INLINE = re.compile(r"`{1,3}[\w-]*[ \t]*(?:[{\[][^\n]*)?\Z")
# Languages of code blocks in which a call may stand.
_CALL_BLOCKS = {"", "json", "python", "py", "xml", "tool_call", "tool_code", "tool", "function_call", "javascript"}
_LONGEST = max(map(len, OPENERS))
_FIRST = frozenset(one[0] for one in OPENERS) | {"`"}


class Gate:
    """`add` says what may be shown of the text so far; `finish` parts the whole into text and markup.

    Markup is the rest of a message that names a call: from a template's token on, in a code block, or all of it.
    """

    def __init__(self, offered: Offered) -> None:
        self._offered = offered
        self._text, self._shown = "", 0
        self.reset()

    def add(self, text: str) -> str:
        """Take a piece in and return what may be shown now."""
        begun = len(self._text)
        self._text += text
        if 0 < begun == self._shown and _is_plain(text):
            self._shown = len(self._text)
            return text
        return self._until(max(self._shown, self._safe(ended=False)))

    def reset(self) -> None:
        """Forget the text so far: it was no answer."""
        self._text, self._shown = "", 0
        self._line = 0  # where to look for a fence
        self._without_opener = 0  # the text before it has none
        self._block = ""  # the fence of a code block in which no call can stand, while the text is within it

    def finish(self) -> tuple[str, str]:
        """What else may be shown, now that the whole text is there; and the markup that begins after it."""
        if not self._shown and calls_in(self._text, self._offered):
            return "", self._text
        rest = self._until(max(self._shown, self._safe(ended=True)))
        return rest, self._text[self._shown :]

    def _until(self, end: int) -> str:
        shown, self._shown = self._text[self._shown : end], end
        return shown

    def _safe(self, *, ended: bool) -> int:
        """How much of the text, from its beginning, is no call for certain."""
        if not ended and len(self._text) - self._shown > MAX_CHARS:
            return len(self._text)
        if not ended and not self._shown and self._may_be_bare_call():
            return 0
        while True:
            fence = self._next_fence(ended=ended)
            opener = None if self._block else self._next_opener()
            if opener and (fence is None or opener.start() < fence.start()):
                return opener.start()
            if fence is None:
                return self._end_of_prose(ended=ended)
            if not self._block and fence["language"].casefold() in _CALL_BLOCKS:
                end = self._end_of_block(fence, ended=ended)
                if end is None:
                    return fence.start()
                self._line = end
            else:
                self._block = "" if self._block else fence["ticks"]
                self._line = fence.end()

    def _next_opener(self) -> re.Match[str] | None:
        """The next token of a template that begins a call. What was looked through before is not again."""
        opener = OPENER.search(self._text, max(self._shown, self._line, self._without_opener))
        if opener is None:
            self._without_opener = max(0, len(self._text) - _LONGEST)
        return opener

    def _next_fence(self, *, ended: bool) -> re.Match[str] | None:
        """The next fence that opens a block, or closes the one the text is in; its line is there to its end."""
        if self._text.find("```", self._line) < 0:  # much faster than the pattern
            return None
        for fence in _FENCE.finditer(self._text, self._line):
            closes = fence["ticks"] >= self._block and not fence["language"]
            if (fence["whole"] or ended) and (closes or not self._block):
                return fence
        return None

    def _end_of_block(self, fence: re.Match[str], *, ended: bool) -> int | None:
        """Where a code block ends that is no call; None where it is one, or may be one yet."""
        found = self._text.find("```", fence.end()) >= 0
        for closing in _FENCE.finditer(self._text, fence.end()) if found else ():
            if closing["ticks"] >= fence["ticks"] and not closing["language"] and (closing["whole"] or ended):
                return None if self._is_call(self._text[fence.end() : closing.start()]) else closing.end()
        return len(self._text) if ended and not self._is_call(self._text[fence.end() :]) else None

    def _is_call(self, block: str) -> bool:
        return OPENER.search(block) is not None or bool(calls_in(block, self._offered))

    def _may_be_bare_call(self) -> bool:
        """Whether the message so far may yet turn out to be one call and nothing else."""
        begun = self._text.lstrip()
        if not begun or begun[0] in "{[" or _INLINE.match(begun):
            return True
        if any(begun[: len(one)].casefold() == one[: len(begun)] for one in REACT):
            return True
        name = re.match(r"[\w.:-]*", begun)
        word = name[0] if name else ""
        if word == begun:
            return any(one.startswith(word) for one in self._offered.names)
        return word in self._offered.names and begun[len(word) :].lstrip()[:1] in ("", "{", "(")

    def _end_of_prose(self, *, ended: bool) -> int:
        """The end of the text, without what may be the beginning of markup or of a code block."""
        if ended:
            return len(self._text)
        begun = _FENCE_BEGUN.search(self._text, self._line)
        held = prefix_at_end(self._text[self._shown :], OPENERS, _LONGEST)
        end = min(begun.start() if begun else len(self._text), len(self._text) - held)
        self._line = max(self._line, end)  # a fence begins a line, and the last line begins none
        return end


def _is_plain(text: str) -> bool:
    """Whether nothing begins in a text that may have to be held back, where nothing before it was."""
    return _FIRST.isdisjoint(text) and not text.rpartition("\n")[2].isspace()
