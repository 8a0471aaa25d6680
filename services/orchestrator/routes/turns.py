"""`/v1/turns`: a turn as it is now, and its events from any point on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from services.orchestrator.gateway import CurrentGateway, Gateway
from services.orchestrator.http.conditional import answer_tagged
from services.orchestrator.http.idempotency import once
from services.orchestrator.http.openapi.declared import CONDITIONAL, IDEMPOTENT, TAGGED, located
from services.orchestrator.http.responses import Answer, respond
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.routes.chat import current_plan
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.events import (
    EVENT_CONTENT,
    EventData,
    EventStream,
    check_event_id,
    follow,
    nothing_comes,
)
from services.orchestrator.turns.stopping import check_not_ended
from services.orchestrator.turns.store import Turn
from services.orchestrator.turns.view import TurnAnswer
from shared.audit.log import Entry

router = APIRouter(prefix="/v1/turns", tags=["chat"])


@router.get("/{turn_id}", response_model=TurnAnswer, responses=TAGGED, openapi_extra=CONDITIONAL, summary="A turn")
async def get_turn(turn_id: str, request: Request, session: CurrentSession, gateway: CurrentGateway) -> Response:
    """One turn as it is now."""
    turn = await gateway.turns.store.of_owner(turn_id, session.owner_id)
    return answer_tagged(request, TurnAnswer.of(turn, await current_plan(gateway, turn)))


@router.post(
    "/{turn_id}/cancel",
    status_code=202,
    response_model=TurnAnswer,
    responses=located(202, "The turn, cancelled, or about to be"),
    openapi_extra=IDEMPOTENT,
    summary="Stop a turn",
)
async def cancel_turn(turn_id: str, request: Request, session: CurrentSession, gateway: CurrentGateway) -> Response:
    """Stop a turn; it ends as `cancelled`. Its calls under way are let go, and a plan that waits can never run.

    409 `already_ended` where nothing is left to stop, `already_decided` where its plan runs: cancel the plan.
    """

    async def act() -> Answer:
        stopped = await stop_turn(gateway, session, turn_id)
        shown = TurnAnswer.of(stopped, await current_plan(gateway, stopped))
        return Answer.of(202, shown, {"Location": f"/v1/turns/{turn_id}"})

    return respond(request, await once(gateway.redis, request, session, b"", act))


async def stop_turn(gateway: Gateway, session: Session, turn_id: str) -> Turn:
    """Stop a turn, with its audit entry. Raises NotFound and Conflict (`already_ended`, `already_decided`)."""
    turn = await gateway.turns.store.of_owner(turn_id, session.owner_id)
    check_not_ended(turn)
    await gateway.audit.record(session.session_id, Entry("turn.cancelled", {"turn_id": turn_id}))

    async def withdraw(plan_id: str) -> None:
        await gateway.decisions.approvals.withdraw(session, plan_id)

    return await gateway.turns.cancel(turn, withdraw)


@router.get(
    "/{turn_id}/events",
    status_code=200,
    response_class=EventStream,
    response_model=EventData,
    responses={
        200: {"content": EVENT_CONTENT},
        204: {"description": "`Last-Event-ID` is of the last event: the turn has ended, and a browser asks no more."},
    },
    summary="A turn's events",
)
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
    turn = await gateway.turns.store.of_owner(turn_id, session.owner_id)
    if last_event_id and await nothing_comes(gateway.redis, turn, after):
        return Response(status_code=204)
    return EventStream(follow(gateway.redis, gateway.turns.store, turn_id, after))
