"""What is found in a change of permissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

from shared.iam.policy_json import PolicyKind
from shared.messages import Finding
from shared.resource_types.paths import Place, pointer

Severity = Literal["info", "low", "medium", "high"]


class Policy(TypedDict):
    """A policy that the change puts in place, as `Operation.policies_of` has it."""

    name: str
    kind: PolicyKind
    document: NotRequired[dict[str, Any]]
    managed_arn: NotRequired[str]


@dataclass(frozen=True, slots=True)
class PermissionChanges:
    """What a change does to permissions.

    - `changes`: whether its effect is that of a change of permissions. To hand a role to a service alone is not.
    - `findings`: what a person has to see, without the step; those about the policies themselves come from
      `shared.iam.lint`.
    - `policies`: what it puts in place, for the linter and for Claude's review.
    - `roles`: the ARNs of the roles that it hands to services, for `iam:PassRole`.
    """

    changes: bool = False
    findings: tuple[Finding, ...] = ()
    policies: tuple[Policy, ...] = ()
    roles: tuple[str, ...] = ()


def finding(code: str, severity: Severity, message: str, place: Place | None = None) -> Finding:
    """A finding about the value at a place, or about the resource as such."""
    return Finding(code=code, severity=severity, message=message, path=pointer(place) if place else None)
