"""Forms of ARNs as AWS's action data writes them (`arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`).

Which forms an action's resources have, filling one from names, and telling whether an ARN is of one. What a plan's
arguments name is never read as a pattern of a policy: see `check_name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from shared.access import action_data
from shared.access.arn_corrections import KINDS_TOO, corrected
from shared.errors import InvalidArguments

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PARTS = re.compile(r"(\$\{\w+\}|\*)")
_PLACE = {
    "${Partition}": r"aws[a-z-]*",
    "${Region}": r"[a-z0-9-]*",
    "${Account}": r"(?:\d{12}|aws)?",
}
# What IAM reads as a pattern or as a variable of a policy.
_WILD = re.compile(r"[*?]|\$\{")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call goes: partition ("aws"), account and region."""

    partition: str
    account: str
    region: str


@dataclass(frozen=True, slots=True)
class ArnForm:
    """One form of the ARNs of a resource type (its name in lower case), and whether the action needs such a resource.

    A type has several forms where AWS writes its ARNs in more than one way.
    """

    kind: str
    arn: str
    required: bool

    @property
    def variables(self) -> tuple[str, ...]:
        """What names the resource, without the place, each once."""
        return variables_of(self.arn)


@lru_cache(maxsize=4096)
def variables_of(form: str) -> tuple[str, ...]:
    """What names a resource in a form, without the place, each once."""
    return tuple(dict.fromkeys(name for name in _VARIABLE.findall(form) if f"${{{name}}}" not in _PLACE))


@lru_cache(maxsize=4096)
def forms_of(action: str) -> tuple[ArnForm, ...]:
    """The forms of an IAM action's resources ("sqs:SendMessage"); none where AWS documents no resources, or not it."""
    prefix, _, name = action.partition(":")
    details = action_data.actions(prefix).get(name.lower(), {})
    more = KINDS_TOO.get(f"{prefix}:{name.lower()}", ())
    kinds: dict[str, bool] = {}
    for one in details.get("resourceTypes") or ():
        kind = one["name"].lower()
        kinds[kind] = kinds.get(kind, False) or (bool(one["required"]) and not more)
    kinds |= dict.fromkeys(more, False)
    known = forms_of_service(prefix) if kinds else {}
    return tuple(ArnForm(kind, arn, required) for kind, required in kinds.items() for arn in known.get(kind, ()))


@lru_cache(maxsize=256)
def forms_of_service(prefix: str) -> Mapping[str, tuple[str, ...]]:
    """The forms of a service's ARNs by kind of resource, in lower case."""
    types = action_data.resource_types(prefix)
    return {
        kind: tuple(corrected(prefix, kind, one) for one in about["arn"].split(", ")) for kind, about in types.items()
    }


def fill(form: str, values: Mapping[str, str], place: Place) -> str:
    """The ARN of a form, `*` for what has no value.

    Raises InvalidArguments (`unnameable_resource`) for a value that a policy would read as a pattern.
    """
    for value in values.values():
        check_name(value)
    known = {**values, "Partition": place.partition, "Region": place.region, "Account": place.account}
    return _VARIABLE.sub(lambda found: known.get(found[1], "*"), form)


def given(forms: Iterable[ArnForm], arn: str) -> tuple[ArnForm, ...]:
    """The forms that an ARN is of: those that say most of it, as a version's does and its function's does not."""
    fitting = [form for form in forms if pattern_of(form.arn).fullmatch(arn)]
    most = max((len(_VARIABLE.sub("", form.arn)) for form in fitting), default=0)
    return tuple(form for form in fitting if len(_VARIABLE.sub("", form.arn)) == most)


def values_of(form: str, arn: str) -> Mapping[str, str]:
    """What the variables of a form are in an ARN of it, without the place; empty where it is of another form."""
    found = pattern_of(form).fullmatch(arn)
    return {name: value for name, value in found.groupdict().items() if value} if found else {}


@lru_cache(maxsize=4096)
def pattern_of(form: str) -> re.Pattern[str]:
    """What the ARNs of a form match in full, with a group for each variable. A `*` of the form stands for anything.

    A variable ends at the separator that follows it, so that matching takes no longer than the text is long.
    """
    seen: set[str] = set()
    sections = []
    for number, section in enumerate(form.split(":", 5)):
        parts = _PARTS.split(section)
        after = [*parts[1:], ""]
        sections.append(
            "".join(_part(one, then[:1], number == 5, seen) for one, then in zip(parts, after, strict=True))
        )
    return re.compile(":".join(sections), re.DOTALL)


def _part(text: str, then: str, is_resource: bool, seen: set[str]) -> str:
    """What a part of a form matches; `then` is the character that follows it."""
    variable = _VARIABLE.fullmatch(text)
    if variable is None and text != "*":
        return re.escape(text)
    if text in _PLACE:
        return _PLACE[text]
    anything = "[a-z0-9-]*" if not is_resource else f"[^{then}]+" if then in (":", "/") else ".+"
    if variable is None:
        return anything
    if variable[1] in seen:
        return f"(?P={variable[1]})"
    seen.add(variable[1])
    return f"(?P<{variable[1]}>{anything})"


def is_wild(name: str) -> bool:
    """Whether a policy would read the name, or ARN, as a pattern."""
    return _WILD.search(name) is not None


def check_name(name: str) -> None:
    """Raise InvalidArguments (`unnameable_resource`) for a name that a policy would read as a pattern."""
    if is_wild(name):
        raise InvalidArguments(
            f"{name[:80]!r} has characters that a policy reads as a pattern (*, ?, ${{), so that no permission could "
            "be for this one alone",
            code="unnameable_resource",
        )
