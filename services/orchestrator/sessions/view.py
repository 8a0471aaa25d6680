"""How a session looks over REST."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.orchestrator.rest import Compact, Omittable, RestModel, Time
from services.orchestrator.sessions.scoping import AgentScope, Scoping
from services.orchestrator.sessions.session import Session
from shared.messages import Agent, Owner
from shared.sessions.accounts import AccountState
from shared.sessions.fences import Fences


def _is_empty(value: object) -> bool:
    return not value


class AccountAnswer(RestModel):
    """One of the session's accounts and whether it can be used; where it cannot, why."""

    account: str
    name: str | None
    state: AccountState
    reason: Omittable[str] = None
    role_arn: Omittable[str] = None
    notes: Annotated[tuple[str, ...], Field(exclude_if=_is_empty)] = ()


class SessionAnswer(RestModel):
    """Who is asking, where, until when, and what each agent may do."""

    session_id: str
    owner: Omittable[Compact[Owner]] = None
    account: str
    caller_arn: str
    region: str
    regions: list[str]
    scoping: Scoping
    agents: dict[Agent, AgentScope]
    accounts: list[AccountAnswer]
    fences: Omittable[Fences] = None
    operator_fences: Omittable[Fences] = None
    expires_at: Time

    @classmethod
    def of(cls, session: Session) -> SessionAnswer:
        return cls.model_validate(_shown(session))


class OpenedSession(SessionAnswer):
    """`token` is shown this once."""

    token: str

    @classmethod
    def opened(cls, session: Session, token: str) -> OpenedSession:
        return cls.model_validate(_shown(session) | {"token": token})


def _shown(session: Session) -> dict[str, object]:
    return vars(session) | {"accounts": session.all_accounts}


class PageLink(RestModel):
    """A link that opens the session in one browser, once. `page`: the address that `path` belongs to, where that is not
    the one that was asked.
    """

    path: str
    page: str | None
    expires_at: Time
