"""The few AWS calls that open a session: the caller's identity, and temporary credentials for the agents.

botocore blocks, so every call runs in a thread. Long-term secrets pass through here and are stored nowhere: a client is
bound to them for one call and dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shared.access.guard import GATEWAY
from shared.aws.clients import CLIENT_CONFIG, ClientCache, translate
from shared.errors import Unauthenticated
from shared.iam.documents import CallerPolicies, Document
from shared.iam.gather import administrator_roles, attached_to_role, gather, managed_documents
from shared.sessions.credentials import Credentials

T = TypeVar("T")

# A person waits for the session to open, so these calls time out sooner than a worker's.
_CONFIG = CLIENT_CONFIG.merge(
    Config(connect_timeout=3, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 2})
)
# AWS: at least 900 seconds; a role's session an hour unless the role was given more (and never more when
# chained), GetSessionToken's credentials 36 hours.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, …/API_GetSessionToken.html
MIN_SECONDS, MAX_ROLE_SECONDS, MAX_TOKEN_SECONDS = 900, 3600, 129_600

# Calls at the same time, of all sessions that are being opened.
PARALLEL_CALLS = 32

_PLAIN = {
    "credentials_invalid": "AWS does not accept these credentials: check access key id, secret and session token",
    "credentials_expired": "these credentials have expired; get new ones and open the session again",
}


@dataclass(frozen=True, slots=True)
class Caller:
    account: str
    arn: str
    # AIDA…, AROA…:NAME, or of another form; see `shared/sessions/owners.py`.
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """One AssumeRole call. `policy` is the session policy, JSON; CloudTrail shows `source_identity` on later calls."""

    role_arn: str
    session_name: str
    policy: str
    external_id: str | None
    source_identity: str | None = None
    # Managed policies besides `policy`: the session may do what any of them allows and none of them denies.
    policy_arns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrganizationAccount:
    """An account as AWS Organizations knows it; `state` is ACTIVE, SUSPENDED, PENDING_CLOSURE and so on."""

    account: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class AssumedRole:
    credentials: Credentials
    arn: str


class Sts:
    """STS in one region, EC2's list of regions, IAM's policies. Errors are this system's and never repeat a request."""

    def __init__(self) -> None:
        self._clients = ClientCache(GATEWAY, _CONFIG)
        # The loop's own pool has a few threads for each processor, and these calls only wait.
        self._pool = ThreadPoolExecutor(PARALLEL_CALLS, thread_name_prefix="sts")

    async def caller(self, credentials: Credentials, region: str) -> Caller:
        """Who these credentials are. Raises Unauthenticated (`credentials_invalid`, `credentials_expired`)."""
        answer = await self._call(lambda: self._client("sts", credentials, region).get_caller_identity())
        return Caller(account=answer["Account"], arn=answer["Arn"], user_id=answer["UserId"])

    async def assume_role(
        self, credentials: Credentials, region: str, request: RoleRequest, seconds: int
    ) -> AssumedRole:
        """Assume a role under a session policy."""
        arguments: dict[str, Any] = {
            "RoleArn": request.role_arn,
            "RoleSessionName": request.session_name,
            "Policy": request.policy,
            "DurationSeconds": _clamp(seconds, MAX_ROLE_SECONDS),
        }
        if request.policy_arns:
            arguments["PolicyArns"] = [{"arn": arn} for arn in request.policy_arns]
        if request.external_id is not None:
            arguments["ExternalId"] = request.external_id
        if request.source_identity is not None:
            arguments["SourceIdentity"] = request.source_identity
        answer = await self._call(lambda: self._client("sts", credentials, region).assume_role(**arguments))
        return AssumedRole(_credentials(answer["Credentials"]), answer["AssumedRoleUser"]["Arn"])

    async def session_token(self, credentials: Credentials, region: str, seconds: int) -> Credentials:
        """Temporary credentials of a long-term key."""
        answer = await self._call(
            lambda: self._client("sts", credentials, region).get_session_token(
                DurationSeconds=_clamp(seconds, MAX_TOKEN_SECONDS)
            )
        )
        return _credentials(answer["Credentials"])

    async def enabled_regions(self, credentials: Credentials, region: str) -> tuple[str, ...]:
        """The regions the account has enabled, by name."""
        answer = await self._call(lambda: self._client("ec2", credentials, region).describe_regions(AllRegions=False))
        return tuple(sorted(item["RegionName"] for item in answer["Regions"]))

    async def attached_policies(self, credentials: Credentials, region: str, role_arn: str) -> dict[str, str]:
        """The managed policies of a role, ARNs by name. Raises Forbidden, or another error, where it cannot look."""
        return await self._call(lambda: attached_to_role(self._client("iam", credentials, region), role_arn))

    async def managed_policies(self, credentials: Credentials, region: str, arns: Sequence[str]) -> list[Document]:
        """The documents of managed policies, in their order. Raises as `attached_policies` does."""
        return await self._call(lambda: managed_documents(self._client("iam", credentials, region), arns))

    async def policies(self, credentials: Credentials, region: str, arn: str) -> CallerPolicies:
        """The policies of a user or role. Raises Forbidden, or another error, where these credentials may not."""
        return await self._call(lambda: gather(self._client("iam", credentials, region), arn))

    async def administrator_roles(
        self, credentials: Credentials, region: str, partition: str
    ) -> tuple[tuple[str, Document], ...]:
        """The account's roles with AdministratorAccess and who may assume each. Raises as `policies` does."""
        return await self._call(lambda: administrator_roles(self._client("iam", credentials, region), partition))

    async def accounts(self, credentials: Credentials, region: str) -> tuple[OrganizationAccount, ...]:
        """Every account of the caller's organization. Raises Forbidden and AwsError where it may not list them."""

        def listed() -> tuple[OrganizationAccount, ...]:
            pages = self._client("organizations", credentials, region).get_paginator("list_accounts").paginate()
            return tuple(_organization_account(one) for page in pages for one in page["Accounts"])

        return await self._call(listed)

    def _client(self, service: str, credentials: Credentials, region: str) -> Any:
        return self._clients.client(credentials, service, region)

    async def _call(self, function: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, copy_context().run, function)
        except (ClientError, BotoCoreError) as error:
            ours = translate(error)
        if isinstance(ours, Unauthenticated):
            # AWS's message on a bad signature repeats the request, session token and all.
            raise Unauthenticated(_PLAIN.get(ours.code, "AWS does not accept these credentials"), code=ours.code)
        raise ours


def _organization_account(found: dict[str, Any]) -> OrganizationAccount:
    """`State` replaces `Status`: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html."""
    return OrganizationAccount(
        account=found["Id"],
        name=found.get("Name") or found["Id"],
        state=found.get("State") or found.get("Status") or "ACTIVE",
    )


def _clamp(seconds: int, maximum: int) -> int:
    return max(MIN_SECONDS, min(maximum, seconds))


def _credentials(answer: dict[str, Any]) -> Credentials:
    return Credentials(
        access_key_id=answer["AccessKeyId"],
        secret_access_key=answer["SecretAccessKey"],
        session_token=answer["SessionToken"],
        expires_at=answer["Expiration"].timestamp(),
    )
