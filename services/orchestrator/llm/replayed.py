"""A conversation's messages in the forms that servers accept when they are sent again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

ChatMessage = dict[str, Any]

NO_ANSWER = "(This turn ended without an answer.)"


def sendable(message: ChatMessage) -> ChatMessage:
    """The message in a form every server accepts: some parse the arguments of calls, so invalid JSON is wrapped."""
    if not message.get("tool_calls"):
        return message
    calls = [
        call | {"function": call["function"] | {"arguments": _object_text(call["function"]["arguments"])}}
        for call in message["tool_calls"]
    ]
    return message | {"tool_calls": calls}


def filled(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The messages with an empty text where there is none."""
    return [one | {"content": ""} if one.get("content", "") is None else one for one in messages]


def alternating(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The messages without a system message, for templates in which user and assistant must alternate.

    The instructions are put before the first user message; neighbours of the same role become one.
    """
    system = [str(one["content"]) for one in messages if one["role"] == "system"]
    rest = [one for one in messages if one["role"] != "system"]
    made: list[ChatMessage] = [{"role": "user", "content": "\n\n".join(system)}] if system else []
    for one in rest:
        if one["role"] == "user" and made and made[-1]["role"] == "tool":
            made.append({"role": "assistant", "content": NO_ANSWER})
        joins = bool(made) and made[-1]["role"] == one["role"] and one["role"] in ("user", "assistant")
        if joins and not made[-1].get("tool_calls"):
            texts = [text for text in (made[-1]["content"], one["content"]) if text]
            made[-1] = made[-1] | one | {"content": "\n\n".join(texts) or None}
        else:
            made.append(one)
    return made


def _object_text(arguments: str) -> str:
    try:
        loaded = json.loads(arguments)
        if loaded is None or isinstance(loaded, dict):
            return "{}" if loaded is None else arguments
    except (ValueError, RecursionError):
        pass
    return json.dumps({"not_a_json_object": arguments[:1000]}, ensure_ascii=False)
