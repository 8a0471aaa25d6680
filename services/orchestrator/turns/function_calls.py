"""Reads the function calls of a model message: which are reads, which are changes, and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import Field, JsonValue, ValidationError

from shared.errors import AssistantError, Forbidden, InvalidArguments, NotFound
from shared.json_values import checked
from shared.messages import MAX_MESSAGE_BYTES, Agent, Message, ProposedStep
from shared.tools import describe

PROPOSE_PLAN = "propose_plan"
PROPOSE_UNDO = "propose_undo"
# Of every change function, where the session holds several accounts; no operation has an argument of that name.
ACCOUNT = "account"
MAX_GOAL_CHARS = 300
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
    """The functions offered to the model; `propose_plan` is one of them.

    `read_only`: those that change something are not offered, and a call of one is refused whoever asks for it.
    """

    def __init__(self, offered: Iterable[Function], *, read_only: bool = False) -> None:
        self._by_name = {entry.name: entry for entry in offered}
        self._read_only = read_only
        self.changes = frozenset(name for name, entry in self._by_name.items() if entry.is_change)
        self.reads = frozenset(self._by_name) - self.changes
        shown = self.reads if read_only else self._by_name.keys()
        self.openai: list[dict[str, Any]] = [entry.openai() for name, entry in self._by_name.items() if name in shown]

    def for_reading(self) -> Functions:
        """The same for a turn in which nothing may be proposed."""
        return Functions(self._by_name.values(), read_only=True)

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


class Proposal(Message):
    """A plan as the model asked for it: `propose_plan`'s arguments, or several change calls together."""

    goal: str = Field(min_length=1, max_length=2000)
    steps: tuple[ProposedStep, ...] = Field(min_length=1)
    on_failure: Literal["undo", "keep"] = "undo"
    account: str | None = Field(default=None, min_length=1, max_length=100)


def plan_to_undo(calls: Sequence[Call]) -> str | None:
    """The id of the plan that the calls ask to undo; None where they ask for other changes. Raises InvalidArguments."""
    undoing = [call for call in calls if call.name == PROPOSE_UNDO]
    if not undoing:
        return None
    if len(calls) > 1:
        raise InvalidArguments(f"{PROPOSE_UNDO} is a plan of its own; call it alone", code="undo_not_alone")
    plan_id = undoing[0].arguments.get("plan_id")
    if not isinstance(plan_id, str) or len(undoing[0].arguments) != 1:
        raise InvalidArguments(f"{PROPOSE_UNDO} takes plan_id, the id of the plan to undo")
    return plan_id


def merge(calls: Sequence[Call], message: str) -> Proposal:
    """All change calls of one model message as one proposal; ids are unique in it.

    A direct call becomes a step `s1`, `s2`…; where a whole plan's ids collide with others they are renamed,
    in its references too. Raises InvalidArguments.
    """
    goals: list[str] = []
    steps: list[ProposedStep] = []
    accounts: dict[str, None] = {}
    keep = False
    for call in calls:
        proposal = _proposal(call)
        keep = keep or proposal.on_failure == "keep"
        if proposal.account is not None:
            accounts[proposal.account] = None
        if call.name == PROPOSE_PLAN:
            goals.append(proposal.goal)
        steps.extend(_with_unique_ids(proposal.steps, {step.id for step in steps if step.id}))
    goal = "; ".join(goals) or " ".join(message.split())[:MAX_GOAL_CHARS]
    if len(accounts) > 1:
        raise InvalidArguments(
            f"a plan changes one account, and these calls name {', '.join(accounts)}; propose a plan for each",
            code="several_accounts",
        )
    account = next(iter(accounts), None)
    return Proposal(goal=goal, steps=tuple(steps), on_failure="keep" if keep else "undo", account=account)


def _proposal(call: Call) -> Proposal:
    try:
        if call.name == PROPOSE_PLAN:
            return Proposal.model_validate(call.arguments)
        arguments = {name: value for name, value in call.arguments.items() if name != ACCOUNT}
        step = ProposedStep(operation=call.name, arguments=arguments)
        return Proposal.model_validate({"goal": call.name, "steps": (step,), "account": call.arguments.get(ACCOUNT)})
    except ValidationError as error:
        raise InvalidArguments(f"{call.name}: {describe(error)}") from None


def _with_unique_ids(steps: Sequence[ProposedStep], taken: set[str]) -> list[ProposedStep]:
    given = {step.id for step in steps if step.id}
    fresh = (f"s{number}" for number in range(1, 10_000))
    free: Iterator[str] = (name for name in fresh if name not in taken and name not in given)
    renamed = {name: next(free) for name in sorted(given & taken)}
    unique = []
    for step in steps:
        step_id = renamed.get(step.id, step.id) if step.id else next(free)
        needs = tuple(renamed.get(need, need) for need in step.needs)
        arguments = {name: _renamed(value, renamed) for name, value in step.arguments.items()}
        unique.append(step.model_copy(update={"id": step_id, "needs": needs, "arguments": arguments}))
    return unique


def _renamed(value: JsonValue, renamed: Mapping[str, str]) -> JsonValue:
    """The value with every `{"$from": "STEP_ID.path"}` pointing at the new ids."""
    if isinstance(value, dict):
        reference = value.get("$from")
        if len(value) == 1 and isinstance(reference, str):
            step_id, dot, path = reference.partition(".")
            return {"$from": f"{renamed.get(step_id, step_id)}{dot}{path}"}
        return {key: _renamed(item, renamed) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, renamed) for item in value]
    return value
