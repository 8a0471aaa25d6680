"""Refuses a role with too much power, or that anyone may assume, and looks at a caller that hides its own policies.

Policies and trust policy are read with the informational agent's credentials, which are the role's own: a role of
docs/iam may read IAM. What cannot be read is named in the session's `scoping.notes`.
"""

from __future__ import annotations

import asyncio

import structlog

from services.orchestrator.sessions.caller_check import (
    CallerCheck,
    read_policies,
    reason_of,
    refuse_administrator,
)
from services.orchestrator.sessions.reach import check_reach
from services.orchestrator.sessions.sts import Caller, Sts
from shared.errors import AssistantError, Forbidden
from shared.iam import trust
from shared.iam.breadth import administrator
from shared.iam.documents import CallerPolicies
from shared.messages import Finding
from shared.sessions.credentials import Credentials

log = structlog.get_logger(__name__)


async def check_role(
    sts: Sts,
    info: Credentials,
    role_arn: str,
    caller: Caller,
    checked: CallerCheck,
    region: str,
    *,
    broad_allowed: bool,
) -> tuple[str, ...]:
    """Refuse a role that is an administrator or that anyone may assume. Returns notes for the session's `scoping`.

    `info`: the informational agent's credentials. Raises Forbidden (`credentials_too_broad`), and Unavailable or
    DeadlineExceeded where IAM does not answer: while nobody can look, nobody is let in.
    """
    noted = await check_role_alone(sts, info, role_arn, region, broad_allowed=broad_allowed)
    if checked.policies is None:
        noted.append(await _hidden_caller(sts, info, role_arn, caller, checked, region))
    return tuple(noted)


async def check_role_alone(
    sts: Sts, info: Credentials, role_arn: str, region: str, *, broad_allowed: bool
) -> list[str]:
    """Refuse a role that is an administrator or that anyone may assume, whoever the caller is. Raises as above."""
    try:
        role = await read_policies(sts, info, region, role_arn)
    except AssistantError as error:
        if error.retryable:
            raise
        log.info("role_unverified", code=error.code)
        return [
            f"the role's policies could not be read ({reason_of(error)}); whether it is an administrator, and who may "
            "assume it, was not checked. Allow it iam:Get* and iam:List* on itself"
        ]
    found = await asyncio.to_thread(administrator, role)
    return _judged(role, role_arn, found, broad_allowed=broad_allowed)


def _judged(role: CallerPolicies, role_arn: str, found: Finding | None, *, broad_allowed: bool) -> list[str]:
    problems: list[str] = []
    if found:
        problems.append(
            f"the role {role_arn} is an administrator: {found.message}. Create a role with the permissions that the "
            "assistant needs (docs/iam has one ready), and open the session with that"
        )
    if (why := trust.anyone(role.trust)) if role.trust is not None else None:
        problems.append(
            f"anyone may assume the role {role_arn}: {why}. Name the caller in its trust policy, with an external id"
        )
    if not problems:
        return list(trust.notes(role.trust, role_arn.split(":")[4])) if role.trust is not None else []
    log.info("role_too_broad", problems=len(problems), allowed=broad_allowed)
    if not broad_allowed:
        raise Forbidden("; ".join(problems), code="credentials_too_broad")
    return [f"{problem}; accepted because this deployment sets ALLOW_BROAD_ROLES" for problem in problems]


async def _hidden_caller(
    sts: Sts, info: Credentials, role_arn: str, caller: Caller, checked: CallerCheck, region: str
) -> str:
    """Look at a caller that may not read its own policies with the role, where that can. Returns a note."""
    unchecked = f"{checked.hidden}; whether the caller is an administrator was not checked"
    if role_arn.split(":")[4] != caller.account:
        return f"{unchecked}. The role is of another account and cannot look"
    try:
        policies = await read_policies(sts, info, region, caller.arn)
    except AssistantError as error:
        if error.retryable:
            raise
        return f"{unchecked}, with the role neither ({reason_of(error)})"
    await refuse_administrator(policies)
    reach = await check_reach(sts, info, region, policies, caller.arn)
    return "; ".join((f"{checked.hidden}; read with the role they make no administrator", *reach))
