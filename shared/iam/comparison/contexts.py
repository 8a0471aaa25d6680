"""The condition keys of an example: what a region asks of them, and what AWS itself fills in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from shared.iam.comparison import addresses
from shared.iam.comparison.conditions import Keys
from shared.iam.comparison.regions import ManyKey, OneKey, Region
from shared.iam.comparison.values import Spans, Texts, Values, Work

# AWS has these in every request of somebody who signed in ("AWS global condition context keys" in the IAM user guide).
_ALWAYS = {
    *("aws:currenttime", "aws:epochtime", "aws:securetransport", "aws:principalarn", "aws:principalaccount"),
    *("aws:principaltype", "aws:userid", "aws:requestedregion", "aws:viaawsservice"),
}
_USUAL = _ALWAYS | {"aws:sourceip", "aws:useragent"}

Context = dict[str, tuple[str, ...] | None]


class Contexts:
    """Makes contexts. `filled_in`: keys that AWS fills in from the caller, with their values."""

    def __init__(self, keys: Keys, filled_in: Mapping[str, str], facts: Mapping[tuple[object, ...], bool]) -> None:
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
        given = {**facts_about_resource(resource), **self._filled_in}
        context: Context = {key: (self._variable(key, None),) for key in self._wanted}
        context |= dict.fromkeys(self._missing)
        for key, part in region.keys.items():
            if key in given and isinstance(part, OneKey):
                if not self._fits(region.space.work, part, given[key]):
                    self.why_none = f"it would take another value of {self._spelled(key)} than AWS gives such a request"
                    return None
                context[key] = (given[key],)
            elif key not in self._wanted or not self._fits_variable(region.space.work, key, part):
                try:
                    context[key] = self._values(region.space.work, key, part)
                except _Unlikely as unlikely:
                    self.why_none = str(unlikely)
                    return None
        return context

    def _variable(self, key: str, default: str | None) -> str:
        if key in self._missing or default is not None:
            return default or ""
        sample = "example-user" if key == "aws:username" else f"example-{key.rpartition(':')[2].rpartition('/')[2]}"
        return self._filled_in.get(key, sample)

    def _fits(self, work: Work, part: OneKey, text: str) -> bool:
        return isinstance(part.values, Texts) and work.has(part.values, text)

    def _fits_variable(self, work: Work, key: str, part: OneKey | ManyKey) -> bool:
        return isinstance(part, OneKey) and self._fits(work, part, self._variable(key, None))

    def _values(self, work: Work, key: str, part: OneKey | ManyKey) -> tuple[str, ...] | None:
        """What the key is; None: absent. Raises _Unlikely where AWS would send no such request."""
        if isinstance(part, ManyKey):
            found = [self._text(work, key, one) for one in part.some]
            return tuple(dict.fromkeys(one for one in found if one is not None)) or None
        if part.absent and key not in _USUAL:
            return None
        text = self._text(work, key, part.values)
        if text is None and key in _ALWAYS:
            raise _Unlikely(f"it would take a request without {self._spelled(key)}, which AWS gives to all")
        return None if text is None else (text,)

    def _text(self, work: Work, key: str, values: Values) -> str | None:
        if isinstance(values, Spans):
            found = values.example(work)
            return None if found is None else self._number(key, found)
        return values.example(work)

    def _number(self, key: str, found: Fraction) -> str:
        if self._keys.family(key) == "address":
            return addresses.address(found)
        if found.denominator != 1:
            raise _Unlikely(f"it would take a value of {self._spelled(key)} that is no whole number")
        if self._keys.family(key) == "moment" and key != "aws:epochtime":
            try:
                return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(found))).strftime("%Y-%m-%dT%H:%M:%SZ")
            except OverflowError:
                pass  # no year of four digits
        return str(int(found))

    def _spelled(self, key: str) -> str:
        return self._keys.spelled.get(key, key)


class _Unlikely(ValueError):
    """AWS would send no such request; the message says why."""


def facts_about_resource(resource: str) -> dict[str, str]:
    """The condition keys that AWS fills in from the resource itself."""
    parts = resource.split(":", 5)
    if len(parts) != 6:
        return {}
    facts = {"aws:requestedregion": parts[3]} if parts[3] else {}
    return facts | ({"aws:resourceaccount": parts[4], "s3:resourceaccount": parts[4]} if parts[4] else {})
