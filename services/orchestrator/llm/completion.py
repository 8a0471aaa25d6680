"""Assembles a model's answer from stream chunks or from one whole message, tolerating servers that bend the protocol.

Text passes `Thoughts` and the `Gate`, calls pass `CallParts` and `Offered`. `finish_reason` "stop" next to calls,
missing usage, missing or `null` choices, deltas and contents are taken as they come.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.orchestrator.llm.call_parts import CallParts
from services.orchestrator.llm.gate import Gate
from services.orchestrator.llm.markup import calls_in
from services.orchestrator.llm.offered import Offered
from services.orchestrator.llm.thinking import Thoughts
from services.orchestrator.llm.tokens import estimate_tokens
from shared.plans.page.lines import unmarked
from shared.text.answers import visible

_ALPHABET = string.ascii_letters + string.digits
MAX_CALL_ID_CHARS = 40  # what OpenAI takes back


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """One function call of the model. `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str

    def openai(self) -> dict[str, Any]:
        """The call as it stands in an assistant message."""
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}}


@dataclass(frozen=True, slots=True)
class Completion:
    """One whole answer of the model: text, function calls, or both.

    `markup` is what follows the text where the model wrote calls into it; `written` are those calls, if the message
    is nothing else. Nothing makes them yet. `thought_only`: there were thoughts and nothing after them.
    """

    text: str
    calls: tuple[FunctionCall, ...]
    finish_reason: str | None
    model: str
    prompt_tokens: int | None
    completion_tokens: int
    markup: str = ""
    written: tuple[FunctionCall, ...] = ()
    thought_only: bool = False

    def message(self) -> dict[str, Any]:
        """The assistant message of the conversation."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text or None}
        if self.calls:
            message["tool_calls"] = [call.openai() for call in self.calls]
        return message


def new_call_id() -> str:
    """Nine letters and digits: what the strictest of the servers (Mistral's) takes as a call's id."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(9))


class Assembler:
    """Takes chunks (`add_chunk`) or one whole answer (`add_answer`) as plain JSON and makes a Completion.

    Text of chunks that came together is looked at together, by `shown`: that costs much, and little more for more.

    `size` is the characters so far, of text, thoughts and arguments.
    """

    def __init__(self, model: str, offered: Offered, *, thinks_first: bool = False) -> None:
        self.model = model
        self.finish_reason: str | None = None
        self.size = 0
        self.thoughts = Thoughts(from_start=thinks_first)
        self._offered, self._gate, self._calls = offered, Gate(offered), CallParts(offered)
        self._said: list[str] = []  # text that was not looked at yet
        self._text: list[str] = []
        self._markup = ""
        self._usage: Mapping[str, Any] = {}
        self._half = ""  # the first half of a surrogate pair that two chunks share
        self._reasoned = False
        self._begun = False  # blank lines before the answer are not shown

    def add_chunk(self, chunk: Mapping[str, Any]) -> None:
        """Take one chunk in."""
        self._add(chunk, "delta")

    def add_answer(self, answer: Mapping[str, Any]) -> None:
        """Take a whole, unstreamed answer in."""
        self._add(answer, "message")

    def shown(self) -> str:
        """The text that may be shown now, of all that was taken in since the last time."""
        if not self._said:
            return ""
        said, self._said = "".join(self._said), []
        return self._answer(self.thoughts.add(self._seen(said)))

    def finish(self) -> str:
        """Call it once, after all has come in; returns the rest of the text that may be shown."""
        shown = self.shown() + self._answer(self.thoughts.finish())
        rest, self._markup = self._gate.finish()
        self._text.append(rest)
        return shown + rest

    def _add(self, body: Mapping[str, Any], part: str) -> None:
        self.model = body.get("model") or self.model
        self._usage = body.get("usage") or self._usage
        # The usage chunk has no choices; more than one choice was never asked for.
        choice = next((one for one in body.get("choices") or () if one is not None), None)
        if choice is None:
            return
        message = choice.get(part) or self._other_part(choice)
        self.finish_reason = choice.get("finish_reason") or self.finish_reason
        self._reasoned = self._reasoned or bool(message.get("reasoning_content") or message.get("reasoning"))
        said = _text_of(message.get("content")) or _text_of(message.get("refusal")) or _text_of(choice.get("text"))
        self.size += len(said) + self._calls.add(message)
        if said:
            self._said.append(said)

    def _other_part(self, choice: Mapping[str, Any]) -> Mapping[str, Any]:
        """A message in a chunk, or a delta in an answer; not where it repeats what has come already."""
        return {} if self.size else choice.get("message") or choice.get("delta") or {}

    def _answer(self, text: str) -> str:
        if self.thoughts.reset:
            self.thoughts.reset, self._begun = False, False
            self._gate.reset()
            self._text = []
        text = text if self._begun else text.lstrip()
        self._begun = self._begun or bool(text)
        shown = self._gate.add(text)
        self._text.append(shown)
        return shown

    def _seen(self, text: str) -> str:
        """The text as a person gets it: in whole characters, all of which are seen, and without the marks of a page."""
        text = self._half + text
        self._half = text[-1] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return unmarked(visible(_unicode(text[: len(text) - len(self._half)])))

    def completion(self) -> Completion:
        """What came, whole, after `finish`. Usage is estimated where the server sent none."""
        text = "".join(self._text)
        calls = self._function_calls()
        written = () if calls or text.strip() else calls_in(self._markup, self._offered)
        said = text + self._markup + "".join(call.name + call.arguments for call in calls)
        completion_tokens = self._usage.get("completion_tokens")
        return Completion(
            text=text,
            calls=calls,
            finish_reason=self.finish_reason,
            model=self.model,
            prompt_tokens=self._usage.get("prompt_tokens"),
            completion_tokens=estimate_tokens(said) if completion_tokens is None else int(completion_tokens),
            markup=self._markup,
            written=tuple(_call("", name, arguments) for name, arguments in written),
            thought_only=not text.strip() and (self._reasoned or self.thoughts.any),
        )

    def _function_calls(self) -> tuple[FunctionCall, ...]:
        """The calls as they are meant, each with an id of its own."""
        calls: list[FunctionCall] = []
        for part in self._calls.parts:
            for number, (name, arguments) in enumerate(self._offered.read(part.name, _unicode(part.arguments))):
                # What is no id, or another call's, would make every later request of the conversation invalid.
                usable = 0 < len(part.id) <= MAX_CALL_ID_CHARS and number == 0
                taken = any(call.id == part.id for call in calls)
                calls.append(_call(part.id if usable and not taken else "", name, arguments))
        return tuple(calls)


def _call(call_id: str, name: str, arguments: str) -> FunctionCall:
    return FunctionCall(call_id or new_call_id(), _name_of(name), arguments.strip() or "{}")


def _name_of(name: str) -> str:
    """A function's name as OpenAI takes it back; an invented one stays unknown, but valid."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64] or "unnamed"


def _unicode(text: str) -> str:
    """The text with surrogate pairs as one character, and without lone halves, which nothing can store or send."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text_of(content: object) -> str:
    """Text, or the text of content parts that are no thoughts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return ""
