"""`/v1/sessions`: give credentials for a token; see the session; forget it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from services.orchestrator.answers import Answer, respond
from services.orchestrator.auth import CurrentSession
from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.limits import take
from services.orchestrator.schemas import OpenedSession, SessionAnswer
from services.orchestrator.sessions import SessionRequest

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


@router.post("", status_code=201, responses={201: {"model": OpenedSession}}, response_class=Response)
async def open_session(body: SessionRequest, request: Request, gateway: CurrentGateway) -> Response:
    """Check credentials, narrow them per agent, and answer with a token, which is shown this once.

    `Idempotency-Key` has no effect here: the answer holds the token, which is stored nowhere.
    """
    client = request.client.host if request.client else "unknown"
    await take(gateway.redis, f"sessions:{client}", gateway.settings.sessions_per_minute)
    session, token = await gateway.sessions.open(body)
    headers = {"Location": "/v1/sessions/current"}
    return respond(request, Answer(201, {**session.view(), "token": token}, headers))


@router.get("/current", responses={200: {"model": SessionAnswer}}, response_model=None)
async def show_session(session: CurrentSession) -> dict[str, Any]:
    """Who am I, where, until when, and what may each agent do."""
    return session.view()


@router.delete("/current", status_code=204)
async def close_session(session: CurrentSession, gateway: CurrentGateway) -> None:
    """Forget the credentials now; the token is worth nothing any more."""
    await gateway.sessions.close(session)
