"""Fits a conversation into the model's token budget and keeps it valid for the protocol.

Invariants of the result: the system prompt comes first; the oldest tool outputs are shortened first, then the oldest
turns dropped, whole; every assistant message with function calls is followed by exactly the tool messages that answer
them, in the order of the calls; the current turn's user message is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from services.orchestrator.llm.tokens import messages_tokens
from services.orchestrator.turns.context.prompt import read_tool_output, tool_output
from services.orchestrator.workers.view import cut_note
from shared.text.shorten import shorten

ChatMessage = dict[str, Any]

# Tool outputs are shortened to these sizes (characters of JSON), in this order, until the conversation fits.
OUTPUT_LIMITS = (24_000, 12_000, 6_000, 3_000, 1_500, 700, 300)


def fit(
    system: str, earlier: Sequence[Sequence[ChatMessage]], current: Sequence[ChatMessage], max_tokens: int
) -> list[ChatMessage]:
    """The messages to send: the system prompt, as many of the `earlier` turns as fit, the `current` turn."""
    head: list[ChatMessage] = [{"role": "system", "content": system}]
    before = [in_call_order(messages) for messages in earlier]
    turn = in_call_order(current)
    whole = [*head, *_joined(before), *turn]
    if messages_tokens(whole) <= max_tokens:
        return whole
    budget = max_tokens - messages_tokens(head)
    turn = _shrink(turn, budget)
    return [*head, *_joined(_kept(before, budget - messages_tokens(turn))), *turn]


def _kept(turns: Sequence[list[ChatMessage]], budget: int) -> list[list[ChatMessage]]:
    """The earlier turns in the budget: outputs are cut, the oldest most, before the oldest turns are left out."""
    short = [[_shortened(message, OUTPUT_LIMITS[2]) for message in messages] for messages in turns]
    sizes = [messages_tokens(messages) for messages in short]
    for index, messages in enumerate(turns):
        for limit in OUTPUT_LIMITS[3:]:
            if sum(sizes) <= budget:
                return short
            short[index] = [_shortened(message, limit) for message in messages]
            sizes[index] = messages_tokens(short[index])
    first = 0
    while first < len(short) and sum(sizes[first:]) > budget:
        first += 1
    return short[first:]


def _shrink(messages: list[ChatMessage], budget: int) -> list[ChatMessage]:
    """Cut the turn's tool outputs, then drop its oldest rounds of calls, until it fits or only the rest is left."""
    shrunk = messages
    for limit in OUTPUT_LIMITS:
        if messages_tokens(shrunk) <= budget:
            return shrunk
        shrunk = [_shortened(message, limit) for message in messages]
    groups = list(_groups(shrunk))
    while messages_tokens(_joined(groups)) > budget:
        oldest = next((index for index, group in enumerate(groups[:-1]) if group[0]["role"] == "assistant"), None)
        if oldest is None:
            break
        del groups[oldest]
    return _joined(groups)


def _groups(messages: Iterable[ChatMessage]) -> Iterator[list[ChatMessage]]:
    """Split into what belongs together: an assistant message with its tool messages, or one message alone."""
    group: list[ChatMessage] = []
    for message in messages:
        if message["role"] != "tool" and group:
            yield group
            group = []
        group.append(message)
    if group:
        yield group


def _joined(groups: Iterable[list[ChatMessage]]) -> list[ChatMessage]:
    return [message for group in groups for message in group]


def _shortened(message: ChatMessage, limit: int) -> ChatMessage:
    if message["role"] != "tool" or len(message["content"]) <= limit:
        return message
    opened = read_tool_output(message["content"])
    if opened is None:
        return message | {"content": message["content"][:limit]}
    tool, body = opened
    # A cut reference would name nothing.
    kept = {"result_ref": body["result_ref"]} if "result_ref" in body else {}
    rest, _ = shorten({key: value for key, value in body.items() if key not in ("cut", "result_ref")}, limit)
    short: dict[str, Any] = rest if isinstance(rest, dict) else {"result": rest}
    return message | {"content": tool_output(tool, short | kept | {"cut": cut_note(body.get("result_ref"))})}


def in_call_order(messages: Iterable[ChatMessage]) -> list[ChatMessage]:
    """The messages with the outputs of each message's calls in the order of the calls, not of their coming."""
    ordered: list[ChatMessage] = []
    for group in _groups(messages):
        order = {call["id"]: number for number, call in enumerate(group[0].get("tool_calls") or [])}
        ordered += [group[0], *sorted(group[1:], key=lambda one: order.get(one.get("tool_call_id"), len(order)))]
    return ordered


def answered(messages: Sequence[ChatMessage], missing: Callable[[str], dict[str, Any]]) -> list[ChatMessage]:
    """The messages with every unanswered function call answered by `missing(name)`."""
    whole: list[ChatMessage] = []
    for group in _groups(messages):
        whole.extend(group)
        done = {message.get("tool_call_id") for message in group[1:]}
        for call in group[0].get("tool_calls") or []:
            if call["id"] not in done:
                name = call["function"]["name"]
                whole.append(tool_message(call["id"], name, missing(name)))
    return whole


def tool_message(call_id: str, name: str, body: dict[str, Any]) -> ChatMessage:
    """The message that answers one function call."""
    return {"role": "tool", "tool_call_id": call_id, "content": tool_output(name, body)}
