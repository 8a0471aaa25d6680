"""Asks Claude through Bedrock's Converse API for one answer in a given shape.

Claude must answer by calling a tool whose input schema is the answer's model. An answer that does not fit is
sent back once. Whatever goes wrong is an AssistantError with a text a person can act on.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from services.bedrock_advisor.answers import Answer
from services.bedrock_advisor.context import AdvisorContext
from services.bedrock_advisor.converse import converse
from shared.errors import AssistantError, AwsError, DeadlineExceeded
from shared.tools import describe

A = TypeVar("A", bound=Answer)

# Less than this is not enough for Claude to write an answer.
MIN_SECONDS = 3.0

_BLOCKED = {
    "guardrail_intervened": "a Bedrock guardrail blocked Claude's answer",
    "content_filtered": "Bedrock's content filter blocked Claude's answer",
}
_CUT_SHORT = {
    "max_tokens": "Claude's answer was longer than BEDROCK_MAX_TOKENS allows",
    "model_context_window_exceeded": "the policy is too long for the model",
}


@dataclass(frozen=True, slots=True)
class Question(Generic[A]):
    """What to ask: the prompt's name, the data under review by tag, and the tool Claude must answer with."""

    prompt: str
    tool: str
    description: str
    answer: type[A]
    data: dict[str, object]


class Unfit(Exception):
    """Claude's answer does not fit, and why; it gets one chance to mend it."""

    def __init__(self, reason: str, tool_use_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.tool_use_id = tool_use_id


def ask(context: AdvisorContext, question: Question[A]) -> A:
    """Return Claude's answer. Raises AssistantError where there is none."""
    until = time.time() + min(context.settings.bedrock_timeout, context.aws.remaining())
    messages: list[dict[str, Any]] = [{"role": "user", "content": [{"text": delimited(question.data)}]}]
    reason = ""
    for _ in range(2):
        if until - time.time() < MIN_SECONDS:
            raise DeadlineExceeded("there was no time left to ask Claude")
        response = converse(context, request(context, question, messages), until)
        try:
            return read_answer(response, question)
        except Unfit as unfit:
            reason = unfit.reason
            messages = [messages[0], *repair(response, unfit, question.tool)]
    raise AwsError(f"Claude's answer did not fit twice: {reason}", code="claude_no_usable_answer", retryable=True)


def review(context: AdvisorContext, question: Question[A]) -> tuple[A, None] | tuple[None, str]:
    """Return Claude's answer, or why there is none; then the answer as a whole is marked incomplete."""
    try:
        return ask(context, question), None
    except AssistantError as error:
        context.aws.gap(error.code, f"Claude did not review this: {error.detail}", region=context.region)
        return None, error.detail


def request(context: AdvisorContext, question: Question[A], messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The arguments of `converse`."""
    inference: dict[str, Any] = {"maxTokens": context.settings.bedrock_max_tokens}
    if context.settings.bedrock_temperature is not None:
        inference["temperature"] = context.settings.bedrock_temperature
    specification = {
        "name": question.tool,
        "description": question.description,
        "inputSchema": {"json": question.answer.model_json_schema()},
    }
    return {
        "modelId": context.settings.bedrock_model_id,
        "system": [{"text": f"{prompt('common')}\n{prompt(question.prompt)}"}],
        "messages": messages,
        "inferenceConfig": inference,
        "toolConfig": {
            "tools": [{"toolSpec": specification}],
            "toolChoice": {"tool": {"name": question.tool}},
        },
    }


def read_answer(response: dict[str, Any], question: Question[A]) -> A:
    """Take the tool's input out of a response. Raises Unfit where Claude can mend it, else AwsError."""
    reason = response.get("stopReason")
    if reason in _BLOCKED:
        raise AwsError(_BLOCKED[reason], code="claude_blocked")
    if reason in _CUT_SHORT:
        raise AwsError(_CUT_SHORT[reason], code="claude_truncated")
    for block in content(response):
        use = block.get("toolUse")
        if use and use.get("name") == question.tool:
            try:
                return question.answer.model_validate(use.get("input"))
            except ValidationError as error:
                raise Unfit(describe(error), use.get("toolUseId")) from None
    raise Unfit(f"it did not call {question.tool} (stop reason: {reason})")


def repair(response: dict[str, Any], unfit: Unfit, tool: str) -> list[dict[str, Any]]:
    """The messages that send an unfit answer back: as a failed tool result, or in words where no tool was called."""
    # Bedrock refuses blank text; anything else, reasoning included, has to go back as it came.
    said = [block for block in content(response) if block.get("text", "-").strip()]
    if unfit.tool_use_id is None:
        # A call of some other tool would need a result of its own: only the text goes back.
        said = [block for block in said if "toolUse" not in block]
        answer: dict[str, Any] = {"text": f"Answer by calling the tool {tool}, with all of its fields."}
        return [{"role": "assistant", "content": said}, {"role": "user", "content": [answer]}] if said else []
    text = f"The input does not fit the schema: {unfit.reason}. Call {tool} again with the whole, corrected input."
    results = [
        {"toolResult": {"toolUseId": block["toolUse"]["toolUseId"], "status": "error", "content": [{"text": text}]}}
        for block in said
        if "toolUse" in block
    ]
    return [{"role": "assistant", "content": said}, {"role": "user", "content": results}]


def content(response: dict[str, Any]) -> list[dict[str, Any]]:
    """The content blocks of a response."""
    found = ((response.get("output") or {}).get("message") or {}).get("content")
    return found if isinstance(found, list) else []


def delimited(data: dict[str, object]) -> str:
    """The data between tags. `<` is written as an escape, so that no text in it can close its tag."""
    parts = []
    for tag, value in data.items():
        text = json.dumps(value, indent=1, ensure_ascii=False, default=str)
        parts.append(f"<{tag}>\n{text.replace('<', chr(92) + 'u003c')}\n</{tag}>")
    return "\n\n".join(parts)


@cache
def prompt(name: str) -> str:
    """The text of `prompts/NAME.md`."""
    return (resources.files("services.bedrock_advisor") / "prompts" / f"{name}.md").read_text(encoding="utf-8")
