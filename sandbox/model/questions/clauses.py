"""Splits a question into clauses, each with what it is about: "which buckets do I have and how big are they?"."""

from dataclasses import replace

from sandbox.model.reading.focus import focus_of_tokens
from sandbox.model.types import Focus, Token

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
    return bool(part.topics) or any(named.kind for named in part.named)


def _adopt(clauses: list[Focus]) -> list[Focus]:
    """Give a clause without a topic that of the clause before it ("... and how big are they?")."""
    out: list[Focus] = []
    for clause in clauses:
        if not _stands_alone(clause) and out and clause.concepts - {"polite", "greet", "not"}:
            named = clause.named or (out[-1].named if clause.has("it") else ())
            clause = replace(clause.on(out[-1].topics), named=named)
        elif clause.has("it") and not clause.named and out:
            clause = replace(clause, named=out[-1].named)
        out.append(clause)
    return out
