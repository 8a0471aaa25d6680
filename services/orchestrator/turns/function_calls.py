"""Reads the function calls of a model message: which are reads, which are changes, and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import JsonValue

from shared.errors import AssistantError, Forbidden, InvalidArguments, NotFound
from shared.messages import MAX_MESSAGE_BYTES, Agent
from shared.text.json_values import checked

# The most calls answered of one model message; the rest get an error, since some models repeat calls endlessly.
MAX_CALLS = 32


class Function(Protocol):
    """What the loop needs to know of a catalogue entry."""

    @property
    def name(self) -> str: ...
    @property
    def agent(self) -> Agent: ...
    @property
    def timeout(self) -> float: ...
    @property
    def is_change(self) -> bool: ...
    def openai(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One function call of the model. `call_id` is the task's id: the same again when a turn is resumed."""

    id: str
    call_id: str
    name: str
    arguments: dict[str, JsonValue]
    function: Function | None
    error: AssistantError | None = None

    @property
    def is_change(self) -> bool:
        """True where the call may only be proposed, never made directly."""
        return self.function is not None and self.function.is_change


class Functions:
    """The functions offered to the model, `propose_plan` among them, and the `operations` that a step may name.

    A model that calls an operation as if it were a function is understood: the call is a plan of one step. So is one
    that calls a reading function of `understood`, which is not offered.
    `read_only`: those that change something are not offered, and a call of one is refused whoever asks for it.
    """

    def __init__(
        self,
        offered: Iterable[Function],
        *,
        operations: Iterable[Function] = (),
        understood: Iterable[Function] = (),
        read_only: bool = False,
    ) -> None:
        self._offered, self._operations, self._understood = tuple(offered), tuple(operations), tuple(understood)
        self._by_name = {entry.name: entry for entry in (*self._offered, *self._operations, *self._understood)}
        self._read_only = read_only
        self.changes = frozenset(name for name, entry in self._by_name.items() if entry.is_change)
        self.reads = frozenset(self._by_name) - self.changes
        self.openai = [entry.openai() for entry in self._offered if not (read_only and entry.is_change)]
        named = [] if read_only else [entry.openai() for entry in self._operations]
        self.unoffered = [*named, *(entry.openai() for entry in self._understood)]
        self.operations: dict[str, dict[str, Any]] = {
            one["function"]["name"]: one["function"]["parameters"] for one in named
        }

    def for_reading(self) -> Functions:
        """The same for a turn in which nothing may be proposed."""
        return Functions(self._offered, operations=self._operations, understood=self._understood, read_only=True)

    def unanswered(self, turn_id: str, messages: Sequence[Mapping[str, Any]]) -> list[Call]:
        """The calls of the last assistant message that have no tool message yet."""
        position = next((i for i in range(len(messages) - 1, -1, -1) if messages[i]["role"] == "assistant"), None)
        if position is None:
            return []
        number = sum(len(message.get("tool_calls") or []) for message in messages[:position])
        done = {message["tool_call_id"] for message in messages[position + 1 :] if message["role"] == "tool"}
        return [
            self._call(f"{turn_id}.{number + offset}", asked, too_many=offset >= MAX_CALLS)
            for offset, asked in enumerate(messages[position].get("tool_calls") or [])
            if asked["id"] not in done
        ]

    def _call(self, call_id: str, asked: Mapping[str, Any], *, too_many: bool) -> Call:
        name = asked["function"]["name"]
        function = self._by_name.get(name)
        error: AssistantError | None = None
        arguments: dict[str, JsonValue] = {}
        if function is None:
            error = NotFound(f"there is no function {name!r}; use one you were given", code="unknown_tool")
        elif self._read_only and function.is_change:
            error = Forbidden(
                "this message was sent read-only, so no change is proposed; tell the user to send it without",
                code="read_only",
            )
        elif too_many:
            error = InvalidArguments(
                f"a message may have {MAX_CALLS} calls; send the rest again", code="too_many_calls"
            )
        else:
            try:
                arguments = _arguments(asked["function"]["arguments"])
            except InvalidArguments as invalid:
                error = invalid
        return Call(asked["id"], call_id, name, arguments, function, error)


def _arguments(text: str) -> dict[str, JsonValue]:
    if len(text) > MAX_MESSAGE_BYTES:
        raise InvalidArguments(f"the arguments have {len(text)} characters; {MAX_MESSAGE_BYTES} are the most")
    try:
        arguments = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise InvalidArguments(f"the arguments are not valid JSON ({error}); send one JSON object") from None
    if arguments is None:
        return {}
    if not isinstance(arguments, dict):
        raise InvalidArguments("the arguments must be one JSON object")
    try:
        checked(arguments)
    except ValueError as error:
        raise InvalidArguments(f"an argument {error}") from None
    return arguments
