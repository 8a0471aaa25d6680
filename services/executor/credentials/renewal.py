"""Renews the credentials of the other agents, which AWS ends after an hour, from the one set that can: its own.

The executor holds what assumes the role already. It returns each agent's new credentials sealed with that
agent's public key, so nobody on the way reads them, under the session policy that was sealed for it when the
session opened, so nobody can ask for a wider one. The gateway signs the boxes and stores them.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import structlog
from pydantic import Field

from services.executor.context import ExecutorContext
from services.executor.credentials.assume_role import assume
from shared.aws.clients import Aws
from shared.errors import AssistantError, AwsError, Conflict, Forbidden, Unavailable
from shared.keys.vault import box
from shared.messages import Agent, Message
from shared.sessions.accounts import AccountState, state_after
from shared.sessions.credentials import AccountAccess, AgentSession, Credentials

log = structlog.get_logger(__name__)

# AWS: 900 seconds at least; a chained role session lasts an hour at most.
MIN_SECONDS, MAX_SECONDS = 900, 3600
PARALLEL_ACCOUNTS = 16


class AccountStanding(Message):
    """How one account stands, and why where it is not ready."""

    state: AccountState
    reason: str | None


class Renewed(Message):
    """Sealed credentials by agent, and when the first of them end (Unix seconds).

    `accounts` says how those of a session that holds several stand now: a role may not be assumed any more.
    """

    boxes: dict[Agent, str]
    expires_at: float
    accounts: dict[str, AccountStanding] = Field(default_factory=dict)


def renew(context: ExecutorContext) -> Renewed:
    """Assume the session's role anew for every agent it was opened for.

    Raises Conflict (`not_renewable`) where the session has no role, Unavailable (`renewal_not_configured`), and
    what STS answers: Unauthenticated where the credentials that the session was opened with have ended.
    """
    session = context.aws.session
    if session.role_arn is None or not session.policies:
        raise Conflict("the session has no role to assume; it ends with its credentials", code="not_renewable")
    seconds = int(max(MIN_SECONDS, min(MAX_SECONDS, session.info.expires_at - time.time())))
    accounts = _accounts(context.aws, seconds) if "info" in session.policies else ()
    boxes, ends = {}, [one.credentials.expires_at or 0.0 for one in accounts if one.credentials]
    for agent, policy in session.policies.items():
        key = context.settings.public_key_of(agent)
        if not key:
            raise Unavailable(
                f"the executor has no PUBLIC_KEY_{agent.upper()} and can renew nothing",
                code="renewal_not_configured",
                retryable=False,
            )
        fresh = _session_of(context.aws, agent, policy, seconds)
        if agent == "info":
            fresh = fresh.model_copy(update={"accounts": accounts})
        boxes[agent] = box(fresh, key)
        ends.append(fresh.credentials.expires_at or 0.0)
    standing = {one.account: AccountStanding(state=one.state, reason=one.reason) for one in accounts}
    return Renewed(boxes=boxes, expires_at=min(ends), accounts=standing)


def _session_of(aws: Aws, agent: Agent, policy: str, seconds: int) -> AgentSession:
    session = aws.session
    return AgentSession(
        info=session.info,
        credentials=_assumed(aws, agent, policy, seconds),
        fences=session.fences,
        operator_fences=session.operator_fences,
    )


def _accounts(aws: Aws, seconds: int) -> tuple[AccountAccess, ...]:
    """The session's accounts for the informational agent, each that can be assumed with new credentials."""
    session, policy = aws.session, aws.session.policies["info"]

    def renewed(account: AccountAccess) -> AccountAccess:
        shown = {name: getattr(account, name) for name in ("account", "name", "state", "reason", "regions")}
        if account.state != "ready" or account.account == session.info.account:
            return AccountAccess(**shown)
        try:
            fresh = _assumed(aws.of_account(account.account), "info", policy, seconds)
        except AssistantError as error:
            # The executor's own record of it stays as it is, so that the next renewal tries again.
            return AccountAccess(**{**shown, "state": state_after(error), "reason": error.detail})
        return AccountAccess(**shown, credentials=fresh)

    if not session.accounts:
        return ()
    with ThreadPoolExecutor(PARALLEL_ACCOUNTS, thread_name_prefix="renewal") as pool:
        return tuple(pool.map(renewed, session.accounts))


def _assumed(aws: Aws, agent: Agent, policy: str, seconds: int) -> Credentials:
    """New credentials of one agent.

    The informational agent's are widened by the role's read policies; where AWS does not take these any more, since
    somebody detached one, say, it gets credentials without them.
    """
    session = aws.session
    if agent == "info" and session.read_policies and session.narrowing:
        try:
            return assume(aws, _name(agent, session), session.narrowing, seconds, session.read_policies)
        except (Forbidden, AwsError) as error:
            if error.retryable:
                raise
            log.warning("renewed_without_read_policies", code=error.code, policies=len(session.read_policies))
    return assume(aws, _name(agent, session), policy, seconds)


def _name(agent: Agent, session: AgentSession) -> str:
    return f"assistant-{agent}-{session.info.session_id}"[:64]
