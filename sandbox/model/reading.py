"""Chooses the read-only tools that answer a question, clause by clause."""

from __future__ import annotations

import re
from dataclasses import replace

from sandbox.model.entities import Named
from sandbox.model.focus import Focus, focus_of_tokens
from sandbox.model.history import Conversation
from sandbox.model.tokens import Token
from sandbox.model.topics import S3_TOPICS, TOPICS, clause_calls
from sandbox.model.types import KINDS, Call, Kind

_BREAKS = frozenset({"and", "also", "plus", "&", "then", "while", "but", "well", "along"})


def clauses_of(focus: Focus) -> list[Focus]:
    """Split a message where a new question may start, and join fragments to the clause they belong to."""
    sentences: list[list[list[Token]]] = [[[]]]
    for token in focus.tokens:
        if token.kind == "mark" and token.text in ".?!;\n":
            sentences.append([[]])
        elif token.text in (",", "&") or (token.kind == "word" and token.word in _BREAKS):
            sentences[-1].append([])
        else:
            sentences[-1][-1].append(token)
    clauses: list[Focus] = []
    for sentence in sentences:
        clauses += _join([focus_of_tokens(tuple(part)) for part in sentence if part])
    return _adopt(clauses)


def _join(parts: list[Focus]) -> list[Focus]:
    """Join the parts of one sentence that have no topic to a neighbour; share the sentence's regions."""
    joined: list[Focus] = []
    waiting: tuple[Token, ...] = ()
    for part in parts:
        if _stands_alone(part):
            joined.append(focus_of_tokens(waiting + part.tokens))
            waiting = ()
        elif joined and not (part.has("it", "them") and part.has("size", "count", "largest", "object")):
            joined[-1] = focus_of_tokens(joined[-1].tokens + part.tokens)
        elif joined:
            joined.append(part)
        else:
            waiting += part.tokens
    if waiting:
        joined.append(focus_of_tokens(waiting))
    regions = tuple(dict.fromkeys(region for part in joined for region in part.regions))
    return [part if part.regions else replace(part, regions=regions) for part in joined]


def _stands_alone(part: Focus) -> bool:
    return bool(part.concepts & TOPICS) or any(named.kind for named in part.named)


def _adopt(clauses: list[Focus]) -> list[Focus]:
    """Give a clause without a topic that of the clause before it ("... and how big are they?")."""
    out: list[Focus] = []
    for clause in clauses:
        if not _stands_alone(clause) and out and clause.concepts - {"polite", "greet", "not"}:
            topics = out[-1].concepts & TOPICS
            named = clause.named or (out[-1].named if clause.has("it") else ())
            clause = replace(clause, concepts=clause.concepts | topics, named=named)
        elif clause.has("it") and not clause.named and out:
            clause = replace(clause, named=out[-1].named)
        out.append(clause)
    return out


def calls_for(focus: Focus, conversation: Conversation) -> list[Call]:
    """The read calls a message asks for, once each, in its order; empty when it asks for none we know."""
    calls: list[Call] = []
    for clause in _with_inherited(clauses_of(focus), focus):
        calls += [call for call in clause_calls(_resolve(clause, conversation)) if call not in calls]
    return _without_repeats(calls)


def _with_inherited(clauses: list[Focus], focus: Focus) -> list[Focus]:
    """Give clauses what the message took from earlier turns: a topic, the names "it" stands for, regions."""
    topics = focus.concepts - focus_of_tokens(focus.tokens).concepts
    referred = tuple(each for each in focus.named if each.at < 0)
    out: list[Focus] = []
    for clause in clauses:
        if topics and not (clause.concepts & TOPICS - {"object", "policy"}):
            clause = replace(clause, concepts=clause.concepts | topics)
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


def _guess(named: Named, clause: Focus, conversation: Conversation) -> Kind | None:
    if named.kind:
        return named.kind
    known = conversation.kind_of(named.value)
    for kind in KINDS:
        if known == kind:
            return kind
    if clause.concepts & (S3_TOPICS | {"empty"}) or clause.prefix:
        return "bucket"
    if clause.has("role") and re.search(rf"{re.escape(named.value)}\W+(?:runs?|uses?|executes?|work)\b", clause.text):
        return "function"  # "which role does order-worker run as"
    if clause.has("role", "policy", "trust"):
        return "role"
    if clause.has("function"):
        return "function"
    lowered = named.value.lower()
    hints: tuple[tuple[str, Kind], ...] = (("role", "role"), ("bucket", "bucket"), ("lambda", "function"))
    for hint, kind in (*hints, ("function", "function"), ("-fn", "function")):
        if hint in lowered:
            return kind
    if clause.has("size", "howmuch") and not clause.has("cost"):
        return "bucket"
    return "role" if named.value != lowered and clause.has("describe") else None


def _one_measurement(calls: list[Call]) -> list[Call]:
    """Ask for the sizes of several named buckets in one call."""
    named = [call for call in calls if call.name == "get_s3_bucket_sizes" and call.arguments]
    if len(named) < 2:
        return calls
    names = [name for call in named for name in call.arguments["bucket_names"]]
    merged = Call("get_s3_bucket_sizes", {"bucket_names": list(dict.fromkeys(names))})
    return [merged if call is named[0] else call for call in calls if call not in named[1:]]


def _without_repeats(calls: list[Call]) -> list[Call]:
    """Drop a plain list that a richer answer of the same message already holds."""
    calls = _one_measurement(calls)
    names = {call.name for call in calls}
    richer = names & {"get_s3_usage"} or any(
        call.name == "get_s3_bucket_sizes" and not call.arguments for call in calls
    )
    return [call for call in calls if not (call.name == "list_s3_buckets" and richer)]
