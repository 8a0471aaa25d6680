"""What each agent is sealed of a session: its own credentials, and nothing that another one needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.orchestrator.sessions.intake import Opened
from shared.messages import Agent, SessionInfo
from shared.sessions.credentials import AccountAccess, AgentSession

if TYPE_CHECKING:
    from services.orchestrator.sessions.session import Session


def sealed_session(session: Session, opened: Opened, agent: Agent, value_key: str) -> AgentSession:
    """What one agent gets of a session; only the executor what assumes roles, only info other accounts' credentials."""
    issued, request = opened.issued, opened.request
    assumes = agent == "executor" and request.role_arn is not None
    return AgentSession(
        info=SessionInfo(
            session_id=session.session_id,
            owner=session.owner,
            account=session.account,
            caller_arn=session.caller_arn,
            region=session.region,
            regions=session.regions,
            expires_at=session.expires_at,
        ),
        credentials=issued.credentials[agent],
        role_arn=request.role_arn if assumes else None,
        external_id=request.external_id if assumes else None,
        source_identity=issued.source_identity if assumes else None,
        policies=issued.policies if assumes else {},
        read_policies=issued.read_policies if assumes else (),
        narrowing=issued.narrowing if assumes else None,
        accounts=_accesses(session, opened, agent),
        fences=session.fences,
        operator_fences=session.operator_fences,
        value_key=value_key if agent == "executor" else None,
    )


def _accesses(session: Session, opened: Opened, agent: Agent) -> tuple[AccountAccess, ...]:
    if agent == "advisor" or not session.accounts:
        return ()
    ways = {one.shown.account: one for one in opened.others}
    accesses = []
    for account in session.accounts:
        given = account.model_dump(include={"account", "name", "state", "reason", "regions"})
        way = ways.get(account.account)
        if way is not None and agent == "info":
            given["credentials"] = way.credentials
        elif way is not None and way.is_ready:
            given |= {
                "role_arn": account.role_arn,
                "external_id": way.external_id,
                "source_identity": way.source_identity,
                "read_policies": way.read_policies,
            }
        accesses.append(AccountAccess(**given))
    return tuple(accesses)
