"""Is a policy no wider than another? Proven from the two documents, or refuted by a request, or neither.

What `after` allows lies within `before` where

1. every Allow of `after`, less what its own Denies take away, lies in the Allows of `before` together, and
2. what a Deny of `before` takes away of it is taken away by a Deny of `after` too.

Each is a question about regions of requests (`regions.py`), answered for every request there can be, not for a sample.
What cannot be reasoned about (`conditions.py`) may hold or not, but alike in both. A "no" needs an example, which the
evaluator of `shared/iam/evaluate.py` has to confirm; what has neither proof nor example stays unknown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from shared.iam.comparison.automata import Automaton
from shared.iam.comparison.conditions import Keys
from shared.iam.comparison.effort import Effort, TooComplex
from shared.iam.comparison.examples import Candidate, Examples
from shared.iam.comparison.patterns import EVERYTHING, Letters, literal, plain
from shared.iam.comparison.principals import OWN_PERMISSION, callers, candidates
from shared.iam.comparison.reading import Policy, boxes, read, taken_apart
from shared.iam.comparison.regions import Box, Fact, Named, Region, Space, left_over
from shared.iam.comparison.values import Texts, Work
from shared.iam.documents import MalformedPolicy
from shared.iam.evaluate import Evaluator, Verdict, request_of
from shared.iam.policy_json import PolicyDocument
from shared.iam.truth import Unknown
from shared.text.plain import named

STEPS = 60_000
_MOST_REGIONS = 100
_ACTIONS = Texts(without=(plain("*:*:*"),), base=(plain("?*:?*"),))
_RESOURCES = Texts(base=(literal("*"), plain("arn:*:*:*:*:*")))
_CALLERS = Texts(base=EVERYTHING)


@dataclass(frozen=True, slots=True)
class Example:
    """A request that tells the two policies apart, and what each says of it."""

    request: Candidate
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`holds` None: neither proven nor refuted, and `reason` says why. An example is there where it does not hold."""

    holds: bool | None
    example: Example | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`grants_nothing_new`: all that `after` allows `before` allows too. `keeps_every_deny`: all that `before` denies
    `after` denies too, so that no other policy allows what was denied before."""

    grants_nothing_new: Answer
    keeps_every_deny: Answer


def compare(before: PolicyDocument, after: PolicyDocument, steps: int = STEPS) -> Comparison:
    """Compare two policies of one kind. Never raises for what they contain."""
    if _same(before, after):
        return Comparison(Answer(True), Answer(True))
    try:
        read_before = read(before)
    except MalformedPolicy as error:
        return _both(f"the first policy is none that AWS would take: {error}")
    try:
        read_after = read(after)
    except MalformedPolicy as error:
        return _both(f"the second policy is none that AWS would take: {error}")
    if read_before.items and read_after.items and read_before.principals != read_after.principals:
        return _both("one policy names principals and the other does not: they are of different kinds")
    compared = _Compared(read_before, read_after)
    return Comparison(
        compared.answer(compared.widened, _allowed_by_one, steps),
        compared.answer(compared.undenied, _denied_by_one, steps),
    )


def _both(reason: str) -> Comparison:
    return Comparison(Answer(None, reason=reason), Answer(None, reason=reason))


def _same(before: PolicyDocument, after: PolicyDocument) -> bool:
    return json.dumps(before, sort_keys=True, default=str) == json.dumps(after, sort_keys=True, default=str)


class _Compared:
    """Two policies with their statements as boxes."""

    def __init__(self, before: Policy, after: Policy) -> None:
        self.before, self.after = before, after
        self.keys = Keys(Letters())
        for policy in (before, after):
            self.keys.note(item.read for item in policy.items)
        principals = before.principals or after.principals
        self._boxes = {
            (policy is after, allows): [
                box
                for item in policy.items
                if item.read.allows is allows
                for box in boxes(item, self.keys, principals=principals)
            ]
            for policy in (before, after)
            for allows in (True, False)
        }
        raw = [item.raw for policy in (after, before) for item in policy.items]
        self._callers = list(dict.fromkeys(candidates(raw))) if principals else None

    def widened(self, space: Space) -> Iterator[Region]:
        """Requests that only `after` allows."""
        allowed, denied = self._boxes[True, True], self._boxes[True, False]
        for box in allowed:
            yield from _uncovered(space, box, [*self._boxes[False, True], *denied])
        for box in allowed:
            for taken in self._boxes[False, False]:
                yield from _uncovered(space, (*box, *taken), denied)

    def undenied(self, space: Space) -> Iterator[Region]:
        """Requests that only `before` denies."""
        for box in self._boxes[False, False]:
            yield from _uncovered(space, box, self._boxes[True, False])

    def answer(
        self, question: Callable[[Space], Iterator[Region]], confirms: Callable[[_Said, _Said], bool], steps: int
    ) -> Answer:
        """Whether nothing is left of what the question asks for."""
        work = Work(Effort(steps))
        space = Space(work, {"action": _ACTIONS, "resource": _RESOURCES, "principal": _CALLERS}, self.keys.start)
        reasons: dict[str, None] = {}
        try:
            for number, region in enumerate(question(space)):
                if number == _MOST_REGIONS:
                    break
                if example := self._example(region, confirms):
                    return Answer(False, example)
                reasons[self._why(region)] = None
        except TooComplex:
            return Answer(None, reason="the policies are too large or their wildcards too many to compare in full")
        except RecursionError:
            return Answer(None, reason="the policies have too many statements to compare in full")
        if not reasons:
            return Answer(True)
        named = [one for one in reasons if one != _BY_NAME] or [_BY_NAME]
        return Answer(None, reason="; ".join(named[:3]))

    def _example(self, region: Region, confirms: Callable[[_Said, _Said], bool]) -> Example | None:
        if region.facts.get(OWN_PERMISSION.name) is False:
            return None
        self._examples = Examples(self.keys, self._callers)
        for candidate in self._examples.of(region):
            region.space.work.effort.spend(20)
            before, after = (_decide(policy, candidate) for policy in (self.before, self.after))
            if before and after and confirms(before, after):
                return Example(candidate, self.before.said(before.verdict), self.after.said(after.verdict))
            doubt = next((one.doubt for one in (before, after) if one and one.doubt), None)
            if doubt:
                self._examples.why_none = doubt
        return None

    def _why(self, region: Region) -> str:
        if region.facts.get(OWN_PERMISSION.name) is False:
            return _BY_NAME
        facts = [Fact(name, holds) for name, holds in region.facts.items()]
        return next(filter(None, map(_about, facts)), None) or self._examples.why_none


_BY_NAME = (
    "the second policy names a principal itself, the first only its account: in the resource's own account a principal "
    "that is named needs no permission of its own, one of a named account does; for callers that have it nothing is new"
)


def _about(fact: Fact) -> str | None:
    kind, *rest = fact.name
    if kind == "condition":
        return f"the condition {named(str(rest[0])[:120])} on {named(str(rest[1])[:120])} cannot be compared"
    if kind in ("action", "resource"):
        return f"the {kind} {named(str(rest[0])[:120])} is none that AWS documents"
    if kind in ("principal", "not principal"):
        return (
            "NotPrincipal cannot be compared"
            if kind == "not principal"
            else f"the principal {named(str(rest[1])[:120])} is not known"
        )
    return None


def _uncovered(space: Space, box: Box, covers: Sequence[Box]) -> Iterator[Region]:
    """What of a box no other takes in."""
    region = Region.whole(space).within(box)
    if region is None or any(_takes_in(cover, region) for cover in covers):
        return
    parts = list(taken_apart(box))
    if not parts:
        yield from left_over(region, covers)
    for part in parts:
        yield from _uncovered(space, part, covers)


def _takes_in(cover: Box, region: Region) -> bool:
    region.space.work.effort.spend()
    return all(region.meet(literal.opposite()) is None for literal in cover)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the evaluator says of a request. `doubt`: why it cannot say whether a statement applies, if it cannot."""

    verdict: Verdict
    doubt: str


def _allowed_by_one(before: _Said, after: _Said) -> bool:
    return after.verdict.decision == "allowed" and before.verdict.decision == "denied"


def _denied_by_one(before: _Said, after: _Said) -> bool:
    # A Deny that nobody can decide on may deny it too, also where no statement allows it.
    return before.verdict.kind == "explicit_deny" and not after.doubt and after.verdict.kind != "explicit_deny"


def _decide(policy: Policy, candidate: Candidate) -> _Said | None:
    """What the evaluator says of the candidate; None where a principal is not understood."""
    speaking = []
    for number, item in enumerate(policy.items):
        admitted = _admits(item.raw, item.read.allows, candidate.caller)
        if admitted is None:
            return None
        if admitted:
            speaking.append(policy.one(number))
    evaluator = Evaluator(speaking)
    request = request_of(candidate.action, candidate.resource, dict(candidate.context))
    verdict = evaluator.decide(request)
    if verdict.decision == "unknown":
        return _Said(verdict, verdict.reason.partition(": ")[2])
    denies = [one.applies for one in evaluator.identity.concerning(request, False)]
    doubts = [one.reason for one in denies if isinstance(one, Unknown)]
    return _Said(verdict, doubts[0] if doubts and verdict.kind == "implicit_deny" else "")


def _admits(item: PolicyDocument, allows: bool, caller: str | None) -> bool | None:
    """Whether a statement speaks of a caller that has a permission of its own; None where nobody can say."""
    if caller is None:
        return True
    found: list[bool | None] = []
    for box in callers(item, allows=allows):
        known = [one for one in box if isinstance(one, Named)]
        if any(isinstance(one, Fact) and one != OWN_PERMISSION for one in box):
            found.append(None)
        else:
            found.append(all(Automaton.of(one.value.union).matches(caller) != one.value.negated for one in known))
    return True if True in found else None if None in found else False
