"""Who may open a session: root and administrators are refused, and so is who cannot be judged and not narrowed.

An administrator's key would make every other boundary decoration: the executor of a session without a role
holds it as it is, and with a role anybody who got hold of it could assume any other.
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
    "Make an IAM user that may do nothing but sts:AssumeRole on one role, give that role what the assistant "
    "shall do, and open the session with the user's key and role_arn (see docs/sessions.md)"
)


async def check_caller(
    sts: Sts, credentials: Credentials, caller: Caller, region: str, *, has_role: bool, unverified_allowed: bool
) -> tuple[str, ...]:
    """Refuse callers with too much power; return notes for `scoping` on what could not be checked.

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
            raise  # an AWS that does not answer now must not let an administrator in
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
    # STS took the same key a moment ago.
    why = "IAM does not take temporary credentials made without MFA"
    reason = f"the caller's policies could not be read ({why if isinstance(error, Unauthenticated) else error.detail})"
    log.info("caller_unverified", code=error.code, has_role=has_role, allowed=unverified_allowed)
    if has_role:
        return (f"{reason}; nobody checked that the caller is no administrator. The agents get the role only",)
    if unverified_allowed:
        return (f"{reason}; accepted because this deployment sets ALLOW_UNVERIFIED_CREDENTIALS",)
    raise Forbidden(
        f"{reason}, so it cannot be told whether they are an administrator's, and without role_arn nothing would "
        "narrow the agents. Open the session with role_arn, or allow the caller iam:GetUser, iam:List* and iam:Get* "
        "on itself",
        code="credentials_unverifiable",
    )
