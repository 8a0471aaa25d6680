"""Decides about function calls that the model wrote into its text, as servers leave them that do not read them.

A read is made if the call is the whole message and repeats nothing that a tool's output says. A change never is: text
may be an echo of what somebody wrote into the account, and a plan must come from a call.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from services.orchestrator.llm.coercion import squashed
from services.orchestrator.llm.completion import Completion, FunctionCall
from services.orchestrator.turns.context.history import ChatMessage
from services.orchestrator.turns.context.prompt import read_tool_output
from services.orchestrator.turns.function_calls import Functions
from services.orchestrator.turns.proposals.secrets import arguments_without_secrets
from shared.text.json_values import strings

MAX_TRIED_CHARS = 500

_HOW = (
    "If it happens again, the model or its server does not call functions properly: set `OPENAI_MODEL` to one that "
    "does, or switch function calling on in the server"
)


def judged(completion: Completion, functions: Functions, conversation: Sequence[ChatMessage]) -> Completion | None:
    """The completion with its written calls as calls, or with words about them; None: the model should try again."""
    if not completion.markup or completion.calls:
        return completion
    named = {call.name for call in completion.written} or set(_named(completion.markup, functions))
    if named & functions.changes:
        return _explained(completion, _change_words(completion, sorted(named & functions.changes)))
    if not completion.written:
        return None
    if echoes(completion.written, completion.markup, conversation):
        return _explained(completion, _echo_words(completion.written))
    return replace(completion, text="", markup="", calls=completion.written, written=())


def given_up(completion: Completion, functions: Functions) -> Completion:
    """The completion where the model wrote calls into other text again."""
    named = _listed(_named(completion.markup, functions)) or "a function"
    words = f"The model wrote a call of {named} into its text instead of calling it, so nothing was called. Ask again. "
    return _explained(completion, f"{words}{_HOW}.")


def echoes(calls: Iterable[FunctionCall], markup: str, conversation: Sequence[ChatMessage]) -> bool:
    """Whether a tool's output says what the message says, or names a function that is called."""
    written = squashed(markup)
    names = [squashed(call.name) for call in calls]
    for message in conversation:
        opened = read_tool_output(message["content"]) if message["role"] == "tool" else None
        if opened is None:
            continue
        inner = strings(opened[1], keys=True)
        said = squashed(json.dumps(opened[1], ensure_ascii=False)) + " " + " ".join(map(squashed, inner))
        if written in said:
            return True
        # The gateway's and the workers' own words about a failed call name its function.
        if opened[1].get("status") != "error" and any(name in said for name in names):
            return True
    return False


def _explained(completion: Completion, words: str) -> Completion:
    text = f"{completion.text.rstrip()}\n\n{words}" if completion.text.strip() else words
    return replace(completion, text=text, markup="", written=())


def _change_words(completion: Completion, changes: Sequence[str]) -> str:
    tried = [
        f"`{call.name}` with `{arguments_without_secrets(call.arguments)[:MAX_TRIED_CHARS]}`"
        for call in completion.written
    ]
    return (
        f"The model tried to call {', '.join(tried) or _listed(changes)}, but wrote it into its text instead of "
        "calling the function. A change is never taken from text: no plan was made, and nothing has been changed. Ask "
        f"again for the change. {_HOW}, or propose the plan without a model: `POST /v1/plans`."
    )


def _echo_words(calls: Sequence[FunctionCall]) -> str:
    return (
        f"The model wrote a call of {_listed([call.name for call in calls])} into its text, in words that stand in the "
        "output of a tool. Somebody may have written them into the account so that the model repeats them; nothing was "
        "called. Ask again in your own words if you want to know this."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))


def _named(text: str, functions: Functions) -> list[str]:
    """The offered functions that a text names, however it writes their names."""
    said = squashed(text)
    return sorted(name for name in functions.changes | functions.reads if squashed(name) in said)
