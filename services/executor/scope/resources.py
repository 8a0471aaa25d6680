"""The ARNs of the resources that a step changes or only names: for the order of a plan's steps and for standing grants.

An ARN may contain `*` where the arguments do not determine it (a role's path).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.executor.registry.location import Location
from services.executor.registry.operation import Operation
from shared.access.levels import level_of_action
from shared.aws.arns import matches
from shared.messages import Effect

_LOOKS = {Effect.LIST, Effect.READ, Effect.SENSITIVE_READ}
# AWS classifies it as Write, but it passes the role to a service and does not change it.
_HANDS_ON = "iam:PassRole"
# These actions neither create nor delete the resource. Any other changing action may do either; treat it as unknown.
_ADJUSTS = re.compile(r":((Attach|Detach|Tag|Untag)[A-Z]|Put\w*(Policy|Tagging)$)")
_ARN = re.compile(r"arn:[\w-]*:[\w-]+:[\w*-]*:[\w*-]*:(?:\$\{[^}\s]*\}|[^\s\"'\\,{}\[\]<>])+")
_VARIABLE = re.compile(r"\$\{[^}]*\}|\?")


@dataclass(frozen=True, slots=True)
class Touched:
    """The ARNs one step changes, those it may create or delete, and those it only reads, passes on or mentions."""

    changed: tuple[str, ...]
    comes_or_goes: tuple[str, ...]
    named: tuple[str, ...]

    def disturbs(self, other: Touched) -> bool:
        """Whether the two must not run at the same time.

        Both change a resource; or one makes or removes, as a whole or in part, what the other names.
        """
        return (
            _meet(self.changed, other.changed)
            or _meet(self.comes_or_goes, other.named)
            or _meet(self.named, other.comes_or_goes)
        )


def changed(operation: Operation, values: Mapping[str, Any], location: Location) -> tuple[str, ...]:
    """The ARNs that the operation changes with these arguments, each once."""
    declared = operation.declared(values, location)
    if declared.changes is not None:
        return declared.changes
    return _each_once(arn for action, arn in declared.permissions if _changes(action))


def touched(operation: Operation, values: Mapping[str, Any], location: Location) -> Touched:
    """What the operation changes, and what it names: where it only looks, and every ARN among its arguments."""
    declared = operation.declared(values, location)
    if declared.changes is not None:
        return Touched(declared.changes, declared.changes, _each_once(_mentioned(values)))
    pairs = declared.permissions
    return Touched(
        changed=changed(operation, values, location),
        comes_or_goes=_each_once(arn for action, arn in pairs if _changes(action) and not _ADJUSTS.search(action)),
        named=_each_once((*(arn for action, arn in pairs if not _changes(action)), *_mentioned(values))),
    )


def overlap(one: str, other: str) -> bool:
    """Whether two ARNs may mean the same resource, or one a part of the other (an object of a bucket)."""
    if "*" not in one and "*" not in other:
        return one == other or _part_of(one, other) or _part_of(other, one)
    if "*" not in one or "*" not in other:
        pattern, arn = (one, other) if "*" in one else (other, one)
        return any(matches(pattern + more, arn) for more in ("", "/*", ":*")) or _part_of(arn, pattern)
    # Two patterns: compare what precedes the first and follows the last `*`. Errs on the side of an overlap.
    heads, tails = ([arn.partition("*")[0] for arn in (one, other)], [arn.rpartition("*")[2] for arn in (one, other)])
    return _either(heads[0], heads[1], str.startswith) and _either(tails[0], tails[1], str.endswith)


def _changes(action: str) -> bool:
    return action != _HANDS_ON and level_of_action(action) not in _LOOKS


def _mentioned(values: Mapping[str, Any]) -> Iterable[str]:
    """Every ARN in the arguments, however deep, also inside JSON text. A policy variable can be anything."""
    for found in _ARN.findall(json.dumps(dict(values), default=str).replace("\\", "")):
        yield _VARIABLE.sub("*", found)


def _meet(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return any(overlap(one, other) for one in some for other in others)


def _part_of(whole: str, part: str) -> bool:
    return part.startswith((f"{whole}/", f"{whole}:"))


def _either(one: str, other: str, test: Any) -> bool:
    return bool(test(one, other) or test(other, one))


def _each_once(arns: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(arns))
