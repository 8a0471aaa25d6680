"""`/v1/turns`: a turn as it is now, and its events from any point on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.responses import Answer, respond
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.routes.chat import current_plan
from services.orchestrator.turns.events import check_event_id, follow, sse_response
from services.orchestrator.turns.view import turn_view

router = APIRouter(prefix="/v1/turns", tags=["chat"])


@router.get("/{turn_id}", response_model=None, summary="A turn")
async def get_turn(request: Request, turn_id: str, session: CurrentSession, gateway: CurrentGateway) -> Response:
    """One turn of this session as it is now."""
    turn = await gateway.turns.store.of_session(turn_id, session.session_id)
    return respond(request, Answer(200, turn_view(turn, await current_plan(gateway, turn))))


@router.get("/{turn_id}/events", response_model=None, summary="A turn's events")
async def get_events(
    turn_id: str,
    session: CurrentSession,
    gateway: CurrentGateway,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """The turn's events as `text/event-stream`: those after `Last-Event-ID`, then new ones as they come.

    The stream ends with the `turn` event whose status is completed, failed or cancelled; while the turn waits
    for an approval it stays open.
    """
    after = check_event_id(last_event_id)
    await gateway.turns.store.of_session(turn_id, session.session_id)
    return sse_response(follow(gateway.redis, gateway.turns.store, turn_id, after))
