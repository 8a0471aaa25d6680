"""Forms of ARNs as AWS's action data writes them (`arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`).

Which forms an action's resources have, filling one from names, and telling whether an ARN is of one. What a plan's
arguments name is never read as a pattern of a policy: see `check_name`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shared.access import action_data
from shared.aws.service_models import operation_model
from shared.errors import InvalidArguments

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLACES = ("Partition", "Region", "Account")
_PART = {
    "${Partition}": r"aws[a-z-]*",
    "${Region}": r"[a-z0-9-]*",
    "${Account}": r"\d{0,12}",
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
    def variables(self) -> list[str]:
        """What names the resource, without the place."""
        return [name for name in _VARIABLE.findall(self.arn) if name not in _PLACES]


@lru_cache(maxsize=4096)
def forms_of(action: str) -> tuple[ArnForm, ...]:
    """The forms of an IAM action's resources ("sqs:SendMessage"); none where AWS documents no resources, or not it."""
    prefix, _, name = action.partition(":")
    details = action_data.actions(prefix).get(name.lower(), {})
    kinds: dict[str, bool] = {}
    for one in details.get("resourceTypes") or ():
        kind = one["name"].lower()
        kinds[kind] = kinds.get(kind, False) or bool(one["required"])
    types = action_data.resource_types(prefix) if kinds else {}
    return tuple(
        ArnForm(kind, arn, required)
        for kind, required in kinds.items()
        for arn in str(types.get(kind, {}).get("arn", "")).split(", ")
        if arn
    )


def fill(form: str, values: Mapping[str, str], place: Place) -> str:
    """The ARN of a form, `*` for what has no value."""
    known = {**values, "Partition": place.partition, "Region": place.region, "Account": place.account}
    return _VARIABLE.sub(lambda found: known.get(found[1], "*"), form)


@lru_cache(maxsize=4096)
def pattern_of(form: str) -> re.Pattern[str]:
    """What the ARNs of a form match in full."""
    parts = re.split(r"(\$\{\w+\})", form)
    return re.compile("".join(_PART.get(one, ".+") if one.startswith("${") else re.escape(one) for one in parts))


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


def request_path_arn(service: str, operation: str, value: Callable[[str], Any], place: Place) -> str:
    """API Gateway's resources are the paths of its requests; `value` has a parameter's, None where it is not known."""
    model = operation_model(service, operation)
    members = model.input_shape.members.items() if model.input_shape else ()
    names = {shape.serialization.get("name", name): name for name, shape in members}

    def part(found: re.Match[str]) -> str:
        given = value(names.get(found.group(1).rstrip("+"), ""))
        if given is None:
            return "*"
        check_name(str(given))
        return str(given)

    path = re.sub(r"\{([\w+]+)\}", part, str(model.http["requestUri"]).partition("?")[0])
    return f"arn:{place.partition}:apigateway:{place.region}::{path}"
