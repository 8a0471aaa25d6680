"""Renews the credentials of the other agents, which AWS ends after an hour, from the one set that can: its own.

The executor holds what assumes the role already. It returns each agent's new credentials sealed with that
agent's public key, so nobody on the way reads them, under the session policy that was sealed for it when the
session opened, so nobody can ask for a wider one. The gateway signs the boxes and stores them.
"""

from __future__ import annotations

import time

from services.executor.context import ExecutorContext
from services.executor.credentials.assume_role import assume
from shared.aws import Aws
from shared.credentials import AgentSession
from shared.errors import Conflict, Unavailable
from shared.messages import Agent, Message
from shared.vault import box

# AWS: 900 seconds at least; a chained role session lasts an hour at most.
MIN_SECONDS, MAX_SECONDS = 900, 3600


class Renewed(Message):
    """Sealed credentials by agent, and when the first of them end (Unix seconds)."""

    boxes: dict[Agent, str]
    expires_at: float


def renew(context: ExecutorContext) -> Renewed:
    """Assume the session's role anew for every agent it was opened for.

    Raises Conflict (`not_renewable`) where the session has no role, Unavailable (`renewal_not_configured`), and
    what STS answers: Unauthenticated where the credentials that the session was opened with have ended.
    """
    session = context.aws.session
    if session.role_arn is None or not session.policies:
        raise Conflict("the session has no role to assume; it ends with its credentials", code="not_renewable")
    seconds = int(max(MIN_SECONDS, min(MAX_SECONDS, session.info.expires_at - time.time())))
    boxes, ends = {}, []
    for agent, policy in session.policies.items():
        key = context.settings.public_key_of(agent)
        if not key:
            raise Unavailable(
                f"the executor has no PUBLIC_KEY_{agent.upper()} and can renew nothing",
                code="renewal_not_configured",
                retryable=False,
            )
        fresh = _session_of(context.aws, agent, policy, seconds)
        boxes[agent] = box(fresh, key)
        ends.append(fresh.credentials.expires_at or 0.0)
    return Renewed(boxes=boxes, expires_at=min(ends))


def _session_of(aws: Aws, agent: Agent, policy: str, seconds: int) -> AgentSession:
    name = f"assistant-{agent}-{aws.info.session_id}"[:64]
    return AgentSession(info=aws.info, credentials=assume(aws, name, policy, seconds))
