"""Refuses callers with too much power when a session is opened: root, administrators, and callers nobody can check.

A session with an administrator's key would defeat every other boundary: without a role the executor holds that key's
full power, and with a role whoever steals the key can assume any other role. A caller whose policies cannot be read
is accepted only where a role narrows what the agents get.
"""

from __future__ import annotations

import asyncio

import structlog

from services.orchestrator.sessions.sts import Caller, Sts
from shared.credentials import Credentials
from shared.errors import AssistantError, DeadlineExceeded, Forbidden, Unauthenticated
from shared.iam.breadth import administrator
from shared.iam.documents import CallerPolicies

log = structlog.get_logger(__name__)

# All reads of a caller's policies together. A user with ten groups takes about two seconds.
SECONDS = 15.0

_INSTEAD = (
    "Create an IAM user that may only call sts:AssumeRole on one role, give that role the permissions the assistant "
    "needs, and open the session with the user's key and role_arn (see docs/sessions.md)"
)


async def check_caller(
    sts: Sts, credentials: Credentials, caller: Caller, region: str, *, has_role: bool, unverified_allowed: bool
) -> tuple[str, ...]:
    """Refuse callers with too much power. Returns notes for the session's `scoping` on what could not be checked.

    Raises Unavailable where IAM does not answer in time, and Forbidden: `credentials_too_broad` for root and
    administrators, `credentials_unverifiable` where the policies cannot be read and no role narrows what the
    agents get.
    """
    if caller.arn.endswith(":root"):
        raise Forbidden(
            "these are the account's root credentials, which no policy can narrow. "
            f"{_INSTEAD}, and delete the root access key",
            code="credentials_too_broad",
        )
    try:
        policies = await _policies(sts, credentials, caller, region)
    except AssistantError as error:
        if error.retryable:
            raise  # while AWS does not answer nobody is accepted unchecked: it could be an administrator
        return _unread(error, has_role=has_role, unverified_allowed=unverified_allowed)
    found = administrator(policies)
    if found is not None:
        log.info("caller_too_broad", finding=found.code)
        raise Forbidden(
            f"these credentials are an administrator's: {found.message}. {_INSTEAD}", code="credentials_too_broad"
        )
    return ()


async def _policies(sts: Sts, credentials: Credentials, caller: Caller, region: str) -> CallerPolicies:
    try:
        async with asyncio.timeout(SECONDS):
            return await sts.policies(credentials, region, caller.arn)
    except TimeoutError:
        raise DeadlineExceeded(f"reading the caller's policies took longer than {SECONDS:.0f} s") from None


def _unread(error: AssistantError, *, has_role: bool, unverified_allowed: bool) -> tuple[str, ...]:
    # STS accepted the same key a moment ago, so the key itself is good.
    why = "IAM does not take temporary credentials made without MFA"
    reason = f"the caller's policies could not be read ({why if isinstance(error, Unauthenticated) else error.detail})"
    log.info("caller_unverified", code=error.code, has_role=has_role, allowed=unverified_allowed)
    if has_role:
        return (f"{reason}; whether the caller is an administrator was not checked. The agents get the role only",)
    if unverified_allowed:
        return (f"{reason}; accepted because this deployment sets ALLOW_UNVERIFIED_CREDENTIALS",)
    raise Forbidden(
        f"{reason}, so nobody knows whether the caller is an administrator, and without role_arn nothing would "
        "narrow the agents. Open the session with role_arn, or allow the caller iam:GetUser, iam:List* and iam:Get* "
        "on itself",
        code="credentials_unverifiable",
    )
