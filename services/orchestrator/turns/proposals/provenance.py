"""Finds the untrusted arguments of a proposed change: values from a tool's output that the user never wrote.

Anybody may have written a name, tag or log line in the account. A change may use such a value (the user asks "delete
the largest one"), but the person who approves must see where it came from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from pydantic import JsonValue

from services.orchestrator.turns.context.history import ChatMessage
from services.orchestrator.turns.context.prompt import read_tool_output
from services.orchestrator.turns.context.speakers import own_words
from services.orchestrator.turns.proposals.proposal import ACCOUNT, Proposal
from shared.aws.regions import is_named_in
from shared.plans.step import OTHER_SPEAKER, ProposedStep, UntrustedArgument
from shared.sessions.accounts import NamedAccount
from shared.text.json_values import checked

# Shorter values occur in any text by chance.
MIN_CHARS = 3
MAX_UNTRUSTED = 50
MAX_PARTS = 2000
# Keywords of the policy language, and arguments that name no resource, cannot carry a foreign name.
_VOCABULARY = {"Allow", "Deny", "2012-10-17", "2008-10-17", "sts:AssumeRole"}
_SETTINGS = {"runtime"}
REGION = "region"
_AWS_OWN = re.compile(r"^(arn:aws[a-z-]*:iam::aws:policy/.*|[a-z0-9.-]+\.amazonaws\.com)$")


def untrusted_arguments(
    steps: Iterable[ProposedStep], conversation: Sequence[ChatMessage], session_region: str
) -> list[UntrustedArgument]:
    """The arguments found in a tool's output, or in what a message says in another's name, and in nothing that the
    user wrote.

    A region is one too where only the model named it: where a change happens is never the model's choice alone. The
    session's own region, which the user chose, is not.
    """
    spoken = [own_words(str(message["content"])) for message in conversation if message["role"] == "user"]
    said = "\n".join(own for own, _ in spoken).casefold()
    outputs = [(OTHER_SPEAKER, text) for _, text in spoken if text]
    outputs += [opened for message in conversation if (opened := _output(message))]
    found = []
    for step in steps:
        for name, value in step.arguments.items():
            if name in _SETTINGS:
                continue
            if name == REGION and isinstance(value, str):
                if value != session_region and not is_named_in(value, said):
                    tool = _source(value, said, outputs)
                    found.append(UntrustedArgument(step=step.id or "", argument=name, tool=tool))
            elif tool := _source(value, said, outputs):
                found.append(UntrustedArgument(step=step.id or "", argument=name, tool=tool))
    return found[:MAX_UNTRUSTED]


def untrusted_account(
    proposal: Proposal, conversation: Sequence[ChatMessage], accounts: Sequence[NamedAccount]
) -> list[UntrustedArgument]:
    """The proposal's account, where nothing that the user wrote names it, by id or by name: it is the model's choice.

    As with a region, which account is changed is never the model's choice alone.
    """
    if proposal.account is None:
        return []
    spoken = "\n".join(own_words(str(one["content"]))[0] for one in conversation if one["role"] == "user").casefold()
    wanted = proposal.account.strip().casefold()
    meant = [one for one in accounts if wanted in (one.account, (one.name or "").casefold())]
    names = {name.casefold() for one in meant for name in (one.account, one.name) if name} or {wanted}
    if any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", spoken) for name in names):
        return []
    return [UntrustedArgument(step=proposal.steps[0].id or "", argument=ACCOUNT, tool=None)]


def _output(message: ChatMessage) -> tuple[str, str] | None:
    if message["role"] != "tool":
        return None
    opened = read_tool_output(message["content"])
    return (opened[0], "\n".join(_strings(opened[1]))) if opened else None


def _source(value: JsonValue, said: str, outputs: Sequence[tuple[str, str]]) -> str | None:
    """Where a part of the value that the user did not write comes from: the latest source that has it."""
    for looked_at, part in enumerate(_strings(_parsed(value))):
        if looked_at >= MAX_PARTS and outputs:
            # Nothing that a person would ask for has so many: nobody looks through the rest.
            return outputs[-1][0]
        if len(part) < MIN_CHARS or part in _VOCABULARY or _AWS_OWN.match(part) or part.casefold() in said:
            continue
        for tool, text in reversed(outputs):
            if part in text:
                return tool
    return None


def _parsed(value: JsonValue) -> JsonValue:
    """A document given as JSON text, as what it says."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            parsed: JsonValue = checked(json.loads(value))
        except (ValueError, RecursionError):
            return value
        return parsed
    return value


def _strings(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        if set(value) != {"$from"}:
            for item in value.values():
                yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
