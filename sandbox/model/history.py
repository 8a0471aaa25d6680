"""Reads a conversation's messages: turns, what tools answered, and what "it" and "them" stand for."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.model.types import Call, JsonObject, Kind, Outcome

_LISTS: dict[str, tuple[str, str, Kind | str]] = {
    "get_s3_usage": ("buckets", "bucket_name", "bucket"),
    "get_s3_bucket_sizes": ("buckets", "bucket_name", "bucket"),
    "list_s3_buckets": ("buckets", "bucket_name", "bucket"),
    "list_lambda_functions": ("functions", "function_name", "function"),
    "list_iam_roles": ("roles", "role_name", "role"),
    "list_ec2_instances": ("instances", "instance_id", "instance"),
}
_MOST_BOTCHED = 6
_SINGLES: dict[str, tuple[str, Kind]] = {
    "count_s3_objects": ("bucket_name", "bucket"),
    "describe_iam_role": ("role_name", "role"),
}


@dataclass
class Turn:
    """One user message and everything that followed it."""

    text: str
    outcomes: list[Outcome] = field(default_factory=list)
    botched: int = 0  # calls that were never made: broken arguments, or a function nobody offered
    answer: str = ""


@dataclass(frozen=True)
class Conversation:
    """The conversation up to now; the last turn is the one to answer."""

    turns: tuple[Turn, ...]
    region: str = ""
    account: str = ""
    # The same wish in another conversation must not choose the same names again: they exist by then.
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
        """What kind of thing a name was in this conversation's tool results; empty when it never came up."""
        for turn in reversed(self.turns):
            for outcome in turn.outcomes:
                kind, names = listed(outcome)
                if name in names:
                    return kind
        return ""


def listed(outcome: Outcome) -> tuple[str, list[str]]:
    """Kind and names of the things a tool's result tells of."""
    if not outcome.ok:
        return "", []
    tool = outcome.call.name
    if tool in _SINGLES:
        field_name, kind = _SINGLES[tool]
        value = outcome.result.get(field_name)
        return (kind, [str(value)]) if value else ("", [])
    if tool in _LISTS:
        key, name, kind_of_list = _LISTS[tool]
        rows = outcome.result.get(key)
        if isinstance(rows, list):
            return str(kind_of_list), [str(row[name]) for row in rows if isinstance(row, dict) and name in row]
    return "", []


def plans_of(outcomes: list[Outcome]) -> list[JsonObject]:
    """The distinct plans among outcomes, in order; several calls of one message share one plan."""
    plans: dict[str, JsonObject] = {}
    for outcome in outcomes:
        if outcome.plan is not None:
            plans[str(outcome.plan.get("plan_id", len(plans)))] = outcome.plan
    return list(plans.values())


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
            for each in message.get("tool_calls") or []:
                calls[each["id"]] = _call(each.get("function") or {})
            if text and turns:
                turns[-1].answer = text
        elif role == "tool" and turns:
            call = calls.get(message.get("tool_call_id", ""), Call("unknown"))
            _record(turns[-1], read_outcome(call, text))
    if not turns:
        turns.append(Turn(""))
    region = re.search(r"^\s*[-*]?\s*(?:\w+ )*region\s*[:=]\s*`?([a-z]{2}(?:-[a-z]+)+-\d)", system, re.I | re.M)
    account = re.search(r"account[^\n\d]{0,20}(\d{12})", system, re.IGNORECASE)
    return Conversation(tuple(turns), region.group(1).lower() if region else "", account.group(1) if account else "")


def _record(turn: Turn, outcome: Outcome) -> None:
    """Keep an outcome; a botched call is forgotten once, so that it is made again and made right."""
    if (outcome.call.malformed or outcome.error.get("code") == "unknown_tool") and turn.botched < _MOST_BOTCHED:
        turn.botched += 1
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
    if not isinstance(arguments, dict):
        return Call(str(function.get("name", "")), malformed=True)
    return Call(str(function.get("name", "")), arguments)


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
    result = result if isinstance(result, dict) else {"value": result}
    gaps = tuple(gap for gap in body.get("gaps") or [] if isinstance(gap, dict))
    complete = body.get("complete") is not False
    return Outcome(call, "error" if error else "ok" if plan else status, result, error, gaps, complete, plan)


def _plan(body: JsonObject, result: Any) -> JsonObject | None:
    for holder in (body, result):
        if isinstance(holder, dict) and isinstance(holder.get("plan"), dict):
            plan: JsonObject = holder["plan"]
            return plan
    return body if "plan_id" in body and "steps" in body else None


def _json_body(text: str) -> Any:
    wrapped = re.match(r"\s*<tool_output[^>]*>\s*(.*?)\s*</tool_output>\s*$", text, re.DOTALL)
    try:
        return json.loads(wrapped.group(1) if wrapped else text)
    except ValueError:
        return None
