"""The planner: from a chat-completion request's messages to the model's next message."""

import re
from dataclasses import dataclass, replace

from sandbox.model.answers.compose import compose
from sandbox.model.answers.instructed import IDENTITY, instructed
from sandbox.model.answers.small_talk import CAN, advice, cannot, no_tool, small_talk
from sandbox.model.calls.offer import PLAN_TOOL, Offer
from sandbox.model.calls.repair import repaired
from sandbox.model.calls.undeclared import undeclared
from sandbox.model.changes.beyond import properties_beyond, refusal
from sandbox.model.changes.change_request import ChangeRequest
from sandbox.model.changes.commands import VERBS, commands_in, rest_of
from sandbox.model.changes.proposal import propose
from sandbox.model.changes.reader import change_request_of
from sandbox.model.changes.undo import UNDO_TOOL, undo_by_hand, verdict_answer
from sandbox.model.phrasing import paragraphs
from sandbox.model.questions.by_query import queried, query_calls
from sandbox.model.questions.by_search import READ, SEARCH, search_calls
from sandbox.model.questions.denials import PASTE_IT, asks_why_denied, denied_calls
from sandbox.model.questions.follow_ups import follow_up_calls
from sandbox.model.questions.foreign import ENGLISH_ONLY, is_foreign
from sandbox.model.questions.qualifiers import left_out, note_about
from sandbox.model.questions.references import what_was_made, with_references
from sandbox.model.questions.tool_choice import calls_for, policy_calls
from sandbox.model.reading.focus import focus_of, focus_of_tokens
from sandbox.model.reading.history import Conversation, plans_of, read_conversation
from sandbox.model.reading.vocabulary import word_set
from sandbox.model.tools import CREATED, READ_TOOLS
from sandbox.model.types import Call, Focus, JsonObject, Outcome, Proposal, Reply

_QUESTIONS = word_set(
    "what whats which who whose where when how show list tell describe explain summarize summarise give count compare "
    "do does did is are have has any display check report overview summary"
)
_RENAMING = re.compile(
    r"(?i)(?:(?:no|actually|sorry|wait|hmm|oh|on second thought|rather|please|let's)[,\s]+)*(?:call|name|rename)\s+"
    r"(?:it|that|the \w+)\s+(?:to\s+)?[`'\"]?(?P<name>[\w.-]*\w)[`'\"]?(?:\s+(?:instead|rather|please|then))*[.!]*"
)
_EMPTYING = re.compile(
    r"(?i)\W*(?:(?:please|can you|could you|just)\s+)*empty\s+(?:out\s+)?(?:the|my|all|every|bucket)\b"
)


@dataclass(frozen=True)
class Intent:
    """What the current message wants: reads, a change, and which of the two comes first."""

    focus: Focus
    reads: tuple[Call, ...] = ()
    request: ChangeRequest | None = None
    reads_first: bool = True
    asked: Focus | None = None  # the part of a change request that asks something: its answer is about no more
    say: str = ""


def next_reply(messages: list[JsonObject], offer: Offer, may_call: bool = True) -> Reply:
    """The model's next message: calls that are still needed, else the answer."""
    conversation = read_conversation(messages)
    intent = _with_undeclared(_understand(conversation), conversation, offer)
    intent = _with_search(intent, conversation, offer)
    outcomes = conversation.current.outcomes
    again = repaired(outcomes, offer)
    if again and may_call:
        return Reply(calls=(again,))
    proposal = _proposal(intent, conversation, offer)
    if may_call and (calls := _next_calls(intent, proposal, conversation, offer)):
        return Reply(calls=calls)
    return Reply(text=_answer(intent, proposal, conversation, offer, may_call))


def _understand(conversation: Conversation) -> Intent:
    """Read the current message, with the earlier turns to lean on."""
    text = conversation.current.text
    focus = focus_of(text)
    if is_foreign(text):
        return Intent(focus, say=ENGLISH_ONLY)
    if denied := denied_calls(text):
        return Intent(focus, tuple(denied))
    if asks_why_denied(text):
        return Intent(focus, say=PASTE_IT)
    if _EMPTYING.match(text):
        return Intent(focus, say=cannot(text))
    request = change_request_of(focus)
    if renamed := _renamed(text, conversation):
        focus = focus_of(renamed)
        request = change_request_of(focus)
    if not request.any and _answers_my_question(focus, conversation):
        focus = focus_of(f"{conversation.earlier[-1].text.rstrip('. ')} , {text}")
        request = change_request_of(focus)
    documents = policy_calls(focus, conversation)
    if documents and not (request.roles or request.functions):
        return Intent(focus, tuple(documents))
    said = advice(text) or what_was_made(text, conversation) or verdict_answer(text, conversation)
    if said:
        return Intent(focus, say=said)
    if request.any:
        return _changing(focus, request, conversation)
    referred = with_references(focus, conversation)
    calls = calls_for(referred, conversation)
    if _leans(referred, calls):
        again, merged = follow_up_calls(referred, conversation)
        calls = again or calls_for(merged, conversation) or calls
        referred = merged
    return Intent(referred, tuple(calls))


def _with_undeclared(intent: Intent, conversation: Conversation, offer: Offer) -> Intent:
    """The intent with a function that no file declares, where it fits better than what was understood."""
    if intent.request or intent.say or (intent.reads and not left_out(intent.focus, intent.reads)):
        return intent
    found = undeclared(focus_of(conversation.current.text), offer)
    if found is None:
        return intent
    return replace(intent, reads=(found.call,)) if found.call else replace(intent, reads=(), say=found.says())


def _with_search(intent: Intent, conversation: Conversation, offer: Offer) -> Intent:
    """The intent with a search of AWS's operations, where there would be nothing to say but that it cannot be done."""
    if intent.request or intent.say or intent.reads or small_talk(intent.focus):
        return intent
    return replace(intent, reads=search_calls(intent.focus, conversation, offer))


def _renamed(text: str, conversation: Conversation) -> str:
    """ "Actually call it X instead": the last request with the other name, while nothing has come of it yet."""
    found = _RENAMING.match(text.strip())
    if not found or not conversation.earlier:
        return ""
    last = conversation.earlier[-1]
    request = change_request_of(focus_of(last.text))
    if not request.makes or any(plan.get("status") == "done" for plan in plans_of(last.outcomes)):
        return ""
    names = [name for kind in CREATED for name in request.names(kind) if name]
    new = found.group("name")
    return last.text.replace(names[0], new) if names else f"{last.text.rstrip('. ')} called {new}"


def _leans(focus: Focus, calls: list[Call]) -> bool:
    """True when a message may only be understood with the one before it."""
    openings = ("and ", "what about", "how about", "of those", "of them")
    return not calls or focus.text.lower().lstrip().startswith(openings)


def _answers_my_question(focus: Focus, conversation: Conversation) -> bool:
    """True when the last answer asked something back and this message is no question of its own."""
    if not conversation.earlier or conversation.earlier[-1].outcomes:
        return False
    asked = conversation.earlier[-1].answer
    return "?" in asked and asked.startswith(("Which", "Is ", "From which")) and "?" not in focus.text


def _changing(focus: Focus, request: ChangeRequest, conversation: Conversation) -> Intent:
    commands = commands_in(focus.tokens)
    rest = rest_of(focus.tokens, commands)
    asked = focus_of_tokens(rest)
    if asked.has("it") and not asked.named:  # "… to the role x and tell me who can assume it"
        told = [replace(each, at=-1) for each in focus.named if each.kind in CREATED]
        asked = replace(asked, named=tuple(told[-1:]))
    # What is left of "do not delete a-1" asks nothing about a-1.
    # "We need a place for invoices, so make a bucket" asks nothing about invoices.
    questions = any(token.text == "?" or token.word.split()[0] in _QUESTIONS for token in rest if token.word)
    asks = asked.concepts and len(rest) > 1 and questions and not (asked.concepts & VERBS and asked.has("not"))
    reads = calls_for(asked, conversation) if asks else []
    first = bool(reads) and focus.tokens[0] is rest[0] and not asked.has("create")
    return Intent(focus, tuple(reads), request, reads_first=first, asked=asked)


def _proposal(intent: Intent, conversation: Conversation, offer: Offer) -> Proposal:
    """The change to propose; look-ups that are not on offer count as made in vain."""
    if intent.request is None:
        return Proposal()
    outcomes = list(conversation.current.outcomes)
    for _ in range(4):
        proposal = propose(intent.request, conversation, outcomes)
        vain = [call for call in proposal.lookups if call.name not in offer]
        if not vain:
            break
        outcomes += [Outcome(call, "ok", {}, {}) for call in vain]
    proposed = any(outcome.plan for outcome in outcomes)
    if (properties := properties_beyond(intent.focus, intent.request)) and not proposed:
        return Proposal(say=refusal(properties))
    lacking = sorted({step.operation for step in proposal.steps if not offer.can_change(step.operation)})
    if lacking and not proposed:
        return Proposal(say=no_tool(lacking))
    if proposal.undo and UNDO_TOOL not in offer and not proposed:
        return Proposal(say=undo_by_hand(proposal.undo))
    if not (proposal.steps or proposal.lookups or proposal.say or proposal.undo):
        return replace(proposal, say=cannot(intent.request.unsupported))
    return proposal


def _next_calls(intent: Intent, proposal: Proposal, conversation: Conversation, offer: Offer) -> tuple[Call, ...]:
    outcomes = conversation.current.outcomes
    reads = tuple(call for call in _offered(intent.reads, offer) if not _made(call, outcomes))
    if intent.reads_first and reads:
        return reads
    lookups = tuple(offer.fit(call) for call in proposal.lookups)
    pending = tuple(call for call in lookups if not _made(call, outcomes))
    if pending:
        return pending
    undo = Call(UNDO_TOOL, {"plan_id": proposal.undo})
    if proposal.undo and not _made(undo, outcomes):
        return (undo,)
    if proposal.steps and not _proposed(proposal, outcomes):
        return offer.calls_for(proposal, conversation.account)
    return reads or tuple(call for call in query_calls(intent.focus, outcomes, offer) if not _made(call, outcomes))


def _offered(reads: tuple[Call, ...], offer: Offer) -> list[Call]:
    """The reads that the request's tools can make, each fitted to its schema."""
    out: list[Call] = []
    for call in reads:
        if call.name not in READ_TOOLS:
            out.append(offer.fit(call))
            continue
        tool = next((READ_TOOLS[name] for name in _tools_for(call) if name in offer), None)
        if tool is None:
            continue
        one = tool.several.removesuffix("s")
        arguments = {tool.several: [call.arguments[one]]} if one in call.arguments else call.arguments
        fitted = offer.fit(Call(tool.name, arguments))
        out += [] if fitted in out else [fitted]
    return out


def _tools_for(call: Call) -> tuple[str, ...]:
    """The tool that is called, and those whose results hold the same."""
    tool = READ_TOOLS.get(call.name)
    return (call.name, *(tool.instead if tool else ()))


def _made(call: Call, outcomes: list[Outcome]) -> bool:
    return any(each.call.name == call.name and each.call.arguments == call.arguments for each in outcomes)


def _proposed(proposal: Proposal, outcomes: list[Outcome]) -> bool:
    tools = {PLAN_TOOL, *(step.operation for step in proposal.steps)}
    return any(outcome.plan is not None or outcome.call.name in tools for outcome in outcomes)


def _answer(intent: Intent, proposal: Proposal, conversation: Conversation, offer: Offer, may_call: bool) -> str:
    outcomes = conversation.current.outcomes
    # A look-up that was made only to prepare a change is not what the user asked to see.
    asked = {name for call in intent.reads for name in _tools_for(call)}
    hidden = set(READ_TOOLS.keys() - asked) if intent.request else set()
    if any(outcome.ok and outcome.call.name == READ for outcome in outcomes):
        hidden.add(SEARCH)
    about = replace(intent.asked or intent.focus, caller=conversation.caller)
    # What a query has computed over is not told row by row besides.
    computed = queried(outcomes)
    shown = [outcome for outcome in outcomes if outcome.call.name not in hidden and outcome.ref not in computed]
    told = compose(shown, about)
    if told and intent.reads:
        said = intent.asked or replace(focus_of(conversation.current.text), states=intent.focus.states)
        answering = [*intent.reads, *computed.values()]
        told = paragraphs(note_about(left_out(said, answering), intent.reads), told)
    missing = [call.name for call in intent.reads if not any(name in offer for name in _tools_for(call))]
    if known := instructed(missing, conversation):
        missing, told = [name for name in missing if name != IDENTITY], paragraphs(told, known)
    text = paragraphs(told, intent.say, proposal.say, proposal.note, no_tool(missing) if missing else "")
    if text:
        return text
    if not may_call and (intent.reads or proposal.steps):
        return "I was asked not to call any function, and without one I know nothing of your account."
    return small_talk(intent.focus) or f"I can't do that here: this is the sandbox's small model. {CAN}"
