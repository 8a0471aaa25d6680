"""Steps that change the session's own access: its role, its caller, their groups and policies, and who may use them.

A plan may do that, with a person's approval. But whoever approves it decides about the assistant's power and not about
a resource like any other, so each such step has a finding of high severity, which no standing grant covers.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.executor.proposal.permissions import Need
from services.executor.registry.operation import UNKNOWN
from services.executor.scope.resources import overlap
from shared.access.levels import level_of_action
from shared.iam.documents import CallerPolicies
from shared.iam.gather import NotAnIdentity, identity_of
from shared.messages import Effect, Finding
from shared.sessions.credentials import AgentSession

CODE = "changes_own_access"
_LOOKS = {Effect.LIST, Effect.READ, Effect.SENSITIVE_READ}
# Services whose changes decide who may do what.
_ACCESS = ("iam:", "sts:", "organizations:", "sso:", "identitystore:")
_HANDS_ON = "iam:PassRole"
_IAM_TYPES = "AWS::IAM::"
TYPE_NAME = "type_name"
_POLICY = "AWS::IAM::ManagedPolicy"
_ATTACHED = frozenset({"Groups", "Roles", "Users"})


@dataclass(frozen=True, slots=True)
class Own:
    """One thing that the session's power hangs on. ARNs may hold `*` for a path that is not known."""

    what: str
    arns: tuple[str, ...]
    # Of a role or user, which other documents may name.
    name: str = ""


def owned(session: AgentSession, policies: Iterable[CallerPolicies]) -> tuple[Own, ...]:
    """The session's role and caller and, where their policies were read, the managed ones and the groups."""
    found = [_identity(session.info.caller_arn, "the caller's")]
    if session.role_arn is not None:
        found.insert(0, _identity(session.role_arn, "the session's"))
    for of in policies:
        partition, account = of.arn.split(":")[1], of.arn.split(":")[4]
        for group in of.groups:
            stem = f"arn:{partition}:iam::{account}:group/"
            found.append(Own(f"the caller's group {group}", (f"{stem}{group}", f"{stem}*/{group}")))
        for policy in (*of.policies, *([of.boundary] if of.boundary else [])):
            if policy.arn:
                found.append(Own(f"the policy {policy.name}, {policy.source or 'attached'}", (policy.arn,)))
    return tuple(one for one in found if one is not None)


def of_steps(
    needs: Mapping[str, Sequence[Need]], values: Mapping[str, Mapping[str, Any]], own: Sequence[Own]
) -> Iterator[Finding]:
    """One finding for each step that changes, hands on or lets in what is the session's own."""
    for step, needed in needs.items():
        named = _names_all(values[step], own)
        touched = [how for one in own if (how := _touches(one, needed, values[step], named=named))]
        if touched:
            message = f"This step is about the assistant's own access: {'; '.join(touched)}."
            yield Finding(code=CODE, severity="high", message=message, step=step)


def _touches(own: Own, needed: Sequence[Need], values: Mapping[str, Any], *, named: bool) -> str | None:
    meant = [need for need in needed if _is_meant(need, own, values, named=named)]
    changed = [need.action for need in meant if _changes(need.action)]
    if changed:
        return f"it changes {own.what} ({', '.join(dict.fromkeys(changed))})"
    if any(need.action == _HANDS_ON for need in meant):
        return f"it hands {own.what} on to a service"
    if own.name and _is_about_access(needed, values) and _names(values, own):
        return f"it names {own.what} in what it changes of IAM"
    return None


def _is_meant(need: Need, own: Own, values: Mapping[str, Any], *, named: bool) -> bool:
    """Whether a need is on what is the session's own.

    `named`: where AWS's handler of a resource type may need the action on any role or user, it is on those that the
    step names, or on what a step before makes known.
    """
    if need.resource == "*" or not any(overlap(need.resource, arn) for arn in own.arns):
        return False
    return not (named and need.resource.endswith("/*")) or _mentions(values, {UNKNOWN, *map(_last, own.arns)})


def _names_all(values: Mapping[str, Any], own: Sequence[Own]) -> bool:
    """Whether a step on a resource type names every role, user and group that it reaches.

    What is new does. A managed policy that is there reaches those it is attached to: where the session's policies are
    known, they are its own themselves.
    """
    if TYPE_NAME not in values:
        return False
    if "identifier" not in values:
        return True
    known = any(":policy/" in arn for one in own for arn in one.arns)
    return known and values[TYPE_NAME] == _POLICY and not _ATTACHED & set(values.get("changes") or {})


def _mentions(values: Any, names: Collection[str]) -> bool:
    """Whether an argument, however deep, is one of the names, is an ARN that ends with one, or has one in its text."""
    if isinstance(values, Mapping):
        return any(_mentions(one, names) for one in (*values.keys(), *values.values()))
    if isinstance(values, list | tuple):
        return any(_mentions(one, names) for one in values)
    return isinstance(values, str) and any(_last(values) == one or one in values for one in names)


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


def _changes(action: str) -> bool:
    return action != _HANDS_ON and action.lower().startswith(_ACCESS) and level_of_action(action) not in _LOOKS


def _is_about_access(needed: Sequence[Need], values: Mapping[str, Any]) -> bool:
    """Whether the step changes IAM, by its actions or as a resource of Cloud Control."""
    return any(_changes(need.action) for need in needed) or _IAM_TYPES in json.dumps(dict(values), default=str)


def _names(values: Any, own: Own) -> bool:
    """Whether an argument, however deep and also inside JSON text, is the name or has the ARN."""
    if isinstance(values, Mapping):
        return any(_names(one, own) for one in (*values.keys(), *values.values()))
    if isinstance(values, list | tuple):
        return any(_names(one, own) for one in values)
    if not isinstance(values, str):
        return False
    text = values.replace("\\/", "/")
    return values == own.name or any(arn in text for arn in own.arns if "*" not in arn)


def _identity(arn: str, whose: str) -> Own | None:
    try:
        kind, name = identity_of(arn)
    except NotAnIdentity:
        return None
    partition, account = arn.split(":")[1], arn.split(":")[4]
    stem = f"arn:{partition}:iam::{account}:{kind}/"
    # The ARN of a role's session has no path.
    known = (arn,) if ":iam::" in arn else (f"{stem}{name}", f"{stem}*/{name}")
    return Own(f"{whose} {kind} {name}", known, name)
