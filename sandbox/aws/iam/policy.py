"""IAM policy documents: which statements concern a request, and what they say."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any

from sandbox.aws.iam.conditions import Context, condition_holds, substitute, wildcard


class Effect(Enum):
    """What a set of policies says about a request; DENY always beats ALLOW."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"


@dataclass(frozen=True)
class AccessRequest:
    """One action on one resource, in one context."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


class MalformedPolicy(ValueError):
    """The document is not an IAM policy."""


def _strings(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


@dataclass(frozen=True)
class Statement:
    """One statement, in tuples."""

    sid: str
    allow: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principals: Mapping[str, tuple[str, ...]] | None
    not_principals: Mapping[str, tuple[str, ...]] | None
    condition: Mapping[str, Mapping[str, object]]
    # The actions by their service, those of any service under "": policies of hundreds of actions are usual.
    by_service: Mapping[str, tuple[str, ...]]

    def concerns(self, request: AccessRequest) -> bool:
        """Whether action, resource and condition match (principals are looked at apart)."""
        return (
            self._action_matches(request.action)
            and self._resource_matches(request)
            and condition_holds(self.condition, request.context)
        )

    def _action_matches(self, action: str) -> bool:
        if self.not_actions:
            return not any(wildcard(item, True).fullmatch(action) for item in self.not_actions)
        near = self.by_service.get(action.partition(":")[0].lower(), ())
        return any(wildcard(item, True).fullmatch(action) for item in (*near, *self.by_service.get("", ())))

    def _resource_matches(self, request: AccessRequest) -> bool:
        def hit(pattern: str) -> bool:
            return wildcard(substitute(pattern, request.context)).fullmatch(request.resource) is not None

        if self.not_resources:
            return not any(hit(item) for item in self.not_resources)
        # A trust policy has no Resource: it speaks about the role that it is attached to.
        return not self.resources or any(hit(item) for item in self.resources)


def _principals(raw: object) -> Mapping[str, tuple[str, ...]] | None:
    if raw is None:
        return None
    if isinstance(raw, dict):
        return {str(kind): _strings(value) for kind, value in raw.items()}
    return {"AWS": _strings(raw)}


def _statement(raw: Any) -> Statement:
    if not isinstance(raw, dict) or raw.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy("a statement needs an Effect of Allow or Deny")
    if "Action" not in raw and "NotAction" not in raw:
        raise MalformedPolicy("a statement needs an Action or a NotAction")
    actions = _strings(raw.get("Action"))
    return Statement(
        sid=str(raw.get("Sid", "")),
        allow=raw["Effect"] == "Allow",
        actions=actions,
        not_actions=_strings(raw.get("NotAction")),
        resources=_strings(raw.get("Resource")),
        not_resources=_strings(raw.get("NotResource")),
        principals=_principals(raw.get("Principal")),
        not_principals=_principals(raw.get("NotPrincipal")),
        condition=raw.get("Condition") or {},
        by_service=_by_service(actions),
    )


def _by_service(actions: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for action in actions:
        service = action.partition(":")[0].lower()
        found.setdefault("" if set(service) & {"*", "?"} else service, []).append(action)
    return {service: tuple(items) for service, items in found.items()}


@lru_cache(maxsize=4096)
def parse(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises MalformedPolicy when it is not JSON or not a policy.
    """
    try:
        raw = json.loads(document)
    except ValueError as error:
        raise MalformedPolicy("the policy is not JSON") from error
    if not isinstance(raw, dict) or "Statement" not in raw:
        raise MalformedPolicy("the policy has no Statement")
    if raw.get("Version", "2012-10-17") not in ("2012-10-17", "2008-10-17"):
        raise MalformedPolicy("the policy's Version is unknown")
    statements = raw["Statement"]
    return tuple(_statement(item) for item in (statements if isinstance(statements, list) else [statements]))


def evaluate(documents: Iterable[str], request: AccessRequest) -> Effect:
    """What identity policies, a boundary or session policies say together about a request."""
    effect = Effect.SILENT
    for document in documents:
        for statement in parse(document):
            if statement.concerns(request):
                if not statement.allow:
                    return Effect.DENY
                effect = Effect.ALLOW
    return effect
