"""`/v1/sessions`: give credentials for a token; see the session; forget it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from services.orchestrator.gateway import CurrentGateway, Gateway
from services.orchestrator.http.hosts import page_elsewhere
from services.orchestrator.http.limits import take
from services.orchestrator.http.openapi.declared import located
from services.orchestrator.routes.auth import CurrentSession, CurrentValueKey
from services.orchestrator.sessions.requests import RenewalRequest, SessionRequest
from services.orchestrator.sessions.session import Session
from services.orchestrator.sessions.view import OpenedSession, PageLink, SessionAnswer
from shared.audit.log import Actor, Entry
from shared.errors import AssistantError

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


@router.post("", status_code=201, responses=located(201, "The session"), summary="Open a session")
async def open_session(
    body: SessionRequest, request: Request, response: Response, gateway: CurrentGateway
) -> OpenedSession:
    """Check credentials, narrow them per agent, and answer with a token, which is shown this once.

    `Idempotency-Key` has no effect here: the answer holds the token, which is stored nowhere.
    """
    session, token = await open_checked(request, gateway, body)
    response.headers["Location"] = "/v1/sessions/current"
    return OpenedSession.opened(session, token)


async def open_checked(request: Request, gateway: Gateway, body: SessionRequest) -> tuple[Session, str]:
    """Open a session, counted by the client's address and with its audit entry; return it and its token."""
    client = request.client.host if request.client else "unknown"
    await take(request, gateway.redis, f"sessions:{client}", gateway.settings.sessions_per_minute)
    try:
        session, token = await gateway.sessions.open(body)
    except AssistantError as error:
        if error.status < 500:
            await gateway.audit.record_service(
                Entry("session.refused", _asked(body, body.region) | {"code": error.code})
            )
        raise
    try:
        shown = SessionAnswer.of(session).model_dump(mode="json")
        opened = Entry("session.opened", _asked(body, body.region) | shown)
        await gateway.audit.record(session.session_id, opened, actor=Actor(session.account, session.caller_arn))
    except AssistantError:
        await gateway.sessions.close(session)
        raise
    return session, token


@router.get("/current", summary="The session")
async def show_session(session: CurrentSession) -> SessionAnswer:
    """Who am I, where, until when, and what may each agent do."""
    return SessionAnswer.of(session)


@router.post("/current/renew", summary="Give new credentials")
async def renew_session(
    body: RenewalRequest, session: CurrentSession, key: CurrentValueKey, gateway: CurrentGateway
) -> SessionAnswer:
    """Give new credentials of the same caller: the token, conversations, plans and files stay, the session lasts on.

    Needed before `expires_at` only: until then the executor renews what the agents hold.
    """
    renewed = await gateway.sessions.renew(session, body, key)
    await gateway.audit.record(session.session_id, Entry("session.renewed", _asked(body, session.region)))
    return SessionAnswer.of(renewed)


@router.post("/current/link", status_code=201, responses=located(201, "The page, to open"), summary="Open the page")
async def make_link(
    session: CurrentSession, key: CurrentValueKey, request: Request, response: Response, gateway: CurrentGateway
) -> PageLink:
    """Make a link that opens this session in one browser, once, within two minutes: `path` at the page's address.

    Whoever opens it has the session. `Idempotency-Key` has no effect here: the ticket in it is stored nowhere.
    """
    ticket, ends = await gateway.browsers.make_link(session, key)
    await gateway.audit.record(session.session_id, Entry("session.link_made", {}))
    page = page_elsewhere(request, gateway.settings)
    link = PageLink(path=f"/open?link={ticket}", page=page, expires_at=ends)
    response.headers["Location"] = link.path
    return link


@router.delete("/current", status_code=204, summary="End the session")
async def close_session(session: CurrentSession, gateway: CurrentGateway) -> None:
    """Forget the credentials now; the token is worth nothing any more."""
    await end_session(gateway, session)


async def end_session(gateway: Gateway, session: Session) -> None:
    """Close a session that its person ends, with its audit entry."""
    await gateway.sessions.close(session)
    await gateway.audit.record(session.session_id, Entry("session.ended", {"by": "client"}))


def _asked(body: RenewalRequest, region: str) -> dict[str, Any]:
    """What may be told of a request: the key's id goes in shortened, see `shared/secrets/redaction.py`."""
    return {
        "access_key_id": body.access_key_id.get_secret_value()[:128],
        "role_arn": body.role_arn,
        "region": region,
    }
