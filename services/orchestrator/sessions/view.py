"""How a session looks over REST."""

from __future__ import annotations

from services.orchestrator.rest import Compact, Omittable, RestModel, Time
from services.orchestrator.sessions.scoping import AgentScope, Scoping
from services.orchestrator.sessions.service import Session
from shared.messages import Agent, Owner


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
    expires_at: Time

    @classmethod
    def of(cls, session: Session) -> SessionAnswer:
        return cls.model_validate(session)


class OpenedSession(SessionAnswer):
    """`token` is shown this once."""

    token: str

    @classmethod
    def opened(cls, session: Session, token: str) -> OpenedSession:
        return cls.model_validate(vars(session) | {"token": token})


class PageLink(RestModel):
    """A link that opens the session in one browser, once. `path` is an address of this gateway."""

    path: str
    expires_at: Time
