"""Reads policies for the comparison: each statement as one or more conjunctions of what it asks of a request ("boxes").

Where a statement lists alternatives, each of them is a box of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.iam.comparison.conditions import Keys
from shared.iam.comparison.patterns import Pattern, Unreadable, variables_in
from shared.iam.comparison.principals import callers
from shared.iam.comparison.regions import Box, Fact, LiteralOf, Named, Slot
from shared.iam.comparison.values import InUnion
from shared.iam.documents import MalformedPolicy, NamedPolicy, Statement, parse
from shared.iam.evaluate import Verdict
from shared.iam.match import Request, pattern_doubt
from shared.iam.policy_json import PolicyDocument, statements

_WITH_PRINCIPALS = ("Principal", "NotPrincipal")


@dataclass(frozen=True, slots=True)
class Item:
    """A statement as it stands in its policy, and as the evaluator reads it."""

    raw: PolicyDocument
    read: Statement


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy of any kind; `principals`: its statements say whom they speak of."""

    items: tuple[Item, ...]
    principals: bool
    version: str | None

    def one(self, number: int) -> NamedPolicy:
        """One statement as a policy that the evaluator takes, without whom it speaks of."""
        version = {"Version": self.version} if self.version else {}
        item = self.items[number]
        return NamedPolicy(item.read.label, "", {**version, "Statement": [_bare(item.raw)]})

    def said(self, verdict: Verdict) -> str:
        """What was decided on a request, in words."""
        if verdict.kind == "implicit_deny" or verdict.policy is None:
            return "no statement allows it"
        return f"{verdict.policy.name} {'allows' if verdict.allowed else 'denies'} it"


def read(document: PolicyDocument) -> Policy:
    """Raises MalformedPolicy for what AWS would not store."""
    raw = statements(document)
    principals = [any(name in item for name in _WITH_PRINCIPALS) for item in raw]
    if any(principals) and not all(principals):
        raise MalformedPolicy("some of its statements have a Principal and others none")
    if any(all(name in item for name in _WITH_PRINCIPALS) for item in raw):
        raise MalformedPolicy("a statement has both Principal and NotPrincipal")
    if any("Principal" in item and not isinstance(item["Principal"], str | dict) for item in raw):
        raise MalformedPolicy("a Principal is neither text nor an object")
    parsed = parse({**document, "Statement": [_bare(item) for item in _all(document)]})
    items = tuple(Item(one, statement) for one, statement in zip(raw, parsed, strict=True))
    return Policy(items, any(principals), document.get("Version"))


def boxes(item: Item, keys: Keys, *, principals: bool) -> list[Box]:
    """The boxes of a statement; a request is in the statement where it is in one of them."""
    common = [*_resolvable(item.read), *keys.literals(item.read)]
    whom: list[Box] = list(callers(item.raw, allows=item.read.allows)) if principals else [()]
    actions = _alternatives("action", item.read.actions, item.read.not_action, item.read, keys)
    resources = _alternatives("resource", item.read.resources, item.read.not_resource, item.read, keys)
    return [(*who, *action, *resource, *common) for who in whom for action in actions for resource in resources]


def taken_apart(box: Box) -> Iterator[Box]:
    """The box for each of its actions, and those for each of its resources: smaller ones lie in one statement."""
    for slot in ("action", "resource"):
        for number, one in enumerate(box):
            if isinstance(one, Named) and one.slot == slot and not one.value.negated and len(one.value.union) > 1:
                for pattern in one.value.union:
                    yield (*box[:number], Named(one.slot, InUnion((pattern,))), *box[number + 1 :])
                return


def _alternatives(
    slot: Slot, listed: tuple[str, ...], is_not: bool, statement: Statement, keys: Keys
) -> list[tuple[LiteralOf, ...]]:
    """What a list of patterns asks: one of those that can be read, or one that is a fact; or none of either."""
    patterns, facts = list[Pattern](), list[Fact]()
    for text in listed:
        try:
            patterns.append(_pattern(slot, text, statement, keys))
        except Unreadable:
            facts.append(Fact((slot, text, statement.variables)))
    union = tuple(dict.fromkeys(patterns))
    if is_not:
        return [(Named(slot, InUnion(union, negated=True)), *(fact.opposite() for fact in facts))]
    return [*([(Named(slot, InUnion(union)),)] if union or not facts else []), *((fact,) for fact in facts)]


def _pattern(slot: Slot, text: str, statement: Statement, keys: Keys) -> Pattern:
    if slot == "action":
        if "${" in text:
            raise Unreadable("AWS supports no variable in an action")
        return keys.letters.pattern(text.lower(), variables=False)
    # Without its variables, so that what is in doubt is the pattern's own form.
    if pattern_doubt(text, _NOTHING, False):
        raise Unreadable(f"{text!r} is neither * nor the pattern of an ARN")
    if "${" in text and statement.variables and text.partition("${")[0].count(":") < 5:
        raise Unreadable(f"{text} has a variable before its fifth colon")
    return keys.letters.pattern(text, variables=statement.variables)


_NOTHING = Request("-:-", "*", {})


def _resolvable(statement: Statement) -> list[LiteralOf]:
    """That each variable has a value: else AWS may take the statement as a whole for invalid."""
    if not statement.variables:
        return []
    values = (value for keys in statement.condition.values() for wanted in keys.values() for value in wanted)
    found = [one for text in (*statement.resources, *values) for one in variables_in(text)]
    return [Fact(("variable", *one)) for one in dict.fromkeys(found)]


def _bare(item: PolicyDocument) -> PolicyDocument:
    """A statement without its principals, about everything where it names no resource."""
    if not isinstance(item, dict) or not any(name in item for name in _WITH_PRINCIPALS):
        return item
    kept = {name: value for name, value in item.items() if name not in _WITH_PRINCIPALS}
    return kept if "Resource" in kept or "NotResource" in kept else {**kept, "Resource": "*"}


def _all(document: PolicyDocument) -> list[PolicyDocument]:
    raw = document.get("Statement")
    return raw if isinstance(raw, list) else [raw]  # type: ignore[list-item]  # what it is besides is for `parse` to say
