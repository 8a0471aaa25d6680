"""Takes out of a model's text what is not its answer: its thoughts, and the tokens that end or begin its turns."""

from __future__ import annotations

import re
from functools import lru_cache

# What opens thoughts, and what closes them: Qwen, DeepSeek and their kin; Seed; Kimi; Mistral; gpt-oss; Command; Gemma.
_THOUGHTS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<thoughts>": "</thoughts>",
    "<reasoning>": "</reasoning>",
    "<reflection>": "</reflection>",
    "<seed:think>": "</seed:think>",
    "◁think▷": "◁/think▷",
    "[think]": "[/think]",
    "<|channel|>analysis<|message|>": "<|end|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|start_thinking|>": "<|end_thinking|>",
    "<|channel>thought": "<channel|>",
}
# Without its opening one, such a token ends thoughts that the prompt's template began.
_CLOSERS = frozenset(_THOUGHTS.values()) - {"<|end|>"}
_NOISE = (
    "<|channel|>final<|message|>",
    "<|start|>assistant",
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|endoftext|>",
    "<|end|>",
    "<|return|>",
    "<end_of_turn>",
    "<turn|>",
    "<|start_response|>",
    "<|end_response|>",
    "<|end_of_turn_token|>",
    "</s>",
)
_TOKENS = (*_THOUGHTS, *_CLOSERS, *_NOISE)
# A token in backticks is spoken about.
_TOKEN = re.compile("(?<!`)(?:" + "|".join(re.escape(one) for one in _TOKENS) + ")", re.IGNORECASE)
_LONGEST = max(map(len, _TOKENS))
_FIRST = frozenset(token[0] for token in _TOKENS)


class Thoughts:
    """Text goes in as it comes (`add`), and comes out without thoughts; `finish` gives what was held back.

    `open`: the model is thinking, or its answer ended while it was. `unopened`: there were thoughts without a token
    that opened them. `reset` is set where all that came out before turned out to be thoughts. With `from_start` the
    text is held back until such thoughts have ended.
    """

    def __init__(self, *, from_start: bool = False) -> None:
        self.unopened = False
        self.reset = False
        self.any = False
        self._rest = ""
        self._before = "\n"  # the character before the rest
        self._closer: str | None = None
        self._waits = from_start

    @property
    def open(self) -> bool:
        return self._closer is not None

    def add(self, text: str) -> str:
        if not (self._rest or self._closer or self._waits) and _FIRST.isdisjoint(text):
            # No token is begun, and none begins: so it is of nearly all that a model writes.
            self._before = text[-1:] or self._before
            return text
        self._rest += text
        if self._waits and not _token_within(self._rest):
            return ""
        self._waits = False
        out = ""
        while self._rest:
            if self._closer:
                if not self._skip_to(self._closer):
                    break
            else:
                found = _TOKEN.search(self._before + self._rest, 1)
                if found is None:
                    return out + self._let_out(len(self._rest) - prefix_at_end(self._rest, _TOKENS, _LONGEST))
                out += self._let_out(found.start() - 1)
                self._rest = self._rest[len(found[0]) :]
                token = found[0].casefold()
                self._closer = _THOUGHTS.get(token)
                self.any = self.any or self.open
                if token in _CLOSERS:
                    out, self.unopened, self.reset = "", True, True
        return out

    def finish(self) -> str:
        rest, self._rest = ("" if self.open else self._rest), ""
        return rest

    def _let_out(self, size: int) -> str:
        out, self._rest = self._rest[:size], self._rest[size:]
        self._before = out[-1:] or self._before
        return out

    def _skip_to(self, closer: str) -> bool:
        found = re.search(re.escape(closer), self._rest, re.IGNORECASE)
        if found is None:
            self._rest = self._rest[-len(closer) :]
            return False
        self._rest = self._rest[found.end() :]
        self._closer = None
        return True


def _token_within(text: str) -> bool:
    return any(found[0].casefold() in _CLOSERS or found[0].casefold() in _THOUGHTS for found in _TOKEN.finditer(text))


def prefix_at_end(text: str, tokens: tuple[str, ...], longest: int) -> int:
    """How many characters at the text's end may be the beginning of one of the tokens (lowercase)."""
    beginnings, first = _beginnings(tokens)
    if first.isdisjoint(text[1 - longest :].casefold()):
        return 0  # which is so of nearly all that a model writes
    for size in range(min(longest - 1, len(text)), 0, -1):
        if text[-size:].casefold() in beginnings:
            return size
    return 0


@lru_cache(maxsize=8)
def _beginnings(tokens: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """What the tokens begin with, of any length, and their first characters."""
    beginnings = frozenset(token[:size] for token in tokens for size in range(1, len(token) + 1))
    return beginnings, frozenset(one for one in beginnings if len(one) == 1)
