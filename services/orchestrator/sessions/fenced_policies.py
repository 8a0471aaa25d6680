"""The session's fences in the informational agent's session policy, where they fit, so that AWS holds to them as well.

A role is opened and checked without them, since they may leave out IAM, and then assumed once more. What IAM's language
cannot say, or what is too long beside the agent's own policy, its worker alone holds to; the session says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from services.orchestrator.sessions.scoping import MAX_POLICY_CHARS
from services.orchestrator.sessions.sts import AssumedRole, RoleRequest, Sts
from shared.access.prefixes import PREFIXES
from shared.access.tables import OPERATIONS
from shared.sessions.credentials import Credentials
from shared.sessions.fences import Fences, Perimeter, matches

_WHO_AM_I = "sts:GetCallerIdentity"
# With one endpoint for all regions, so that aws:RequestedRegion says nothing of where they are meant.
_GLOBAL = ("iam", "sts", "ce", "cloudfront", "route53", "organizations", "budgets", "support", "account", "health")


def fenced(policy: str, perimeter: Perimeter, policy_arns: tuple[str, ...] = ()) -> tuple[str, tuple[str, ...]]:
    """The policy with what the fences deny, as far as it fits beside the ARNs, and notes on what does not.

    AWS counts them together: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
    """
    document: dict[str, Any] = json.loads(policy)
    notes: list[str] = []
    room = MAX_POLICY_CHARS - sum(map(len, policy_arns))
    for _, fences in perimeter.fences:
        for kind, denial in _denials(fences):
            if denial is not None:
                more = {**document, "Statement": [*document["Statement"], denial]}
                if len(_compact(more)) <= room:
                    document = more
                    continue
            notes.append(
                f"the fence of {kind} is not in the informational agent's session policy, where it cannot be said or "
                "does not fit: its worker holds to it, AWS does not"
            )
    return _compact(document), tuple(notes)


async def assume_fenced(
    sts: Sts,
    credentials: Credentials,
    region: str,
    request: RoleRequest,
    perimeter: Perimeter,
    seconds: int,
) -> AssumedRole | None:
    """The role's session within the fences; None where `request` has them already, or there are none."""
    policy, _ = fenced(request.policy, perimeter, request.policy_arns)
    if policy == request.policy:
        return None
    return await sts.assume_role(credentials, region, replace(request, policy=policy), seconds)


def _denials(fences: Fences) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """By kind of fence the statement that denies the rest; None where IAM's language has none."""
    if fences.services is not None:
        names = {name for one in fences.services for name in (one, PREFIXES.get(one, one))}
        names |= {"s3express"} if "s3" in names else set()
        sayable = not any(set(name) & set("*?") for name in names)
        yield "services", _deny([f"{name}:*" for name in sorted(names)]) if sayable else None
    if fences.operations is not None:
        # A fence may name an operation by its own name, and IAM knows the action that it needs.
        needed = {
            action
            for operation, actions in OPERATIONS.items()
            if any(matches(pattern, operation) for pattern in fences.operations)
            for action in actions
        }
        sayable = not any(set(pattern.partition(":")[0]) & set("*?") for pattern in fences.operations)
        yield "operations", _deny([*fences.operations, *sorted(needed)]) if sayable else None
    if fences.regions is not None:
        elsewhere = {"StringNotLike": {"aws:RequestedRegion": list(fences.regions)}}
        yield "regions", {**_deny([f"{service}:*" for service in _GLOBAL]), "Condition": elsewhere}


def _deny(allowed: list[str]) -> dict[str, Any]:
    return {"Effect": "Deny", "NotAction": [*dict.fromkeys([*allowed, _WHO_AM_I])], "Resource": "*"}


def _compact(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))
