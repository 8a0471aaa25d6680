"""What the model's server was found not to accept, and requests written so that it does.

A refusal that names a field sent to it, or says what of a message it does not take, teaches the dialect once; it is
remembered as long as the process lives. What is left out is never what a request means: its messages and functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from services.orchestrator.llm import wordings
from services.orchestrator.llm.replayed import alternating, filled, sendable

ChatMessage = dict[str, Any]

DEFAULT_MAX_TOKENS = 4096  # for servers that insist on a limit of the answer
_REQUIRED = {"model", "messages", "tools"}
# Keywords of JSON schema that say more than the name and type of an argument.
_SCHEMA_KEYWORDS = {
    "additionalProperties",
    "default",
    "description",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maximum",
    "maxItems",
    "maxLength",
    "minimum",
    "minItems",
    "minLength",
    "multipleOf",
    "pattern",
    "strict",
    "title",
    "uniqueItems",
}


class Dialect:
    """One per model; `request` writes a request, `learn` reads a refusal."""

    def __init__(self) -> None:
        self.thinks_first = False  # its answers begin with thoughts that no token opens
        self._stream = True
        self._dropped: set[str] = set()
        self._dropped_keywords: set[str] = set()
        self._null_content = True
        self._system_role = True
        self._max_tokens: str | None = None

    def request(
        self,
        model: str,
        messages: Sequence[ChatMessage],
        functions: Sequence[Mapping[str, Any]],
        tool_choice: Literal["none"] | None,
    ) -> dict[str, Any]:
        """The body of a chat completions request."""
        sent = [sendable(message) for message in messages]
        sent = sent if self._system_role else alternating(sent)
        body: dict[str, Any] = {"model": model, "messages": sent if self._null_content else filled(sent)}
        if functions:
            body["tools"] = [_without(one, self._dropped_keywords) for one in functions]
            if tool_choice:
                body["tool_choice"] = tool_choice
        if self._stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        if self._max_tokens:
            body[self._max_tokens] = DEFAULT_MAX_TOKENS
        return {name: value for name, value in body.items() if name not in self._dropped}

    def learn(self, said: str, request: Mapping[str, Any]) -> str | None:
        """What the refusal of `request` teaches that was not known before: a word for the log; None for nothing."""
        return (
            self._learn_field(said, request)
            or self._learn_streams(said, request)
            or self._learn_limit(said, request)
            or self._learn_messages(said, request)
            or self._learn_keyword(said, request)
        )

    def streams_again(self) -> None:
        """The server streams although it was asked not to."""
        self._stream = True

    def _learn_field(self, said: str, request: Mapping[str, Any]) -> str | None:
        if not wordings.UNKNOWN_FIELD.search(said):
            return None
        for name in sorted(set(request) - _REQUIRED, key=len, reverse=True):
            if name == "stream" or not re.search(rf"(?<![A-Za-z_]){name}(?![A-Za-z_])", said):
                continue
            if name == self._max_tokens:
                self._max_tokens = "max_completion_tokens" if name == "max_tokens" else None
            else:
                self._dropped.add(name)
            return name
        return None

    def _learn_streams(self, said: str, request: Mapping[str, Any]) -> str | None:
        refused = wordings.NO_STREAMS.search(said) or re.search(r"'param': 'stream'", said)
        if not self._stream or "stream" not in request or not refused:
            return None
        self._stream = False
        return "stream"

    def _learn_limit(self, said: str, request: Mapping[str, Any]) -> str | None:
        if self._max_tokens or "max_tokens" in request or not wordings.MAX_TOKENS_REQUIRED.search(said):
            return None
        self._max_tokens = "max_tokens"
        return "max_tokens required"

    def _learn_messages(self, said: str, request: Mapping[str, Any]) -> str | None:
        if self._system_role and wordings.NO_SYSTEM.search(said):
            self._system_role = False
            return "system role"
        has_null = any(message.get("content", "") is None for message in request["messages"])
        if self._null_content and has_null and wordings.NO_NULL_CONTENT.search(said):
            self._null_content = False
            return "null content"
        return None

    def _learn_keyword(self, said: str, request: Mapping[str, Any]) -> str | None:
        """A keyword of the functions' schemas that the server stumbles over, as `pattern` or `additionalProperties`."""
        if not (wordings.UNKNOWN_FIELD.search(said) and wordings.ABOUT_TOOLS.search(said)):
            return None
        used = set(_keywords(request.get("tools") or [])) & _SCHEMA_KEYWORDS - self._dropped_keywords
        for name in sorted(used):
            if name != "description" and re.search(rf"(?<![A-Za-z]){name}(?![A-Za-z])", said, re.IGNORECASE):
                self._dropped_keywords.add(name)
                return f"schema keyword {name}"
        return None


def _keywords(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from _keywords(inner)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _keywords(item)


def _without(value: Any, keywords: set[str], *, names: bool = False) -> Any:
    """The schema without these keywords; a property may have such a name."""
    if not keywords:
        return value
    if isinstance(value, Mapping):
        return {
            key: _without(inner, keywords, names=key == "properties" and not names)
            for key, inner in value.items()
            if names or key not in keywords
        }
    return [_without(item, keywords) for item in value] if isinstance(value, (list, tuple)) else value
