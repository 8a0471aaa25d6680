"""A request out of a region, as a person would name one: an action that AWS has, a resource that the action works on.

A region says what a request must be; what fits it may still be none that anybody makes. So an example is looked for
among what AWS documents first, and what AWS itself fills in (the account of a caller, the region of a resource) is kept
consistent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from shared.access.action_data import spelled
from shared.access.arn_forms import Place, fill, forms_of, variables_of
from shared.iam.comparison.actions import documented, keys_of_action
from shared.iam.comparison.conditions import Keys
from shared.iam.comparison.contexts import Contexts
from shared.iam.comparison.known_keys import ACCOUNT
from shared.iam.comparison.patterns import Part, Pattern, Sign, spelled_out
from shared.iam.comparison.principals import facts_about
from shared.iam.comparison.regions import ManyKey, OneKey, Region
from shared.iam.comparison.values import InUnion, Texts, Values

_PLACE = Place("aws", ACCOUNT, "us-east-1")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+", re.ASCII)
MOST_ACTIONS, MOST_RESOURCES, MOST_CALLERS = 3, 8, 6
_MOST_LOOKED_AT = 1500


@dataclass(frozen=True, slots=True)
class Candidate:
    """A request that may be an example. `context`: key in lower case to its values; None: the request has it not."""

    action: str
    resource: str
    caller: str | None
    context: Mapping[str, tuple[str, ...] | None]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Examples:
    """Finds requests in regions. `callers`: those to try in a policy that says whom it speaks of, else None alone."""

    keys: Keys
    callers: list[str] | None
    why_none: str = field(default="")

    def of(self, region: Region) -> Iterator[Candidate]:
        """Requests of the region; where there are none, `why_none` says why."""
        self.why_none = "no request could be made up that AWS would be asked"
        for caller in islice(self._callers(region), MOST_CALLERS):
            contexts = Contexts(self.keys, facts_about(caller) if caller else {}, region.facts)
            plainly = _without_letters(region, contexts.letters())
            for action, known in islice(self._actions(plainly), MOST_ACTIONS):
                for resource, fits in islice(self._resources(plainly, action), MOST_RESOURCES):
                    context = contexts.of(plainly, resource)
                    if context is None:
                        self.why_none = contexts.why_none
                    else:
                        notes = tuple(_notes(action, known, fits, self._foreign_keys(context, action)))
                        yield Candidate(action, resource, caller, context, notes)

    def _callers(self, region: Region) -> Iterator[str | None]:
        if self.callers is None:
            yield None
            return
        for one in self.callers:
            if region.space.work.has(region.named["principal"], one):
                yield one

    def _actions(self, region: Region) -> Iterator[tuple[str, bool]]:
        """Actions in AWS's spelling, and whether AWS documents them; those that know the region's keys first."""
        texts, work = region.named["action"], region.space.work
        needed = {key for key, part in region.keys.items() if _must_be_there(part)}
        others = list[str]()
        for name in islice(documented(texts, region.named["resource"]), _MOST_LOOKED_AT):
            work.effort.spend()
            if not work.has(texts, name.lower()):
                continue
            if self._foreign(needed, name):
                others.append(name)
            else:
                yield name, True
        yield from ((name, True) for name in others)
        made_up = texts.example(work)
        if made_up is not None and _ACTION.fullmatch(made_up) and spelled(made_up) is None:
            yield made_up, False

    def _resources(self, region: Region, action: str) -> Iterator[tuple[str, bool]]:
        """Resources, and whether AWS documents such ones for the action."""
        texts, work = region.named["resource"], region.space.work
        # An object of a bucket is nearer than one of an access point.
        forms = sorted({form.arn for form in forms_of(action)}, key=lambda form: (len(form), form))
        if not forms and work.has(texts, "*"):
            yield "*", True
        for form in forms:
            filled = fill(form, dict.fromkeys(variables_of(form), "example"), _PLACE).replace("*", "example")
            if work.has(texts, filled):
                yield filled, True
        for form in forms:
            if found := texts.meet(InUnion((_shape(form),))).example(work):
                yield found, True
        if found := texts.example(work):
            yield found, not forms and (found == "*" or spelled(action) is None)

    def _foreign_keys(self, context: Mapping[str, tuple[str, ...] | None], action: str) -> list[str]:
        return self._foreign({key for key, values in context.items() if values}, action)

    def _foreign(self, keys: set[str], action: str) -> list[str]:
        """Keys of a service that AWS does not document for the action."""
        own = [key for key in sorted(keys) if not key.startswith("aws:")]
        return [self.keys.spelled.get(key, key) for key in own if key not in keys_of_action(action)] if own else []


def _notes(action: str, known: bool, fits: bool, foreign: list[str]) -> Iterator[str]:
    if not known:
        yield f"AWS documents no action {action} today."
        return
    if not fits:
        yield f"AWS documents no such resource for {action}."
    if foreign:
        yield f"AWS does not document {', '.join(foreign)} for {action}."


def _must_be_there(part: OneKey | ManyKey) -> bool:
    return bool(part.some) if isinstance(part, ManyKey) else not part.absent


def _without_letters(region: Region, letters: Mapping[str, str]) -> Region:
    """The region for these values of its variables."""
    if not letters:
        return region

    def texts(one: Texts) -> Texts:
        unions = tuple(spelled_out(union, letters) for union in one.unions)
        return replace(one, unions=unions, without=spelled_out(one.without, letters))

    def values(one: Values) -> Values:
        return texts(one) if isinstance(one, Texts) else one

    def key(one: OneKey | ManyKey) -> OneKey | ManyKey:
        if isinstance(one, OneKey):
            return OneKey(one.absent, values(one.values))
        return ManyKey(values(one.every), tuple(map(values, one.some)))

    return replace(
        region,
        named={slot: texts(one) for slot, one in region.named.items()},
        keys={name: key(one) for name, one in region.keys.items()},
    )


def _shape(form: str) -> Pattern:
    """The form of an ARN as a pattern, in AWS's first partition; what names the resource has no colon."""
    shape: list[Part] = []
    for part in re.split(r"(\$\{\w+\}|\*)", form):
        if part == "${Partition}":
            shape += "aws"
        elif part in ("${Account}", "${Region}"):
            shape.append(Sign.RUN_WITHIN)
        elif part == "*" or part.startswith("${"):
            shape += [Sign.ONE_WITHIN, Sign.RUN_WITHIN]
        else:
            shape += part
    return tuple(shape)
