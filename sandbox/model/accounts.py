"""Several accounts: which of them a message names, said to the planner's calls and told of its answers.

The planner itself reads questions of one account. This stands around it: words about accounts are taken out of what it
reads, its reading calls get `accounts`, its changes `account`, and the answer is followed by what each account said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sandbox.model.calls.offer import Offer
from sandbox.model.phrasing import objects_of, paragraphs
from sandbox.model.planner import next_reply
from sandbox.model.reading.focus import focus_of
from sandbox.model.reading.history import content_text, read_conversation
from sandbox.model.tools import READ_TOOLS
from sandbox.model.types import Call, Focus, JsonObject, Outcome, Reply

# As the instructions list them: - 111122223333 "prod", suspended
_LISTED = re.compile(r'^- (\d{12}) "([^"\n]*)"', re.MULTILINE)
_LEAD = r"(?:\s+(?:in|of|across|over|from|for|within|on|into)|(?:\s*,)?\s*)"
_ALL = re.compile(
    rf"(?i){_LEAD}\s+(?:each|every|all|both|any)(?:\s+one)?(?:\s+of)?(?:\s+(?:my|our|the|these))?\s+(?:aws\s+)?accounts?\b"
    r"|\s+by account\b|\s+per account\b"
)
_READABLE = 6


@dataclass(frozen=True)
class Account:
    account: str
    name: str

    def mentioned(self) -> re.Pattern[str]:
        """ "in account prod", "in the prod account", "in prod", by id as well."""
        names = "|".join(re.escape(each) for each in (self.account, self.name) if each)
        named = rf"(?:the\s+)?(?:accounts?\s+)?[`'\"]?(?:{names})[`'\"]?(?:['’]s)?(?:\s+accounts?)?"
        return re.compile(rf"(?i)\s+(?:in|of|across|over|from|for|within|on|into|and)\s+{named}(?![\w-]|\.\w)")


def reply(messages: list[JsonObject], offer: Offer, may_call: bool = True) -> Reply:
    """The model's next message, in a session that may hold several accounts."""
    accounts = _accounts(messages)
    if not accounts:
        return next_reply(messages, offer, may_call)
    named = _named(content_text(_last_user(messages).get("content")), accounts)
    answered = next_reply([_without_accounts(message, accounts) for message in messages], offer, may_call)
    changes = [call for call in answered.calls if _takes(call, offer, "account")]
    if changes and len(named) != 1:
        listed = ", ".join(each.name or each.account for each in accounts)
        return Reply(text=f"Which account should I change? This session holds {listed}.")
    if answered.calls:
        return replace(answered, calls=tuple(_about(call, offer, named) for call in answered.calls))
    outcomes = read_conversation(messages).current.outcomes
    focus = focus_of(content_text(_last_user(messages).get("content")))
    told = [text for outcome in outcomes for text in (_by_account(outcome), *_elsewhere(outcome, focus))]
    return replace(answered, text=paragraphs(answered.text, *told))


def _accounts(messages: list[JsonObject]) -> tuple[Account, ...]:
    system = "\n".join(
        content_text(one.get("content")) for one in messages if one.get("role") in ("system", "developer")
    )
    return tuple(Account(*found) for found in _LISTED.findall(system))


def _last_user(messages: list[JsonObject]) -> JsonObject:
    return next((message for message in reversed(messages) if message.get("role") == "user"), {})


def _named(text: str, accounts: tuple[Account, ...]) -> list[Account]:
    """The accounts that a message names, as it writes them: "in account prod", "in prod and staging"."""
    return [each for each in accounts if each.mentioned().search(f" {text}")]


def _without_accounts(message: JsonObject, accounts: tuple[Account, ...]) -> JsonObject:
    if message.get("role") != "user":
        return message
    text = _ALL.sub(" ", f" {content_text(message.get('content'))}")
    for each in sorted(accounts, key=lambda one: -len(one.name)):
        text = each.mentioned().sub(" ", text)
    return {**message, "content": re.sub(r"[ \t]+([?.!,]|$)", r"\1", text).strip()}


def _takes(call: Call, offer: Offer, argument: str) -> bool:
    return argument in offer.schemas.get(call.name, {}).get("properties", {})


def _about(call: Call, offer: Offer, named: list[Account]) -> Call:
    names = [each.name or each.account for each in named]
    if _takes(call, offer, "account"):
        return replace(call, arguments={**call.arguments, "account": names[0]})
    if names and _takes(call, offer, "accounts"):
        return replace(call, arguments={**call.arguments, "accounts": names})
    return call


def _by_account(outcome: Outcome) -> str:
    """What each account said, where there are several: its own figures, as the result has them."""
    parts = [part for part in objects_of(outcome.result, "accounts") if isinstance(part.get("figures"), dict)]
    if len(parts) < 2:
        return ""
    lines = []
    for part in parts:
        figures = [f"{key.replace('_', ' ')} {value}" for key, value in part["figures"].items() if _is_figure(value)]
        name = f"{part['name']} ({part['account']})" if part.get("name") else str(part["account"])
        lines.append(f"- {name}: {', '.join(figures[:_READABLE]) or 'nothing'}")
    return "By account:\n" + "\n".join(lines)


def _elsewhere(outcome: Outcome, focus: Focus) -> Iterator[str]:
    """What each further account said of the same one thing."""
    tool = READ_TOOLS.get(outcome.call.name)
    for part in objects_of(outcome.result, "accounts"):
        if tool is not None and isinstance(part.get("result"), dict):
            name = f"{part['name']} ({part['account']})" if part.get("name") else str(part.get("account"))
            yield f"In account {name}:\n\n{tool.tell(part['result'], focus)}"


def _is_figure(value: object) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)
