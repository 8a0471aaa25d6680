"""Prompts that a person picks in their client: the questions that most begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mcp import types

from shared.errors import InvalidArguments, NotFound

MAX_CHARS = 32_000


@dataclass(frozen=True, slots=True)
class _Prompt:
    title: str
    text: str
    argument: str | None = None
    description: str = ""


_PROMPTS = {
    "overview": _Prompt(
        "What is in this account?",
        "Summarize what this AWS account uses and what it costs this month. Call summarize_aws_usage and "
        "get_cost_summary. Name every gap.",
    ),
    "explain_policy": _Prompt(
        "Explain a policy",
        "Explain this IAM policy with explain_policy_with_claude, then validate it with validate_policy:\n\n{}",
        "policy_json",
        "The policy as JSON.",
    ),
    "compare_policies": _Prompt(
        "Is this policy narrower?",
        "Say with compare_policies whether the second of these two IAM policies allows anything that the first does "
        "not. Call it unknown where the result does:\n\n{}",
        "policies",
        "Both policies as JSON, the one before first.",
    ),
    "why_denied": _Prompt(
        "Why was I denied?",
        "Explain with explain_denied why AWS denied this, what would allow it, and what the message does not show. Do "
        "not guess the rest:\n\n{}",
        "message",
        "The whole error message of AWS.",
    ),
    "who_changed": _Prompt(
        "Who changed it?",
        "Find out with who_changed who last changed this, when and from where; say so where the event history does not "
        "show it: {}",
        "resource",
        "A name, an id or an ARN.",
    ),
    "change": _Prompt(
        "Propose a change",
        "Propose this as one plan with propose_plan, then give me the address of its page. I decide there; say "
        "afterwards with plan_status how it went: {}",
        "wish",
        "What is to be changed, in words.",
    ),
}


def listed() -> list[types.Prompt]:
    return [
        types.Prompt(
            name=name,
            title=prompt.title,
            arguments=[types.PromptArgument(name=prompt.argument, description=prompt.description, required=True)]
            if prompt.argument
            else [],
        )
        for name, prompt in _PROMPTS.items()
    ]


def filled(name: str, arguments: Mapping[str, str]) -> types.GetPromptResult:
    """Raises NotFound (`unknown_prompt`) and InvalidArguments."""
    prompt = _PROMPTS.get(name)
    if prompt is None:
        raise NotFound(f"there is no such prompt; there are {', '.join(_PROMPTS)}", code="unknown_prompt")
    given = arguments.get(prompt.argument, "") if prompt.argument else ""
    if (prompt.argument and not given.strip()) or len(given) > MAX_CHARS:
        raise InvalidArguments(
            f"{prompt.argument}: is needed, {MAX_CHARS} characters at most", code="invalid_arguments"
        )
    # Put in by hand: the text may have braces of its own.
    text = prompt.text.replace("{}", given)
    message = types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
    return types.GetPromptResult(description=prompt.title, messages=[message])
