"""Principals: who a request comes from, and matching them against a Principal element."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sandbox.aws.iam.policy import AccessRequest, Effect, Statement, parse

PrincipalKind = Literal["root", "user", "role", "federated"]


@dataclass(frozen=True)
class TemporaryCredentials:
    """What STS handed out, and the limits that came with it."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: datetime
    issued_at: datetime
    origin: Literal["AssumeRole", "GetSessionToken", "GetFederationToken"]
    session_policies: tuple[str, ...] | None = None
    source_identity: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Principal:
    """A caller. `arn` is what GetCallerIdentity answers, `identity_arn` the user or role behind it."""

    kind: PrincipalKind
    account: str
    name: str
    arn: str
    identity_arn: str
    user_id: str
    access_key_id: str
    secret_access_key: str
    temporary: TemporaryCredentials | None = None


def _names(patterns: Mapping[str, tuple[str, ...]], principal: Principal) -> Literal["direct", "account", "no"]:
    account_names = {principal.account, f"arn:aws:iam::{principal.account}:root"}
    found: Literal["account", "no"] = "no"
    for pattern in patterns.get("AWS", ()):
        if pattern in ("*", principal.arn, principal.identity_arn):
            return "direct"
        if pattern in account_names:
            found = "account"
    return found


def resource_policy_says(
    document: str, principal: Principal, request: AccessRequest
) -> tuple[Effect, Literal["direct", "account", "no"]]:
    """What a resource policy (trust policy, bucket policy) says to a principal of the same account.

    The second value tells how the allowing statement named it: `account` only delegates to the
    account, so the caller's own policies must allow as well; `direct` grants by itself.
    """
    effect: Effect = Effect.SILENT
    how: Literal["direct", "account", "no"] = "no"
    for statement in parse(document):
        named = _statement_names(statement, principal)
        if named == "no" or not statement.concerns(request):
            continue
        if not statement.allow:
            return Effect.DENY, named
        effect = Effect.ALLOW
        how = "direct" if "direct" in (how, named) else "account"
    return effect, how


def _statement_names(statement: Statement, principal: Principal) -> Literal["direct", "account", "no"]:
    if statement.not_principals is not None:
        return "direct" if _names(statement.not_principals, principal) == "no" else "no"
    return _names(statement.principals or {}, principal)


def trusts_service(document: str, service: str) -> bool:
    """Whether a trust policy lets an AWS service (`lambda.amazonaws.com`) assume the role."""
    return any(
        statement.allow
        and statement.concerns(AccessRequest("sts:AssumeRole"))
        and service in (statement.principals or {}).get("Service", ())
        for statement in parse(document)
    )
