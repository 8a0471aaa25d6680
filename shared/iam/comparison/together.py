"""Condition keys that depend on each other: an example has them as AWS would send them together.

Source: "AWS global condition context keys" in the IAM user guide, under "Availability" of each key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from shared.iam.comparison.known_keys import NUMBER, PARTITION, SHAPES, sample, within
from shared.iam.comparison.patterns import Pattern, literal
from shared.iam.comparison.principals import facts_about
from shared.iam.comparison.regions import ManyKey, OneKey, Region
from shared.iam.comparison.values import InUnion, Texts

Context = dict[str, tuple[str, ...] | None]
_OF_CALLER = ("aws:principalarn", "aws:principalaccount", "aws:username", "aws:principaltype")
_REQUEST_TAG = "aws:requesttag/"


class Apart(ValueError):
    """AWS would send no such request; the message says why."""


def imagined_callers(region: Region) -> Iterator[Mapping[str, str | None]]:
    """What AWS fills in for callers that the region may be about, where it asks several things of them."""
    asked = [key for key in _OF_CALLER if key in region.keys]
    if len(asked) < 2:
        yield {}
        return
    work = region.space.work
    number, name = _text(region, "aws:principalaccount"), _text(region, "aws:username")
    numbers: list[Pattern] = [NUMBER, *([literal(number)] if number else [])]
    names = ["user/" + name, "user/*/" + name] if name else ["user/?*"]
    arns = _texts(region, "aws:principalarn") or Texts()
    for account, rest in product(numbers, [*names, "role/?*", "root"]):
        shape = (*literal("arn:"), *PARTITION, *literal(":iam::"), *account, *literal(":"), *within(rest))
        if arn := arns.meet(InUnion((shape,))).example(work):
            kind = {"role": "AssumedRole", "root": "Account"}
            known = facts_about(f"AWS:{arn}")
            of_kind = kind.get(arn.split(":", 5)[5].partition("/")[0], "User")
            yield {"aws:username": None, "aws:principaltype": of_kind, **known}


def _texts(region: Region, key: str) -> Texts | None:
    part = region.keys.get(key)
    return part.values if isinstance(part, OneKey) and isinstance(part.values, Texts) else None


def _text(region: Region, key: str) -> str | None:
    texts = _texts(region, key)
    return texts.meet(InUnion(SHAPES[key])).example(region.space.work) if texts else None


@dataclass(frozen=True, slots=True)
class _Rule:
    """Where `key` is as `holds` says, `then` is `wanted` of it: a value, None for absent, or any value (`...`)."""

    key: str
    holds: Callable[[tuple[str, ...] | None], bool]
    then: str
    wanted: Callable[[tuple[str, ...]], str | None] | None


def _is(text: str) -> Callable[[tuple[str, ...] | None], bool]:
    return lambda values: bool(values) and values[0].lower() == text  # type: ignore[index]  # bool() says so


def _always(text: str | None) -> Callable[[tuple[str, ...]], str | None]:
    return lambda _: text


def _both(one: str, other: str) -> tuple[_Rule, _Rule]:
    return _Rule(one, bool, other, None), _Rule(other, bool, one, None)


_RULES = (
    _Rule("aws:multifactorauthage", bool, "aws:multifactorauthpresent", _always("true")),
    _Rule("aws:multifactorauthpresent", _is("true"), "aws:multifactorauthage", None),
    _Rule("aws:calledvia", bool, "aws:viaawsservice", _always("true")),
    _Rule("aws:calledviafirst", bool, "aws:viaawsservice", _always("true")),
    _Rule("aws:calledvialast", bool, "aws:viaawsservice", _always("true")),
    _Rule("aws:viaawsservice", _is("false"), "aws:calledvia", _always(None)),
    _Rule("aws:calledvia", bool, "aws:calledviafirst", lambda values: values[0]),
    _Rule("aws:calledvia", bool, "aws:calledvialast", lambda values: values[-1]),
    _Rule("aws:calledviafirst", bool, "aws:calledvia", lambda values: values[0]),
    _Rule("aws:calledvialast", bool, "aws:calledvia", lambda values: values[0]),
    *_both("aws:sourcevpc", "aws:sourcevpce"),
    *_both("aws:principalorgid", "aws:principalorgpaths"),
    *_both("aws:resourceorgid", "aws:resourceorgpaths"),
    *_both("aws:principalservicename", "aws:principalservicenameslist"),
    _Rule("aws:principalservicename", bool, "aws:principalisawsservice", _always("true")),
    _Rule("aws:principalisawsservice", _is("true"), "aws:principalservicename", None),
    # A request by way of a VPC endpoint has its address under another key.
    _Rule("aws:sourcevpce", bool, "aws:sourceip", _always(None)),
    _Rule("aws:sourcevpc", bool, "aws:sourceip", _always(None)),
    _Rule("aws:vpcsourceip", bool, "aws:sourceip", _always(None)),
    _Rule("aws:vpcsourceip", bool, "aws:sourcevpce", None),
)


@dataclass(frozen=True, slots=True)
class Together:
    """Makes a context of a region such that no key of it contradicts another.

    `spelled`: keys as the policies write them. `some_value`: a value that the region leaves to a key of one value; None
    where there is none.
    """

    context: Context
    region: Region
    spelled: Mapping[str, str]
    some_value: Callable[[str, OneKey], str | None]

    def put(self) -> None:
        """Changes the context. Raises Apart where it cannot be."""
        for _ in range(4):
            changed = [self._obeys(rule) for rule in _RULES]
            if not any(changed):
                break
        else:
            raise Apart("its keys would contradict each other")
        self._source()
        self._tags()

    def _obeys(self, rule: _Rule) -> bool:
        """Whether the rule had to change something."""
        values, now = self.context.get(rule.key), self.context.get(rule.then)
        if rule.key not in self.context or rule.then not in self.region.keys or not rule.holds(values):
            return False
        wanted = rule.wanted(values or ()) if rule.wanted else self._any(rule.then)
        if rule.wanted is None:
            done = bool(now)
        else:
            done = not now if wanted is None else bool(now) and wanted in (*(now or ()), (now or ("",))[0].lower())
        if done:
            return False
        new = None if wanted is None else (wanted,)
        if not self._fits(rule.then, new) or (rule.wanted is None and not new):
            raise Apart(
                f"AWS sends no request in which {self._name(rule.key)} and {self._name(rule.then)} go together so"
            )
        self.context[rule.then] = new
        return True

    def _name(self, key: str) -> str:
        return self.spelled.get(key, key)

    def _any(self, key: str) -> str | None:
        part = self.region.keys[key]
        return self.some_value(key, part) if isinstance(part, OneKey) else sample(key)

    def _fits(self, key: str, values: tuple[str, ...] | None) -> bool:
        part, work = self.region.keys[key], self.region.space.work
        if isinstance(part, OneKey):
            if not values:
                return part.absent
            # A number is one that was taken from the part.
            return not isinstance(part.values, Texts) or work.has(part.values, values[0])
        if not isinstance(part.every, Texts):
            return False
        found = values or ()
        return all(work.has(part.every, one) for one in found) and all(
            isinstance(some, Texts) and any(work.has(some, one) for one in found) for some in part.some
        )

    def _source(self) -> None:
        """The account of what calls is the one in its ARN, if that has one."""
        arn, account = self.context.get("aws:sourcearn"), self.context.get("aws:sourceaccount")
        if not arn or "aws:sourceaccount" not in self.region.keys:
            return
        inside = "".join(arn[0].split(":")[4:5])
        wanted = (inside,) if inside else account or (sample("aws:sourceaccount"),)
        if wanted != account and not self._fits("aws:sourceaccount", wanted):
            raise Apart(f"it would take another value of {self._name('aws:sourceaccount')} than its source's ARN has")
        self.context["aws:sourceaccount"] = wanted

    def _tags(self) -> None:
        """`aws:TagKeys` are the keys of the tags in the request, each of which is an `aws:RequestTag` too."""
        asked = [key for key in self.region.keys if key.startswith(_REQUEST_TAG)]
        if not isinstance(self.region.keys.get("aws:tagkeys"), ManyKey) or not asked:
            return
        names = list(self.context.get("aws:tagkeys") or ())
        for key in asked:
            name = self._name(key)[len(_REQUEST_TAG) :]
            has = any(one.lower() == name.lower() for one in names)
            if self.context.get(key) and not has:
                names.append(name)
            elif has and not self.context.get(key):
                value = self._any(key)
                if value is not None and self._fits(key, (value,)):
                    self.context[key] = (value,)
                else:
                    names = [one for one in names if one.lower() != name.lower()]
        if not self._fits("aws:tagkeys", tuple(names)):
            raise Apart("it would take tags in aws:TagKeys that are not those of aws:RequestTag")
        self.context["aws:tagkeys"] = tuple(names) or None
