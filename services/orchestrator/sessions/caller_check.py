"""Refuses callers with too much power when a session is opened: root, administrators, and callers nobody can check.

A session with an administrator's key would defeat every other boundary: without a role the executor holds that key's
full power, and with a role whoever steals the key can assume any other role. A caller whose policies cannot be read
is accepted only where a role narrows what the agents get. Their role is checked in `role_check.py`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from services.orchestrator.sessions.reach import check_reach
from services.orchestrator.sessions.sts import Caller, Sts
from shared.errors import AssistantError, DeadlineExceeded, Forbidden, Unauthenticated
from shared.iam.breadth import administrator
from shared.iam.documents import CallerPolicies
from shared.sessions.credentials import Credentials

log = structlog.get_logger(__name__)

# All reads of a caller's policies together. A user with ten groups takes about two seconds.
SECONDS = 15.0

INSTEAD = (
    "Create an IAM user that may only call sts:AssumeRole on one role, give that role the permissions the assistant "
    "needs, and open the session with the user's key and role_arn (see docs/sessions.md)"
)


@dataclass(frozen=True, slots=True)
class CallerCheck:
    """What was found out of a caller: its policies, or None and in `hidden` why they could not be read."""

    policies: CallerPolicies | None
    hidden: str = ""
    notes: tuple[str, ...] = ()


async def check_caller(
    sts: Sts, credentials: Credentials, caller: Caller, region: str, *, has_role: bool, unverified_allowed: bool
) -> CallerCheck:
    """Refuse callers with too much power.

    Raises Unavailable where IAM does not answer in time, and Forbidden: `credentials_too_broad` for root,
    administrators and who can become one, `credentials_unverifiable` where the policies cannot be read and no role
    narrows what the agents get.
    """
    if caller.arn.endswith(":root"):
        raise Forbidden(
            "these are the account's root credentials, which no policy can narrow. "
            f"{INSTEAD}, and delete the root access key",
            code="credentials_too_broad",
        )
    try:
        policies = await read_policies(sts, credentials, region, caller.arn)
    except AssistantError as error:
        if error.retryable:
            raise  # while AWS does not answer nobody is accepted unchecked: it could be an administrator
        return _unread(error, has_role=has_role, unverified_allowed=unverified_allowed)
    await refuse_administrator(policies)
    return CallerCheck(policies, notes=await check_reach(sts, credentials, region, policies, caller.arn))


async def refuse_administrator(policies: CallerPolicies) -> None:
    """Raise Forbidden (`credentials_too_broad`) where a caller's policies make it an administrator."""
    found = await asyncio.to_thread(administrator, policies)
    if found is not None:
        log.info("caller_too_broad", finding=found.code)
        raise Forbidden(
            f"these credentials are an administrator's: {found.message}. {INSTEAD}", code="credentials_too_broad"
        )


async def read_policies(sts: Sts, credentials: Credentials, region: str, arn: str) -> CallerPolicies:
    """The policies of a user or role, in the time a person waits. Raises DeadlineExceeded, and what Sts raises."""
    try:
        async with asyncio.timeout(SECONDS):
            return await sts.policies(credentials, region, arn)
    except TimeoutError:
        raise DeadlineExceeded(f"reading the policies of {arn} took longer than {SECONDS:.0f} s") from None


def reason_of(error: AssistantError) -> str:
    """Why policies could not be read."""
    # STS accepted the same key a moment ago, so the key itself is good.
    if isinstance(error, Unauthenticated):
        return "IAM does not take temporary credentials made without MFA"
    return error.detail


def _unread(error: AssistantError, *, has_role: bool, unverified_allowed: bool) -> CallerCheck:
    reason = f"the caller's policies could not be read ({reason_of(error)})"
    log.info("caller_unverified", code=error.code, has_role=has_role, allowed=unverified_allowed)
    if has_role:
        return CallerCheck(None, hidden=reason)
    if unverified_allowed:
        note = f"{reason}; accepted because this deployment sets ALLOW_UNVERIFIED_CREDENTIALS"
        return CallerCheck(None, hidden=reason, notes=(note,))
    raise Forbidden(
        f"{reason}, so nobody knows whether the caller is an administrator, and without role_arn nothing would "
        "narrow the agents. Open the session with role_arn, or allow the caller iam:GetUser, iam:List* and iam:Get* "
        "on itself",
        code="credentials_unverifiable",
    )
