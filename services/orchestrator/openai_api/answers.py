"""Answers of OpenAI's protocol: a completion, the chunks of a stream, the list of models, an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.orchestrator.turns.store import Turn

# What a client chooses from: the assistant with all its agents, whichever model it reasons with; and the same that may
# not propose a change.
MODEL, READING = "aws-assistant", "aws-assistant-read-only"
MODELS = (MODEL, READING)


@dataclass(frozen=True, slots=True)
class Head:
    """What every chunk of one answer repeats. `created` is Unix seconds."""

    id: str
    created: int
    model: str
    sandbox: bool

    def _with(self, kind: str, more: Mapping[str, Any]) -> dict[str, Any]:
        head = {"id": self.id, "object": kind, "created": self.created, "model": self.model, **more}
        return head | {"sandbox": True} if self.sandbox else head

    def completion(self, text: str, usage: Mapping[str, int]) -> dict[str, Any]:
        """An answer in one piece."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return self._with("chat.completion", {"choices": [choice], "usage": dict(usage)})

    def chunk(self, delta: Mapping[str, Any], finish_reason: str | None = None) -> bytes:
        """A piece of a stream."""
        choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish_reason}
        return framed(self._with("chat.completion.chunk", {"choices": [choice]}))

    def usage_chunk(self, usage: Mapping[str, int]) -> bytes:
        """The last piece of a stream where the client asked for its usage: it has no choice."""
        return framed(self._with("chat.completion.chunk", {"choices": [], "usage": dict(usage)}))


DONE = b"data: [DONE]\n\n"


def framed(body: Mapping[str, Any]) -> bytes:
    """A server-sent event without a name."""
    return b"data: " + json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def usage_of(turn: Turn | None) -> dict[str, int]:
    """What the turn cost at the model provider, in tokens; nothing where no model was asked."""
    sent, received = (turn.usage.prompt_tokens, turn.usage.completion_tokens) if turn else (0, 0)
    return {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": sent + received}


def model_list(created: int) -> dict[str, Any]:
    """The models that a client can choose from."""
    return {"object": "list", "data": [model_entry(model, created) for model in MODELS]}


def model_entry(model: str, created: int) -> dict[str, Any]:
    return {"id": model, "object": "model", "created": created, "owned_by": MODEL}


# By HTTP status, as OpenAI names them.
_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def error_body(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The status, code and detail of a problem, where OpenAI's clients look for them."""
    status = problem["status"]
    kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    said = {"message": problem["detail"], "type": kind, "param": problem.get("param")}
    return {"error": said | {"code": problem["code"]}}
