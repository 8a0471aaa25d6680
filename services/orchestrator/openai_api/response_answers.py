"""Answers of the Responses API: a response, and the events of its stream, which number themselves.

Their shapes: https://platform.openai.com/docs/api-reference/responses/object and …/responses-streaming.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TURN_ID = re.compile(r"resp_([0-9a-f]{24})")


def response_id(turn_id: str) -> str:
    """The id of the response that a turn is."""
    return f"resp_{turn_id.removeprefix('trn_')}"


def turn_id_of(given: str) -> str | None:
    """The turn that a response is; None for what is no id of ours."""
    found = _TURN_ID.fullmatch(given)
    return f"trn_{found[1]}" if found else None


@dataclass(frozen=True, slots=True)
class Shape:
    """What every form of one response repeats. `created` is Unix seconds."""

    id: str
    created: int
    model: str
    sandbox: bool
    previous: str | None
    metadata: Mapping[str, str]

    def body(
        self,
        status: str,
        text: str | None,
        usage: Mapping[str, int] | None = None,
        error: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The response; without a text it has no output yet."""
        said = {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": False,
            "error": dict(error) if error else None,
            "incomplete_details": None,
            "instructions": None,
            "max_output_tokens": None,
            "metadata": dict(self.metadata),
            "model": self.model,
            "output": [] if text is None else [self.message("completed", text)],
            "parallel_tool_calls": True,
            "previous_response_id": self.previous,
            "reasoning": {"effort": None, "summary": None},
            "store": True,
            "temperature": None,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": None,
            "truncation": "disabled",
            "usage": _usage(usage) if usage else None,
        }
        return said | {"sandbox": True} if self.sandbox else said

    def message(self, status: str, text: str | None) -> dict[str, Any]:
        """The one item of its output."""
        content = [] if text is None else [_part(text)]
        return {"type": "message", "id": self.item_id, "status": status, "role": "assistant", "content": content}

    @property
    def item_id(self) -> str:
        return f"msg_{self.id.removeprefix('resp_')}"


@dataclass(slots=True)
class Events:
    """The events of one stream, in the order in which they are asked for."""

    shape: Shape
    _number: int = field(default=0)

    def begin(self) -> bytes:
        """All that comes before the first piece of text."""
        running = {"response": self.shape.body("in_progress", None)}
        first = self._event("response.created", running) + self._event("response.in_progress", running)
        first += self._event("response.output_item.added", self._of_item(self.shape.message("in_progress", None)))
        return first + self._event("response.content_part.added", self._of_part({"part": _part("")}))

    def delta(self, text: str) -> bytes:
        """A piece of text."""
        return self._event("response.output_text.delta", self._of_part({"delta": text, "logprobs": []}))

    def end(self, text: str, usage: Mapping[str, int]) -> bytes:
        """All that comes after the last piece; `text` is the whole."""
        last = self._event("response.output_text.done", self._of_part({"text": text, "logprobs": []}))
        last += self._event("response.content_part.done", self._of_part({"part": _part(text)}))
        last += self._event("response.output_item.done", self._of_item(self.shape.message("completed", text)))
        return last + self._event("response.completed", {"response": self.shape.body("completed", text, usage)})

    def failed(self, text: str, status: int, code: str, detail: str) -> bytes:
        """The end of a response that broke off after so much text; OpenAI's codes say less than ours."""
        kind = "rate_limit_exceeded" if status == 429 else "server_error"
        error = {"code": kind, "message": f"{detail} ({code})"}
        body = self.shape.body("failed", text or None, error=error)
        return self._event("response.failed", {"response": body})

    def _of_item(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"output_index": 0, "item": item}

    def _of_part(self, more: Mapping[str, Any]) -> dict[str, Any]:
        return {"item_id": self.shape.item_id, "output_index": 0, "content_index": 0, **more}

    def _event(self, kind: str, more: Mapping[str, Any]) -> bytes:
        body = {"type": kind, "sequence_number": self._number, **more}
        self._number += 1
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return f"event: {kind}\ndata: {data}\n\n".encode()


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(usage: Mapping[str, int]) -> dict[str, Any]:
    """The tokens of chat completions' names, by those of this protocol."""
    return {
        "input_tokens": usage["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": usage["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage["total_tokens"],
    }
