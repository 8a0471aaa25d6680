"""Writes chat completions, whole or as the chunks of a stream."""

import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.model.types import Call, JsonObject
from sandbox.model.wire.request import ChatRequest

_FRAGMENT = 24  # characters of arguments per streamed delta


@dataclass(frozen=True)
class Spoken:
    """What goes out: the message, why it ends, and calls whose arguments are already text."""

    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    refusal: str = ""
    finish: str = "stop"


def written(calls: tuple[Call, ...]) -> tuple[tuple[str, str], ...]:
    """Calls with their arguments as JSON text."""
    return tuple((call.name, json.dumps(call.arguments, ensure_ascii=False)) for call in calls)


def token_count(text: str) -> int:
    """A steady estimate of tokens: four characters each, at least one for any text."""
    return -(-len(text) // 4)


def usage_of(request: ChatRequest, spoken: Spoken) -> JsonObject:
    """The usage block: tokens of messages and tools, and of what was said."""
    prompt = sum(token_count(json.dumps(message)) + 3 for message in request.messages)
    prompt += token_count(json.dumps(request.schemas)) if request.schemas else 0
    said = token_count(spoken.text + spoken.refusal) + sum(token_count(n + a) + 3 for n, a in spoken.calls)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": said,
        "total_tokens": prompt + said,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _identity(request: ChatRequest) -> str:
    """A short id that is the same for the same conversation."""
    text = json.dumps(request.messages, sort_keys=True) + request.model
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _tool_calls(request: ChatRequest, spoken: Spoken) -> list[JsonObject]:
    seed = _identity(request)
    return [
        {"id": f"call_{seed[:20]}{at:02d}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for at, (name, arguments) in enumerate(spoken.calls)
    ]


def _head(request: ChatRequest, kind: str) -> JsonObject:
    return {
        "id": f"chatcmpl-sandbox{_identity(request)}",
        "object": kind,
        "created": int(time.time()),
        "model": request.model,
        "system_fingerprint": "fp_sandbox",
    }


def completion(request: ChatRequest, spoken: Spoken) -> JsonObject:
    """The body of an unstreamed answer."""
    message: JsonObject = {"role": "assistant", "content": spoken.text or None, "refusal": spoken.refusal or None}
    if spoken.calls:
        message["tool_calls"] = _tool_calls(request, spoken)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": spoken.finish}
    return _head(request, "chat.completion") | {"choices": [choice], "usage": usage_of(request, spoken)}


def chunks(request: ChatRequest, spoken: Spoken) -> Iterator[JsonObject]:
    """The chunks of a streamed answer, the usage chunk last where it was asked for."""
    head = _head(request, "chat.completion.chunk")
    if request.include_usage:
        head["usage"] = None

    def chunk(delta: JsonObject, finish: str | None = None) -> JsonObject:
        return head | {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": None if spoken.calls else "", "refusal": None})
    for piece in re.findall(r"\S+\s*|\s+", spoken.text):
        yield chunk({"content": piece})
    for piece in re.findall(r"\S+\s*", spoken.refusal):
        yield chunk({"refusal": piece})
    for at, call in enumerate(_tool_calls(request, spoken)):
        arguments = call["function"]["arguments"]
        opening = call | {"index": at, "function": {"name": call["function"]["name"], "arguments": ""}}
        yield chunk({"tool_calls": [opening]})
        for start in range(0, len(arguments), _FRAGMENT):
            fragment = {"index": at, "function": {"arguments": arguments[start : start + _FRAGMENT]}}
            yield chunk({"tool_calls": [fragment]})
    yield chunk({}, spoken.finish)
    if request.include_usage:
        yield head | {"choices": [], "usage": usage_of(request, spoken)}
