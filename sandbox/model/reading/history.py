"""Reads a conversation's messages: its turns, what tools answered in each, and which resources that told of."""

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.model.phrasing import objects_of
from sandbox.model.tools import OPERATIONS, READ_TOOLS, name_in
from sandbox.model.types import Call, JsonObject, Outcome

_MOST_FAILED = 6


@dataclass
class Turn:
    """One user message and everything that followed it."""

    text: str
    outcomes: list[Outcome] = field(default_factory=list)
    failed: int = 0  # calls that were never made: broken arguments, or a function nobody offered
    answer: str = ""


@dataclass(frozen=True)
class Conversation:
    """The conversation up to now; the last turn is the one to answer."""

    turns: tuple[Turn, ...]
    region: str = ""
    account: str = ""
    caller: str = ""
    # The same request in another conversation must not choose the same names again: they exist by then.
    salt: str = field(default_factory=lambda: secrets.token_hex(4), compare=False)

    @property
    def current(self) -> Turn:
        """The turn that waits for an answer."""
        return self.turns[-1]

    @property
    def earlier(self) -> tuple[Turn, ...]:
        """The turns before it, oldest first."""
        return self.turns[:-1]

    def listing(self) -> tuple[str, list[str]]:
        """Kind and names of the newest list an earlier turn showed, in its order."""
        newest = [listed(each) for turn in reversed(self.earlier) for each in reversed(turn.outcomes)]
        lists = [(kind, names) for kind, names in newest if len(names) > 1]
        return next(iter(lists or [(kind, names) for kind, names in newest if names]), ("", []))

    def kind_of(self, name: str) -> str:
        """The kind a name had in this conversation's tool results; empty when it never came up."""
        results = (listed(outcome) for turn in reversed(self.turns) for outcome in turn.outcomes)
        return next((kind for kind, names in results if name in names), "")

    def regions_seen(self) -> dict[str, str]:
        """The region of each name that this conversation's tool results showed, the newest last."""
        rows = [row for turn in self.turns for outcome in turn.outcomes for row in rows_of(outcome)]
        return {name: str(row["region"]) for name, row in rows if row.get("region")}


def rows_of(outcome: Outcome) -> list[tuple[str, JsonObject]]:
    """The resources a tool's result tells of: each with its name."""
    tool = READ_TOOLS.get(outcome.call.name)
    if not outcome.ok or tool is None or tool.rows is None:
        return []
    key, name, _ = tool.rows
    rows = objects_of(outcome.result, key) if key else [outcome.result]
    return [(str(row[name]), row) for row in rows if row.get(name)]


def listed(outcome: Outcome) -> tuple[str, list[str]]:
    """Kind and names of the resources a tool's result tells of."""
    names = [name for name, _ in rows_of(outcome)]
    tool = READ_TOOLS.get(outcome.call.name)
    return (tool.rows[2], names) if names and tool and tool.rows else ("", [])


def plans_of(outcomes: list[Outcome]) -> list[JsonObject]:
    """The distinct plans among outcomes, in order; several calls of one message share one plan."""
    plans: dict[str, JsonObject] = {}
    for outcome in outcomes:
        if outcome.plan is not None:
            plans[str(outcome.plan.get("plan_id", len(plans)))] = outcome.plan
    return list(plans.values())


def newest_plan(conversation: Conversation) -> JsonObject | None:
    """The newest plan that an earlier turn ended with."""
    return next((plans[-1] for turn in reversed(conversation.earlier) if (plans := plans_of(turn.outcomes))), None)


def known_of(step: JsonObject) -> JsonObject:
    """A step's arguments and its result, which says it better, without references to other steps."""
    known = {**(step.get("arguments") or {}), **(step.get("result") or {})}
    return {key: value for key, value in known.items() if not isinstance(value, dict)}


def done_steps(plan: JsonObject, verb: str) -> list[tuple[str, str]]:
    """Kind and name of everything that a plan's carried-out steps created or deleted, in order."""
    found: list[tuple[str, str]] = []
    for step in plan.get("steps") or []:
        operation = OPERATIONS.get(str(step.get("operation")))
        if operation and operation.verb == verb and step.get("status") in (None, "done", "ok"):
            name = name_in(known_of(step), operation.resource)
            found += [(operation.resource.kind, name)] if name else []
    return found


def read_conversation(messages: list[JsonObject]) -> Conversation:
    """Build the conversation from chat-completion messages (their order was validated before)."""
    turns: list[Turn] = []
    calls: dict[str, Call] = {}
    system = ""
    for message in messages:
        role, text = message.get("role"), content_text(message.get("content"))
        if role in ("system", "developer"):
            system += "\n" + text
        elif role == "user":
            turns.append(Turn(text))
        elif role == "assistant":
            calls |= {each["id"]: _call(each.get("function") or {}) for each in message.get("tool_calls") or []}
            if text and turns:
                turns[-1].answer = text
        elif role == "tool" and turns:
            call = calls.get(message.get("tool_call_id", ""), Call("unknown"))
            _record(turns[-1], read_outcome(call, text))
    if not turns:
        turns.append(Turn(""))
    region = re.search(r"^\s*[-*]?\s*(?:\w+ )*region\s*[:=]\s*`?([a-z]{2}(?:-[a-z]+)+-\d)", system, re.I | re.M)
    account = re.search(r"account[^\n\d]{0,20}(\d{12})", system, re.IGNORECASE)
    caller = re.search(r"^\s*[-*]?\s*caller\s*[:=]\s*`?(arn:\S+?)`?\s*$", system, re.I | re.M)
    return Conversation(
        tuple(turns),
        region.group(1).lower() if region else "",
        account.group(1) if account else "",
        caller.group(1) if caller else "",
    )


def _record(turn: Turn, outcome: Outcome) -> None:
    """Keep an outcome; that of a call which was never made is left out, so that the call is made again."""
    if (outcome.call.malformed or outcome.error.get("code") == "unknown_tool") and turn.failed < _MOST_FAILED:
        turn.failed += 1
    else:
        turn.outcomes.append(outcome)


def content_text(content: object) -> str:
    """A message's text, whether its content is a string or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text", "") for part in content if isinstance(part, dict)]
        return "\n".join(part for part in parts if isinstance(part, str) and part)
    return ""


def _call(function: JsonObject) -> Call:
    try:
        arguments = json.loads(function.get("arguments") or "{}")
    except ValueError:
        arguments = None
    name = str(function.get("name", ""))
    if isinstance(arguments, dict):
        # Whom a call is about is said around the planner, see `accounts.py`.
        arguments = {key: value for key, value in arguments.items() if key not in ("account", "accounts")}
    return Call(name, arguments) if isinstance(arguments, dict) else Call(name, malformed=True)


def read_outcome(call: Call, text: str) -> Outcome:
    """Parse a tool message: the body inside ``<tool_output>`` or bare JSON. Its text stays data."""
    body = _json_body(text)
    if not isinstance(body, dict):
        shown = {"value": body if body is not None else text.strip()}
        return Outcome(call, "ok", shown, {})
    status = str(body.get("status", "ok"))
    error = body.get("error") or {}
    error = error if isinstance(error, dict) else {"code": "error", "detail": str(error)}
    result = body.get("result", {} if error else body)
    plan = _plan(body, result)
    result = _of_one_account(result) if isinstance(result, dict) else {"value": result}
    gaps = tuple(gap for gap in body.get("gaps") or [] if isinstance(gap, dict))
    complete = body.get("complete") is not False
    table = body.get("table")
    return Outcome(
        call,
        "error" if error else "ok" if plan else status,
        result,
        error,
        gaps,
        complete,
        plan,
        str(body.get("result_ref") or ""),
        table if isinstance(table, dict) else {},
    )


def _of_one_account(result: JsonObject) -> JsonObject:
    """What the first account answered that has the thing, where a result is by account; the others stay beside it."""
    parts = result.get("accounts")
    if not isinstance(parts, list) or not parts or not isinstance(parts[0].get("result"), dict):
        return result
    return {"account": parts[0].get("account"), **parts[0]["result"], "accounts": parts[1:]}


def _plan(body: JsonObject, result: Any) -> JsonObject | None:
    for holder in (body, result):
        if isinstance(holder, dict) and isinstance(holder.get("plan"), dict):
            plan: JsonObject = holder["plan"]
            # What an approval lets the model see of the values that the plan has read.
            return plan | ({"values": body["values"]} if isinstance(body.get("values"), dict) else {})
    return body if "plan_id" in body and "steps" in body else None


def _json_body(text: str) -> Any:
    wrapped = re.match(r"\s*<tool_output[^>]*>\s*(.*?)\s*</tool_output>\s*$", text, re.DOTALL)
    try:
        return json.loads(wrapped.group(1) if wrapped else text)
    except ValueError:
        return None
