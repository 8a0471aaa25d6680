"""Assembles a model's answer from stream chunks or from one whole message, tolerating servers that bend the protocol.

Seen in practice: tool call deltas without an index or all with index 0, without ids, with the arguments in one
piece or `null`; `finish_reason` "stop" next to tool calls; no usage; no finish reason at all.
"""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.orchestrator.llm.tokens import estimate_tokens
from shared.answer_text import visible
from shared.plan_page.lines import unmarked

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
    """One whole answer of the model: text, function calls, or both."""

    text: str
    calls: tuple[FunctionCall, ...]
    finish_reason: str | None
    model: str
    prompt_tokens: int | None
    completion_tokens: int

    def message(self) -> dict[str, Any]:
        """The assistant message of the conversation."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text or None}
        if self.calls:
            message["tool_calls"] = [call.openai() for call in self.calls]
        return message


def new_call_id() -> str:
    """Nine letters and digits: what the strictest of the servers (Mistral's) takes as a call's id."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(9))


@dataclass(slots=True)
class _Part:
    index: object
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class Assembler:
    """Takes chunks (`add_chunk`) or one whole answer (`add_answer`) as plain JSON and makes a Completion."""

    model: str
    text: list[str] = field(default_factory=list)
    finish_reason: str | None = None
    _parts: list[_Part] = field(default_factory=list)
    _usage: Mapping[str, Any] = field(default_factory=dict)
    size: int = 0  # characters so far, of text and arguments
    _half: str = ""  # the first half of a surrogate pair that two chunks share

    def add_chunk(self, chunk: Mapping[str, Any]) -> str:
        """Take one chunk in and return the text it added."""
        return self._add(chunk, "delta")

    def add_answer(self, answer: Mapping[str, Any]) -> str:
        """Take a whole, unstreamed answer in and return its text."""
        return self._add(answer, "message")

    def _add(self, body: Mapping[str, Any], part: str) -> str:
        self.model = body.get("model") or self.model
        self._usage = body.get("usage") or self._usage
        added = ""
        # The usage chunk has no choices; more than one choice was never asked for.
        for choice in (body.get("choices") or [])[:1]:
            message = choice.get(part) or choice.get("message") or choice.get("delta") or {}
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
            added = self._shown(_text_of(message.get("content")) or _text_of(message.get("refusal")))
            for delta in message.get("tool_calls") or []:
                self._add_call(delta)
        if added:
            self.text.append(added)
            self.size += len(added)
        return added

    def _shown(self, text: str) -> str:
        """The text as a person gets it: in whole characters, all of which are seen, and without the marks of a page."""
        text = self._half + text
        self._half = text[-1] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return unmarked(visible(_unicode(text[: len(text) - len(self._half)])))

    def _add_call(self, delta: Mapping[str, Any]) -> None:
        function = delta.get("function") or {}
        name, arguments = function.get("name") or "", _arguments_of(function.get("arguments"))
        part = self._part_for(delta.get("index"), delta.get("id") or "", name)
        part.id = part.id or delta.get("id") or ""
        part.name = part.name or name
        part.arguments += arguments
        self.size += len(arguments)

    def _part_for(self, index: object, call_id: str, name: str) -> _Part:
        """The call a delta belongs to: by id where it has one, else by index, else the last one.

        A new id, or a second name under the same index, begins a new call whatever the index says.
        """
        if call_id:
            known = [part for part in self._parts if part.id == call_id and index in (None, part.index)]
            if known:
                return known[-1]
        same = [part for part in self._parts if part.index == index] if index is not None else self._parts[-1:]
        if same:
            last = same[-1]
            another_id = bool(call_id and last.id)
            another_name = bool(name and last.name and (name != last.name or last.arguments) and not call_id)
            if not another_id and not another_name:
                return last
        part = _Part(index)
        self._parts.append(part)
        return part

    def completion(self) -> Completion:
        """What came, whole. Usage is estimated where the server sent none."""
        text = "".join(self.text)
        ids: list[str] = []
        for part in self._parts:
            # What is no id, or another call's, would make every later request of the conversation invalid.
            usable = 0 < len(part.id) <= MAX_CALL_ID_CHARS and part.id not in ids
            ids.append(part.id if usable else new_call_id())
        calls = tuple(
            FunctionCall(call_id, _name_of(part.name), _unicode(part.arguments).strip() or "{}")
            for call_id, part in zip(ids, self._parts, strict=True)
        )
        written = text + "".join(call.name + call.arguments for call in calls)
        completion_tokens = self._usage.get("completion_tokens")
        return Completion(
            text=text,
            calls=calls,
            finish_reason=self.finish_reason,
            model=self.model,
            prompt_tokens=self._usage.get("prompt_tokens"),
            completion_tokens=estimate_tokens(written) if completion_tokens is None else int(completion_tokens),
        )


def _name_of(name: str) -> str:
    """A function's name as OpenAI takes it back; an invented one stays unknown, but valid."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64] or "unnamed"


def _unicode(text: str) -> str:
    """The text with surrogate pairs as one character, and without lone halves, which nothing can store or send."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _arguments_of(value: object) -> str:
    """Arguments are JSON text; some servers send the object itself."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _text_of(content: object) -> str:
    """Text, or the text of content parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return ""
