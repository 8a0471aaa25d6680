"""IAM policy documents: where they come from, and their statements as AWS would take them.

Source: "Grammar of the IAM JSON policy language" in the IAM user guide. A document that IAM would not store is
malformed as a whole. What IAM may learn one day (a condition operator) is left to the evaluation of its statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.iam.policy_json import NotJson, load_json

Document = Mapping[str, Any] | str
"""A policy as JSON text or as the object that it is."""

_VERSIONS = ("2008-10-17", "2012-10-17")
_POLICY_KEYS = {"Version", "Id", "Statement"}
_STATEMENT_KEYS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


class MalformedPolicy(ValueError):
    """The document is not an identity policy that IAM would store; the message says why."""


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy with its name, and in words what it hangs on: "attached to group admins", "inline in user ann"."""

    name: str
    source: str
    document: Document
    # Of a managed policy.
    arn: str = ""

    def __str__(self) -> str:
        return f"policy {self.name} ({self.source})" if self.source else f"policy {self.name}"


@dataclass(frozen=True, slots=True)
class CallerPolicies:
    """The identity policies of a user (groups' included) or role, its permissions boundary, and whose they are."""

    policies: tuple[NamedPolicy, ...]
    boundary: NamedPolicy | None = None
    # The user's or role's ARN; "" where it is not known.
    arn: str = ""
    # The groups of a user, and who may assume a role.
    groups: tuple[str, ...] = ()
    trust: Document | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `patterns` of actions and resources are those of Not… where `not_action` or `not_resource`."""

    label: str
    allows: bool
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...]
    not_resource: bool
    condition: Mapping[str, Mapping[str, tuple[str, ...]]]
    # Policy variables exist since the version 2012-10-17; before, `${aws:username}` is just text.
    variables: bool


def parse(document: Document) -> tuple[Statement, ...]:
    """The statements of an identity policy, boundary or session policy. Raises MalformedPolicy."""
    policy = _loaded(document) if isinstance(document, str) else document
    if not isinstance(policy, Mapping):
        raise MalformedPolicy("it is not a JSON object")
    _check_keys(policy, _POLICY_KEYS, "the policy")
    version = policy.get("Version", _VERSIONS[0])
    if version not in _VERSIONS:
        raise MalformedPolicy(f"its Version {version!r} is not one of {', '.join(_VERSIONS)}")
    if "Statement" not in policy:
        raise MalformedPolicy("it has no Statement")
    raw = policy["Statement"]
    items = list(raw) if isinstance(raw, list | tuple) else [raw]
    return tuple(_statement(item, number, version == "2012-10-17") for number, item in enumerate(items))


def _loaded(text: str) -> Any:
    try:
        return load_json(text)
    except NotJson as error:
        raise MalformedPolicy(f"it {error}") from error


def _statement(raw: Any, number: int, variables: bool) -> Statement:
    label = f"Statement[{number}]"
    if not isinstance(raw, Mapping):
        raise MalformedPolicy(f"{label} is not an object")
    sid = raw.get("Sid", "")
    if not isinstance(sid, str):
        raise MalformedPolicy(f"{label}: Sid is not text")
    label = f"{label} {sid!r}" if sid else label
    if "Principal" in raw or "NotPrincipal" in raw:
        raise MalformedPolicy(f"{label}: a Principal has no place in an identity policy")
    _check_keys(raw, _STATEMENT_KEYS, label)
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy(f"{label}: Effect is {raw.get('Effect')!r}, not Allow or Deny")
    actions, not_action = _either(raw, "Action", "NotAction", label)
    for action in actions:
        if action != "*" and ":" not in action:
            raise MalformedPolicy(f"{label}: the action {action!r} names no service")
    resources, not_resource = _either(raw, "Resource", "NotResource", label)
    condition = _condition(raw.get("Condition", {}), label)
    allows = raw["Effect"] == "Allow"
    return Statement(label, allows, actions, not_action, resources, not_resource, condition, variables)


def _check_keys(raw: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = [str(key) for key in raw if key not in known]
    if unknown:
        raise MalformedPolicy(f"{what} has the unknown element {unknown[0]!r}")


def _either(raw: Mapping[str, Any], name: str, opposite: str, label: str) -> tuple[tuple[str, ...], bool]:
    """The patterns of an element or of its opposite, and whether it is the opposite."""
    if (name in raw) == (opposite in raw):
        both = "both" if name in raw else "neither"
        raise MalformedPolicy(f"{label} has {both} {name} {'and' if both == 'both' else 'nor'} {opposite}")
    chosen = name if name in raw else opposite
    value = raw[chosen]
    items = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(item, str) and item for item in items):
        raise MalformedPolicy(f"{label}: {chosen} is not text or a list of texts")
    # Access Analyzer: an empty list has no effect. "All but nothing" is everything, which nobody means.
    if chosen == opposite and not items:
        raise MalformedPolicy(f"{label}: {chosen} is empty")
    return items, chosen == opposite


def _condition(raw: Any, label: str) -> dict[str, dict[str, tuple[str, ...]]]:
    if not isinstance(raw, Mapping):
        raise MalformedPolicy(f"{label}: Condition is not an object")
    made: dict[str, dict[str, tuple[str, ...]]] = {}
    for operator, keys in raw.items():
        if not isinstance(keys, Mapping):
            raise MalformedPolicy(f"{label}: Condition {operator} is not an object")
        made[str(operator)] = {str(key): _values(value, f"{label}: Condition {key}") for key, value in keys.items()}
    return made


def _values(raw: Any, what: str) -> tuple[str, ...]:
    items = raw if isinstance(raw, list | tuple) else [raw]
    try:
        return tuple(as_text(item) for item in items)
    except TypeError:
        raise MalformedPolicy(f"{what} has a value that is not text, a number or a Boolean") from None


def as_text(value: object) -> str:
    """A JSON scalar as policies write it: true and false in lower case. Raises TypeError for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(f"not a scalar: {value!r}")
