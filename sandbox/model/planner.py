"""The planner: from a chat-completion request's messages to the model's next message."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sandbox.model.answers import compose
from sandbox.model.commands import VERBS, commands_in, rest_of
from sandbox.model.deciding import decide
from sandbox.model.focus import Focus, focus_of, focus_of_tokens
from sandbox.model.followup import follow_up_calls, what_was_made, with_references
from sandbox.model.history import Conversation, plans_of, read_conversation
from sandbox.model.mending import mended
from sandbox.model.offer import PLAN_TOOL, Offer
from sandbox.model.policies import policy_calls
from sandbox.model.reading import calls_for
from sandbox.model.topics import OVERVIEW
from sandbox.model.types import KINDS, Call, Change, JsonObject, Outcome, Reply
from sandbox.model.undoing import UNDO_TOOL, undo_by_hand, verdict_answer
from sandbox.model.vocabulary import word_set
from sandbox.model.wish import Wish
from sandbox.model.wishes import wishes_of
from sandbox.model.words import CAN, advice, cannot, no_tool, small_talk

# Where the wanted tool is not offered, another one whose result holds the same figures.
_INSTEAD: dict[str, tuple[str, ...]] = {
    "get_s3_usage": ("get_s3_bucket_sizes", "summarize_aws_usage"),
    "list_s3_buckets": ("get_s3_bucket_sizes", "get_s3_usage"),
    "get_s3_bucket_sizes": ("get_s3_usage",),
    "count_s3_objects": ("get_s3_bucket_sizes", "get_s3_usage"),
    "list_ec2_instances": ("summarize_aws_usage",),
    "list_lambda_functions": ("summarize_aws_usage",),
    "list_iam_roles": ("summarize_aws_usage",),
    "get_cost_summary": ("summarize_aws_usage",),
}


_QUESTIONS = word_set(
    "what whats which who whose where when how show list tell describe explain summarize summarise give count compare "
    "do does did is are have has any display check report overview summary"
)


_RENAMING = re.compile(
    r"(?:(?:no|actually|sorry|wait|hmm|oh|on second thought|rather|please|let's)[,\s]+)*(?:call|name|rename)\s+"
    r"(?:it|that|the \w+)\s+(?:to\s+)?[`'\"]?(?P<name>[\w.-]*\w)[`'\"]?(?:\s+(?:instead|rather|please|then))*[.!]*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Intent:
    """What the current message wants: reads, a change, and which of the two comes first."""

    focus: Focus
    reads: tuple[Call, ...] = ()
    wish: Wish | None = None
    reads_first: bool = True
    asked: Focus | None = None  # the part of an order that asks something: its answer must not speak of the rest
    say: str = ""


def next_reply(messages: list[JsonObject], offer: Offer, may_call: bool = True) -> Reply:
    """The model's next message: calls that are still needed, else the answer."""
    conversation = read_conversation(messages)
    intent = understand(conversation)
    outcomes = conversation.current.outcomes
    mend = mended(outcomes, offer)
    if mend and may_call:
        return Reply(calls=(mend,))
    change = _change(intent, conversation, offer)
    if may_call:
        calls = _next_calls(intent, change, conversation, offer)
        if calls:
            return Reply(calls=calls)
    return Reply(text=_answer(intent, change, conversation, offer, may_call))


def understand(conversation: Conversation) -> Intent:
    """Read the current message, with the earlier turns to lean on."""
    text = conversation.current.text
    focus = focus_of(text)
    wish = wishes_of(focus)
    renamed = _renamed(text, conversation)
    if renamed:
        focus = focus_of(renamed)
        wish = wishes_of(focus)
    if not wish.any and _answers_my_question(focus, conversation):
        focus = focus_of(f"{conversation.earlier[-1].text.rstrip('. ')} , {text}")
        wish = wishes_of(focus)
    documents = policy_calls(focus, conversation)
    if documents and not (wish.roles or wish.functions):
        return Intent(focus, tuple(documents))
    said = advice(text) or what_was_made(text, conversation) or verdict_answer(text, conversation)
    if said:
        return Intent(focus, say=said)
    if wish.any:
        return _changing(focus, wish, conversation)
    referred = with_references(focus, conversation)
    calls = calls_for(referred, conversation)
    if _leans(referred, calls):
        again, merged = follow_up_calls(referred, conversation)
        calls = again or calls_for(merged, conversation) or calls
        referred = merged
    return Intent(referred, tuple(calls))


def _renamed(text: str, conversation: Conversation) -> str:
    """ "Actually call it X instead": the last wish with the other name, while nothing has come of it yet."""
    found = _RENAMING.match(text.strip())
    if not found or not conversation.earlier:
        return ""
    last = conversation.earlier[-1]
    wish = wishes_of(focus_of(last.text))
    plans = plans_of(last.outcomes)
    if not (wish.buckets or wish.roles or wish.functions) or any(plan.get("status") == "done" for plan in plans):
        return ""
    names = [name for name in (*wish.buckets, *wish.roles, *wish.functions) if name]
    new = found.group("name")
    return last.text.replace(names[0], new) if names else f"{last.text.rstrip('. ')} called {new}"


def _leans(focus: Focus, calls: list[Call]) -> bool:
    """True when a message may only be understood with the one before it."""
    return not calls or focus.text.lower().lstrip().startswith(
        ("and ", "what about", "how about", "of those", "of them")
    )


def _answers_my_question(focus: Focus, conversation: Conversation) -> bool:
    """True when the last answer asked something back and this message is no question of its own."""
    if not conversation.earlier or conversation.earlier[-1].outcomes:
        return False
    asked = conversation.earlier[-1].answer
    return "?" in asked and asked.startswith(("Which", "Is ", "From which")) and "?" not in focus.text


def _changing(focus: Focus, wish: Wish, conversation: Conversation) -> Intent:
    commands = commands_in(focus.tokens)
    rest = rest_of(focus.tokens, commands)
    asked = focus_of_tokens(rest)
    if asked.has("it") and not asked.named:  # "… to the role x and tell me who can assume it"
        told = [replace(each, at=-1) for each in focus.named if each.kind in KINDS]
        asked = replace(asked, named=tuple(told[-1:]))
    # What is left of "do not delete a-1" asks nothing about a-1.
    # "We need a place for invoices, so make a bucket" asks nothing about invoices.
    questions = any(token.text == "?" or token.word.split()[0] in _QUESTIONS for token in rest if token.word)
    asks = asked.concepts and len(rest) > 1 and questions and not (asked.concepts & VERBS and asked.has("not"))
    reads = calls_for(asked, conversation) if asks else []
    first = bool(reads) and focus.tokens[0] is rest[0] and not asked.has("create")
    return Intent(focus, tuple(reads), wish, reads_first=first, asked=asked)


def _change(intent: Intent, conversation: Conversation, offer: Offer) -> Change:
    """The change to propose; look-ups that are not on offer count as made in vain."""
    if intent.wish is None:
        return Change()
    outcomes = list(conversation.current.outcomes)
    for _ in range(4):
        change = decide(intent.wish, conversation, outcomes)
        vain = [call for call in change.lookups if call.name not in offer]
        if not vain:
            break
        outcomes += [Outcome(call, "ok", {}, {}) for call in vain]
    lacking = sorted({step.operation for step in change.steps if not offer.can_change(step.operation)})
    if lacking and not any(outcome.plan for outcome in conversation.current.outcomes):
        return Change(say=no_tool(lacking))
    if change.undo and UNDO_TOOL not in offer and not any(outcome.plan for outcome in outcomes):
        return Change(say=undo_by_hand(change.undo))
    if not (change.steps or change.lookups or change.say or change.undo):
        return replace(change, say=cannot(intent.wish.unsupported))
    return change


def _next_calls(intent: Intent, change: Change, conversation: Conversation, offer: Offer) -> tuple[Call, ...]:
    outcomes = conversation.current.outcomes
    reads = tuple(call for call in _offered(intent.reads, offer) if not _made(call, outcomes))
    if intent.reads_first and reads:
        return reads
    lookups = tuple(offer.fit(call) for call in change.lookups)
    pending = tuple(call for call in lookups if not _made(call, outcomes))
    if pending:
        return pending
    undo = Call(UNDO_TOOL, {"plan_id": change.undo})
    if change.undo and not _made(undo, outcomes):
        return (undo,)
    if change.steps and not _proposed(change, outcomes):
        return offer.calls_for(change, conversation.account)
    return reads


def _offered(reads: tuple[Call, ...], offer: Offer) -> list[Call]:
    """The reads that the request's tools can make, each fitted to its schema."""
    if reads == OVERVIEW and "summarize_aws_usage" in offer and sum(call.name in offer for call in reads) < 3:
        return [offer.fit(Call("summarize_aws_usage"))]
    out: list[Call] = []
    for call in reads:
        name = next((each for each in (call.name, *_INSTEAD.get(call.name, ())) if each in offer), None)
        if name is None:
            continue
        arguments = dict(call.arguments)
        if name == "get_s3_bucket_sizes" and "bucket_name" in arguments:
            arguments = {"bucket_names": [arguments["bucket_name"]]}
        fitted = offer.fit(Call(name, arguments))
        out += [] if fitted in out else [fitted]
    return out


def _made(call: Call, outcomes: list[Outcome]) -> bool:
    return any(each.call.name == call.name and each.call.arguments == call.arguments for each in outcomes)


def _proposed(change: Change, outcomes: list[Outcome]) -> bool:
    tools = {PLAN_TOOL, *(step.operation for step in change.steps)}
    return any(outcome.plan is not None or outcome.call.name in tools for outcome in outcomes)


def _answer(intent: Intent, change: Change, conversation: Conversation, offer: Offer, may_call: bool) -> str:
    outcomes = conversation.current.outcomes
    shown = [outcome for outcome in outcomes if not _is_lookup(outcome, intent)]
    parts = [compose(shown, intent.asked or intent.focus)]
    parts += [intent.say, change.say, change.note]
    missing = _missing(intent.reads, offer)
    if missing:
        parts.append(no_tool(missing))
    text = "\n\n".join(part for part in parts if part)
    if text:
        return text
    if not may_call and (intent.reads or change.steps):
        return "I was asked not to call any function, and without one I know nothing of your account."
    return small_talk(intent.focus) or f"I can't do that here: this is the sandbox's small model. {CAN}"


def _is_lookup(outcome: Outcome, intent: Intent) -> bool:
    """A look-up made only to prepare a change is not what the user asked to see."""
    if intent.wish is None or outcome.plan is not None:
        return False
    asked = {call.name for call in intent.reads}
    lookups = ("describe_iam_role", "list_lambda_functions")
    return outcome.call.name in lookups and outcome.call.name not in asked


def _missing(reads: tuple[Call, ...], offer: Offer) -> list[str]:
    if reads == OVERVIEW and "summarize_aws_usage" in offer:
        return []
    return [call.name for call in reads if not any(name in offer for name in (call.name, *_INSTEAD.get(call.name, ())))]
