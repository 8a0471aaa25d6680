"""Sets of requests ("regions"), told by action, resource, principal and condition keys, and what is left of one when
others are taken away: what one policy allows and another does not is such a rest.

A statement is a conjunction of literals, a region what such literals leave. A region less a statement is the regions
beside each of its literals: where all of them are empty, the statements cover the region.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from shared.iam.comparison.known_keys import ALWAYS
from shared.iam.comparison.values import InUnion, Texts, ValueLiteral, Values, Work, meet

Slot = Literal["action", "resource", "principal"]


@dataclass(frozen=True, slots=True)
class Named:
    """The action, resource or principal is one of these."""

    slot: Slot
    value: InUnion

    def opposite(self) -> Named:
        return replace(self, value=self.value.opposite())


@dataclass(frozen=True, slots=True)
class One:
    """A key with one value: what holds where the request does not have it, and with which values."""

    key: str
    absent: bool
    value: ValueLiteral

    def opposite(self) -> One:
        return One(self.key, not self.absent, self.value.opposite())


@dataclass(frozen=True, slots=True)
class Every:
    """Each value of a key with several is one of these; none at all will do."""

    key: str
    value: ValueLiteral

    def opposite(self) -> Some:
        return Some(self.key, self.value.opposite())


@dataclass(frozen=True, slots=True)
class Some:
    """At least one value of a key with several is one of these."""

    key: str
    value: ValueLiteral

    def opposite(self) -> Every:
        return Every(self.key, self.value.opposite())


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about the request that is the same in both policies, and of which no more is known."""

    name: tuple[object, ...]
    holds: bool = True

    def opposite(self) -> Fact:
        return replace(self, holds=not self.holds)


LiteralOf = Named | One | Every | Some | Fact
Box = tuple[LiteralOf, ...]
"""What a statement asks of a request; all of it must hold."""


@dataclass(frozen=True, slots=True)
class OneKey:
    """What a key with one value may still be: absent, or one of the values."""

    absent: bool
    values: Values

    def is_empty(self, work: Work) -> bool:
        return not self.absent and self.values.example(work) is None


@dataclass(frozen=True, slots=True)
class ManyKey:
    """What a key with several values may still be: each among `every`, and one in each of `some`."""

    every: Values
    some: tuple[Values, ...] = ()

    def is_empty(self, work: Work) -> bool:
        return any(one.example(work) is None for one in self.some)


@dataclass(frozen=True, slots=True)
class Space:
    """All requests: what actions, resources and the values of each key look like."""

    work: Work
    named: Mapping[Slot, Texts]
    start: Callable[[str], Values]


@dataclass(frozen=True, slots=True)
class Region:
    """Requests of a space; never empty in any one part of them."""

    space: Space
    named: Mapping[Slot, Texts]
    keys: Mapping[str, OneKey | ManyKey]
    facts: Mapping[tuple[object, ...], bool]

    @classmethod
    def whole(cls, space: Space) -> Region:
        return cls(space, space.named, {}, {})

    def meet(self, literal: LiteralOf) -> Region | None:
        """The part where the literal holds; None where there is none."""
        work = self.space.work
        if isinstance(literal, Fact):
            if self.facts.get(literal.name, literal.holds) != literal.holds:
                return None
            return replace(self, facts={**self.facts, literal.name: literal.holds})
        if isinstance(literal, Named):
            texts = self.named[literal.slot].meet(literal.value)
            if texts.example(work) is None:
                return None
            return replace(self, named={**self.named, literal.slot: texts})
        key = self._key(literal)
        return None if key.is_empty(work) else replace(self, keys={**self.keys, literal.key: key})

    def within(self, box: Box) -> Region | None:
        """The part that the box takes in; None where there is none."""
        region: Region | None = self
        for literal in box:
            if region is None:
                return None
            region = region.meet(literal)
        return region

    def _key(self, literal: One | Every | Some) -> OneKey | ManyKey:
        known = self.keys.get(literal.key)
        if isinstance(literal, One):
            if known is None:
                known = OneKey(literal.key not in ALWAYS, self.space.start(literal.key))
            assert isinstance(known, OneKey)
            return OneKey(known.absent and literal.absent, meet(known.values, literal.value))
        if known is None:
            known = ManyKey(self.space.start(literal.key))
        assert isinstance(known, ManyKey)
        if isinstance(literal, Every):
            return ManyKey(meet(known.every, literal.value), tuple(meet(one, literal.value) for one in known.some))
        return ManyKey(known.every, (*known.some, meet(known.every, literal.value)))


def left_over(region: Region, boxes: Sequence[Box]) -> Iterator[Region]:
    """The parts of a region that no box takes in. Raises TooComplex."""
    region.space.work.effort.spend()
    near: list[tuple[list[Region], Box]] = []
    for box in boxes:
        if region.within(box) is None:
            continue
        beside = [part for literal in box if (part := region.meet(literal.opposite())) is not None]
        if not beside:
            return
        near.append((beside, box))
    if not near:
        yield region
        return
    nearest = min(range(len(near)), key=lambda number: len(near[number][0]))
    rest = [box for number, (_, box) in enumerate(near) if number != nearest]
    for part in near[nearest][0]:
        yield from left_over(part, rest)
