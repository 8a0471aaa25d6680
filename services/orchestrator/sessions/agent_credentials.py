"""Temporary credentials for the three agents of a session: of one role where there is one, else of the caller."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from services.orchestrator.sessions import scoping
from services.orchestrator.sessions.scoping import NARROWING_POLICY, AgentScope, Scoping
from services.orchestrator.sessions.sts import AssumedRole, Caller, RoleRequest, Sts
from services.orchestrator.sessions.widening import widened
from shared.errors import AssistantError, AwsError, Forbidden, Unavailable
from shared.messages import AGENTS, Agent
from shared.sessions.credentials import Credentials
from shared.sessions.fences import Perimeter

# Refusals of AssumeRole that say nothing of who may assume the role, and have advice of their own.
_NOT_OF_THE_ROLE = frozenset({"aws_packed_policy_too_large", "aws_region_disabled_exception"})


@dataclass(frozen=True, slots=True)
class IssuedCredentials:
    """What a session's agents were issued: credentials by agent, and what each may do with them."""

    account: str
    credentials: dict[Agent, Credentials]
    agents: dict[Agent, AgentScope]
    scoping: Scoping
    regions: tuple[str, ...]
    source_identity: str | None = None
    # What the informational agent's were made with, where a role was assumed.
    info_request: RoleRequest | None = None
    policies: dict[Agent, str] = field(default_factory=dict)
    # ARNs of the policies by which the informational agent reads beyond its own, and the policy that narrows these.
    read_policies: tuple[str, ...] = ()
    narrowing: str = NARROWING_POLICY

    def within(self, perimeter: Perimeter) -> IssuedCredentials:
        """The same in those of its regions that are inside the session's fences."""
        return replace(self, regions=perimeter.regions(self.regions))


class ScopeRequest(Protocol):
    """The part of a session request that decides which credentials the agents get."""

    @property
    def role_arn(self) -> str | None: ...
    @property
    def external_id(self) -> str | None: ...
    @property
    def region(self) -> str: ...
    @property
    def regions(self) -> list[str] | None: ...


async def issue(
    sts: Sts, credentials: Credentials, caller: Caller, wanted: ScopeRequest, session_id: str, seconds: int
) -> IssuedCredentials:
    """Get every agent its credentials. Raises Forbidden (`role_not_assumable`) with AWS's reason."""
    if wanted.role_arn is None:
        return await _shared(sts, credentials, caller, wanted, seconds)
    return await _of_role(sts, credentials, caller, wanted, wanted.role_arn, session_id, seconds)


async def _of_role(
    sts: Sts,
    credentials: Credentials,
    caller: Caller,
    wanted: ScopeRequest,
    role_arn: str,
    session_id: str,
    seconds: int,
) -> IssuedCredentials:
    policies: dict[Agent, str] = {"info": scoping.session_policy("info"), "advisor": scoping.session_policy("advisor")}
    source_identity = source_identity_of(caller.arn)

    def assume(agent: Agent) -> RoleRequest:
        name = f"assistant-{agent}-{session_id}"
        return RoleRequest(role_arn, name, policies[agent], wanted.external_id, source_identity)

    (info, request), (advisor, _), base = await asyncio.gather(
        assume_named(sts, credentials, wanted.region, assume("info"), seconds),
        assume_named(sts, credentials, wanted.region, assume("advisor"), seconds),
        _temporary(sts, credentials, wanted.region, seconds),
    )
    account = role_arn.split(":")[4]
    notes = [scoping.RENEWED]
    if request.source_identity is None:
        notes.append(scoping.UNNAMED)
    if account != caller.account:
        notes.append(f"the role is of account {account}, the caller of account {caller.account}")
    wide = await widened(sts, credentials, wanted.region, request, info, seconds)
    info, notes = wide.assumed, [*notes, *wide.notes]
    regions = await _regions(sts, info.credentials, wanted, notes)
    identities: dict[Agent, str] = {"info": info.arn, "advisor": advisor.arn, "executor": role_arn}
    return IssuedCredentials(
        account=account,
        credentials={"info": info.credentials, "advisor": advisor.credentials, "executor": base},
        agents=scoping.role_scopes(identities),
        scoping=scoping.role_scoping(notes),
        regions=regions,
        source_identity=request.source_identity,
        info_request=wide.request,
        policies=policies,
        read_policies=wide.policy_arns,
    )


async def _shared(
    sts: Sts, credentials: Credentials, caller: Caller, wanted: ScopeRequest, seconds: int
) -> IssuedCredentials:
    mode: Literal["temporary", "session_token"] = "temporary" if credentials.session_token else "session_token"
    temporary = await _temporary(sts, credentials, wanted.region, seconds)
    notes: list[str] = []
    regions = await _regions(sts, temporary, wanted, notes)
    return IssuedCredentials(
        account=caller.account,
        credentials=dict.fromkeys(AGENTS, temporary),
        agents=scoping.shared_scopes(mode, caller.arn),
        scoping=scoping.shared_scoping(mode, notes),
        regions=regions,
    )


async def _temporary(sts: Sts, credentials: Credentials, region: str, seconds: int) -> Credentials:
    """Temporary credentials, which may be stored: those given, or GetSessionToken's for a long-term key."""
    if credentials.session_token:
        return credentials
    return await sts.session_token(credentials, region, seconds)


async def assume_named(
    sts: Sts, credentials: Credentials, region: str, request: RoleRequest, seconds: int
) -> tuple[AssumedRole, RoleRequest]:
    """The role's session, and what it was made with: not every trust policy lets a source identity be set."""
    try:
        return await sts.assume_role(credentials, region, request, seconds), request
    except (Forbidden, AwsError) as error:
        if error.retryable or error.code in _NOT_OF_THE_ROLE:
            raise
    unnamed = replace(request, source_identity=None)
    return await _assume_unnamed(sts, credentials, region, unnamed, seconds), unnamed


async def _assume_unnamed(
    sts: Sts, credentials: Credentials, region: str, request: RoleRequest, seconds: int
) -> AssumedRole:
    try:
        return await sts.assume_role(credentials, region, request, seconds)
    except (Forbidden, AwsError) as error:
        if error.retryable or error.code in _NOT_OF_THE_ROLE:
            raise
        raise Forbidden(
            f"the role cannot be assumed: {error.detail}. Its trust policy must name the caller (and the external "
            "id, where it asks for one), and the caller needs sts:AssumeRole on it",
            code="role_not_assumable",
        ) from None


def source_identity_of(caller_arn: str) -> str:
    """The caller's name as STS takes it: 2 to 64 of `[\\w+=,.@-]`. The user's, or that of an assumed role's session."""
    name = re.sub(r"[^\w+=,.@-]", "-", caller_arn.rsplit("/", 1)[-1], flags=re.ASCII)[:64]
    return name if len(name) > 1 else f"{name}-"


async def _regions(sts: Sts, credentials: Credentials, wanted: ScopeRequest, notes: list[str]) -> tuple[str, ...]:
    """The session's regions, its own first: those asked for, else all that the account has enabled."""
    if wanted.regions:
        return tuple(dict.fromkeys([wanted.region, *wanted.regions]))
    try:
        enabled = await sts.enabled_regions(credentials, wanted.region)
    except Unavailable:
        raise
    except AssistantError as error:
        notes.append(
            f"the account's regions could not be listed ({error.detail}); reads look in {wanted.region} only. "
            "Name `regions` to look in more"
        )
        return (wanted.region,)
    return tuple(dict.fromkeys([wanted.region, *enabled]))
