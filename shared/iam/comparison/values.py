"""What a text or a number may still be: sets that a comparison narrows down until nothing is left, or an example is.

Literals narrow: `InUnion` for texts (one of the patterns matches, or none does), `Spans` for numbers, moments and
addresses. Each has an opposite.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Literal

from shared.iam.comparison.automata import Automaton, shortest, texts_of
from shared.iam.comparison.effort import Effort
from shared.iam.comparison.patterns import EVERYTHING, Pattern, Union, has_letter, widened

Family = Literal["text", "arn", "bool", "number", "moment", "address"]


@dataclass(frozen=True, slots=True)
class InUnion:
    """A text that one of the patterns matches; `negated`: that none does."""

    union: Union
    negated: bool = False

    def opposite(self) -> InUnion:
        return InUnion(self.union, not self.negated)


@dataclass(frozen=True, slots=True)
class Span:
    """The numbers between two; None is no limit on that side."""

    low: Fraction | None = None
    low_in: bool = False
    high: Fraction | None = None
    high_in: bool = False

    def is_empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and not (self.low_in and self.high_in))

    def meet(self, other: Span) -> Span:
        lower, upper = max(self, other, key=_low_key), min(self, other, key=_high_key)
        return Span(lower.low, lower.low_in, upper.high, upper.high_in)

    def beside(self) -> tuple[Span, ...]:
        """What lies below and above."""
        below = () if self.low is None else (Span(high=self.low, high_in=not self.low_in),)
        above = () if self.high is None else (Span(low=self.high, low_in=not self.high_in),)
        return (*below, *above)


@dataclass(frozen=True, slots=True)
class Spans:
    """Numbers: moments are seconds since 1970, addresses as `addresses.py` counts them."""

    spans: tuple[Span, ...] = (Span(),)

    def opposite(self) -> Spans:
        left = Spans()
        for span in self.spans:
            left = left.meet(Spans(span.beside()))
        return left

    def meet(self, other: Spans) -> Spans:
        met = (one.meet(two) for one in self.spans for two in other.spans)
        return Spans(tuple(span for span in met if not span.is_empty()))

    def example(self, _work: Work) -> Fraction | None:
        """A number of it, a whole one where there is one."""
        found = [_within(span) for span in self.spans]
        return next((one for one in found if one.denominator == 1), found[0] if found else None)


ValueLiteral = InUnion | Spans


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts that are in every union and match none of `without`. `base`: what any text of this kind looks like."""

    unions: tuple[Union, ...] = ()
    without: tuple[Pattern, ...] = ()
    base: Union = EVERYTHING

    def meet(self, literal: InUnion) -> Texts:
        if not literal.negated:
            return (
                self if literal.union in self.unions else Texts((*self.unions, literal.union), self.without, self.base)
            )
        return Texts(self.unions, tuple(dict.fromkeys((*self.without, *literal.union))), self.base)

    def example(self, work: Work) -> str | None:
        """The shortest of them, with letters in place of variables; None where there is none."""
        return work.example(self)


Values = Texts | Spans


def meet(values: Values, literal: ValueLiteral) -> Values:
    """The values that are also in the literal. Both are of one kind."""
    if isinstance(values, Texts) and isinstance(literal, InUnion):
        return values.meet(literal)
    if isinstance(values, Spans) and isinstance(literal, Spans):
        return values.meet(literal)
    raise TypeError(f"{type(values).__name__} and {type(literal).__name__}")


class Work:
    """Answers which texts there are, each question once, within the effort."""

    def __init__(self, effort: Effort) -> None:
        self.effort = effort
        self._automata: dict[Union, Automaton] = {}
        self._examples: dict[Texts, str | None] = {}

    def automaton(self, union: Union) -> Automaton:
        made = self._automata.get(union)
        if made is None:
            self.effort.spend(sum(map(len, union)) // 64)
            made = self._automata[union] = Automaton.of(union)
        return made

    def matches(self, union: Union, text: str) -> bool:
        return self.automaton(union).matches(text)

    def has(self, texts: Texts, text: str) -> bool:
        """Whether a text is among them."""
        return all(self.matches(one, text) for one in (*texts.unions, texts.base)) and not self.matches(
            texts.without, text
        )

    def example(self, texts: Texts) -> str | None:
        if texts not in self._examples:
            self._examples[texts] = self._found(texts)
        return self._examples[texts]

    def _found(self, texts: Texts) -> str | None:
        unions = texts.unions
        if len(unions) > 1 and any(has_letter(pattern) for union in unions for pattern in union):
            # A text may be in both for some value of the variable, without any that has the letter being in both.
            unions = tuple(map(widened, unions))
        listed = next((found for one in unions if (found := texts_of(one)) is not None), None)
        if listed is not None:
            self.effort.spend(len(listed))
            narrowed = Texts(unions, texts.without, texts.base)
            return next((one for one in listed if self.has(narrowed, one)), None)
        wanted = [self.automaton(one) for one in (*unions, *(() if texts.base == EVERYTHING else (texts.base,)))]
        return shortest(wanted, self.automaton(texts.without), self.effort)


def _low_key(span: Span) -> tuple[bool, Fraction, bool]:
    """Orders beginnings: without a limit first, and one that is not in it after the same that is."""
    return (span.low is not None, span.low or Fraction(0), not span.low_in)


def _high_key(span: Span) -> tuple[bool, Fraction, bool]:
    return (span.high is None, span.high or Fraction(0), span.high_in)


def _within(span: Span) -> Fraction:
    """A number of a span that is not empty, a whole one if possible."""
    if span.low is None:
        whole = Fraction(0) if span.high is None else Fraction(floor(span.high))
        return whole if span.high is None or span.high_in or whole < span.high else whole - 1
    whole = Fraction(floor(span.low)) + (0 if span.low_in and span.low.denominator == 1 else 1)
    if span.high is None or whole < span.high or (whole == span.high and span.high_in):
        return whole
    return span.low if span.low_in else span.high if span.high_in else (span.low + span.high) / 2
