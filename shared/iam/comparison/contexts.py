"""The condition keys of an example: what a region asks of them, and what AWS itself fills in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial

from shared.iam.comparison import addresses
from shared.iam.comparison.conditions import Keys
from shared.iam.comparison.known_keys import SHAPES, USUAL, WHEN_SIGNED, one_name, sample
from shared.iam.comparison.regions import ManyKey, OneKey, Region
from shared.iam.comparison.together import Apart, Context, Together, imagined_callers
from shared.iam.comparison.values import InUnion, Spans, Texts, Values, Work


class Contexts:
    """Makes contexts. `filled_in`: keys that AWS fills in from the caller, with their values."""

    def __init__(
        self, keys: Keys, filled_in: Mapping[str, str | None], facts: Mapping[tuple[object, ...], bool]
    ) -> None:
        self._keys, self._filled_in = keys, filled_in
        self._missing = {str(name[1]) for name, holds in facts.items() if name[0] == "variable" and not holds}
        # Those of other statements too: without them nobody can say what these mean.
        named = {key for key, default in keys.letters.of if default is None}
        self._wanted = named - self._missing
        self.why_none = ""

    def letters(self) -> dict[str, str]:
        """The text for each letter."""
        return {letter: self._variable(key, default) for (key, default), letter in self._keys.letters.of.items()}

    def of(self, region: Region, resource: str) -> Context | None:
        """The context of a request of the region on a resource; None where `why_none` says what AWS would not send."""
        self.why_none = "no caller could be made up that AWS would know"
        for caller in [self._filled_in] if self._filled_in else imagined_callers(region):
            try:
                return self._made(region, {**facts_about_resource(resource), **caller})
            except Apart as unlikely:
                self.why_none = str(unlikely)
        return None

    def _made(self, region: Region, given: Mapping[str, str | None]) -> Context:
        """Raises Apart."""
        work = region.space.work
        context: Context = {key: (self._variable(key, None),) for key in self._wanted}
        context |= dict.fromkeys(self._missing)
        for key, part in self._shared(region).items():
            if key in given and isinstance(part, OneKey):
                text = given[key]
                if not self._fits(work, part, text):
                    raise Apart(f"it would take another value of {self._spelled(key)} than AWS gives such a request")
                context[key] = None if text is None else (text,)
            elif key not in self._wanted or not self._fits_variable(work, key, part):
                context[key] = self._values(work, key, part)
        Together(context, region, self._keys.spelled, partial(self._some, work)).put()
        return context

    def _shared(self, region: Region) -> dict[str, OneKey | ManyKey]:
        """The parts of a region, of keys that always have the same value what is left to all of them. Raises Apart."""
        left: dict[str, tuple[str, OneKey]] = {}
        for key, part in region.keys.items():
            if isinstance(part, OneKey):
                name = one_name(key)
                if name in left:
                    other, met = left[name]
                    part = self._met(key, met, part)
                    if part.is_empty(region.space.work):
                        raise Apart(
                            f"{self._spelled(other)} and {self._spelled(key)} have the same value in each request"
                        )
                left[name] = (key, part)
        return {key: left[one_name(key)][1] if isinstance(part, OneKey) else part for key, part in region.keys.items()}

    def _met(self, key: str, one: OneKey, other: OneKey) -> OneKey:
        if isinstance(one.values, Texts) and isinstance(other.values, Texts):
            without = tuple(dict.fromkeys((*one.values.without, *other.values.without)))
            texts = Texts((*one.values.unions, *other.values.unions), without, one.values.base)
            return OneKey(one.absent and other.absent, texts)
        if isinstance(one.values, Spans) and isinstance(other.values, Spans):
            return OneKey(one.absent and other.absent, one.values.meet(other.values))
        raise Apart(f"{self._spelled(key)} is compared in two ways")

    def _variable(self, key: str, default: str | None) -> str:
        if key in self._missing or default is not None:
            return default or ""
        return self._filled_in.get(key) or sample(key)

    def _fits(self, work: Work, part: OneKey, text: str | None) -> bool:
        return part.absent if text is None else isinstance(part.values, Texts) and work.has(part.values, text)

    def _fits_variable(self, work: Work, key: str, part: OneKey | ManyKey) -> bool:
        return isinstance(part, OneKey) and self._fits(work, part, self._variable(key, None))

    def _values(self, work: Work, key: str, part: OneKey | ManyKey) -> tuple[str, ...] | None:
        """What the key is; None: absent. Raises Apart where AWS would send no such request."""
        if isinstance(part, ManyKey):
            found = [self._text(work, key, one) for one in part.some]
            return tuple(dict.fromkeys(one for one in found if one is not None)) or None
        if part.absent and key not in USUAL:
            return None
        text = self._text(work, key, part.values)
        if text is None and key in WHEN_SIGNED:
            raise Apart(f"it would take a request without {self._spelled(key)}, which AWS gives to all")
        if text is None and not part.absent:
            raise Apart(f"it would take a value of {self._spelled(key)} that AWS gives to none")
        return None if text is None else (text,)

    def _some(self, work: Work, key: str, part: OneKey) -> str | None:
        return self._text(work, key, part.values)

    def _text(self, work: Work, key: str, values: Values) -> str | None:
        if isinstance(values, Spans):
            found = values.example(work)
            return None if found is None else self._number(key, found)
        shaped = values.meet(InUnion(SHAPES[key])) if key in SHAPES else values
        return shaped.example(work)

    def _number(self, key: str, found: Fraction) -> str:
        if self._keys.family(key) == "address":
            return addresses.address(found)
        if found.denominator != 1:
            raise Apart(f"it would take a value of {self._spelled(key)} that is no whole number")
        if self._keys.family(key) == "moment" and key != "aws:epochtime":
            try:
                return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(found))).strftime("%Y-%m-%dT%H:%M:%SZ")
            except OverflowError:
                pass  # no year of four digits
        return str(int(found))

    def _spelled(self, key: str) -> str:
        return self._keys.spelled.get(key, key)


def facts_about_resource(resource: str) -> dict[str, str]:
    """The condition keys that AWS fills in from the resource itself."""
    parts = resource.split(":", 5)
    if len(parts) != 6:
        return {}
    facts = {"aws:requestedregion": parts[3]} if parts[3] else {}
    return facts | ({"aws:resourceaccount": parts[4], "s3:resourceaccount": parts[4]} if parts[4] else {})
