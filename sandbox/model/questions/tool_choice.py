"""Chooses the read-only tools that answer a message, clause by clause, as the tools' files declare."""

import re
from dataclasses import replace

from sandbox.model.questions.clauses import clauses_of
from sandbox.model.reading.focus import focus_of, focus_of_tokens
from sandbox.model.reading.history import Conversation
from sandbox.model.reading.vocabulary import word_set
from sandbox.model.tools import CREATED, READ_TOOLS, RESOURCES, kind_by_hint
from sandbox.model.types import Call, Focus, Named

_RISKS = word_set("risk risks risky danger dangerous dangers safe secure security audit problem problems wrong")


def calls_for(focus: Focus, conversation: Conversation) -> list[Call]:
    """The read calls a message asks for, once each, in its order; empty when it asks for none we know."""
    calls: list[Call] = []
    for clause in _with_inherited(clauses_of(focus), focus):
        calls += [call for call in _clause_calls(_resolve(clause, conversation)) if call not in calls]
    return _without_repeats(calls)


def policy_calls(focus: Focus, conversation: Conversation) -> list[Call]:
    """The calls about the policy that the message holds or points back to; empty when there is none."""
    if focus.policies or not _points_at_policy(focus):
        return _clause_calls(focus) if focus.policies else []
    before = (focus_of(turn.text) for turn in reversed(conversation.earlier))
    held = next((each for each in before if each.policies), None)
    if held is None:
        return []
    return _clause_calls(replace(focus, documents=held.documents, broken_document=held.broken_document))


def _points_at_policy(focus: Focus) -> bool:
    asks = focus.has("explain", "validate", "optimize", "describe") or bool(focus.words & _RISKS)
    return focus.has("policy", "it") and asks and not any(each.kind for each in focus.named) and not focus.has("role")


def _clause_calls(clause: Focus) -> list[Call]:
    """The calls one clause asks for: those of the first tool that it is meant for."""
    return next((calls for tool in READ_TOOLS.values() if (calls := tool.calls(clause))), [])


def _with_inherited(clauses: list[Focus], focus: Focus) -> list[Focus]:
    """Give clauses what the message took from earlier turns: a topic, the names "it" stands for, regions."""
    topics = focus.concepts - focus_of_tokens(focus.tokens).concepts
    referred = tuple(each for each in focus.named if each.at < 0)
    out: list[Focus] = []
    for clause in clauses:
        if topics and not clause.topics - {"object", "policy"}:
            clause = clause.on(topics)
        if referred and not clause.named:
            clause = replace(clause, named=referred)
        out.append(clause if clause.regions else replace(clause, regions=focus.regions))
    return out


def _resolve(clause: Focus, conversation: Conversation) -> Focus:
    """Give names that stand without a noun their kind: by the history, the clause's topic, or their look."""
    named = [replace(each, kind=_guess(each, clause, conversation)) for each in clause.named]
    # "compare heavy-papaya with web.bucket": names side by side are of one kind.
    beside = next((each.kind for each in named if each.kind), None)
    return replace(clause, named=tuple(replace(each, kind=each.kind or beside) for each in named))


def _guess(named: Named, clause: Focus, conversation: Conversation) -> str | None:
    known = named.kind or conversation.kind_of(named.value)
    if named.kind or known in CREATED:
        return known
    topical = next((kind for kind in CREATED if clause.has(kind, *RESOURCES[kind].topics)), None)
    if clause.prefix:
        return "bucket"
    runs = rf"{re.escape(named.value)}\W+(?:runs?|uses?|executes?|work)\b"
    if topical == "role" and clause.has("role") and re.search(runs, clause.text):
        return "function"  # "which role does order-worker run as"
    if topical or (hinted := kind_by_hint(named.value)):
        return topical or hinted
    if clause.has("size", "howmuch") and not clause.has("cost"):
        return "bucket"
    return "role" if named.value != named.value.lower() and clause.has("describe") else None


def _without_repeats(calls: list[Call]) -> list[Call]:
    """Make one call of several for named resources, and drop what another answer of the message already holds."""
    out: list[Call] = []
    for call in calls:
        several = READ_TOOLS[call.name].several
        same = next((each for each in out if several in each.arguments and each.name == call.name), None)
        if same and several in call.arguments:
            names = dict.fromkeys([*same.arguments[several], *call.arguments[several]])
            out[out.index(same)] = Call(call.name, {several: list(names)})
        else:
            out.append(call)
    whole = {call.name for call in out if not call.arguments}
    return [call for call in out if not whole.intersection(READ_TOOLS[call.name].covered_by)]
