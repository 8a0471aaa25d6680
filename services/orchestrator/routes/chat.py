"""`POST /v1/chat`: one message in, an answer out, as a stream of events or in one piece."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from pydantic import Field

from services.orchestrator.gateway import CurrentGateway, Gateway
from services.orchestrator.http.bodies import RequestBody
from services.orchestrator.http.idempotency import once
from services.orchestrator.http.openapi.declared import IDEMPOTENT, located
from services.orchestrator.http.responses import Answer
from services.orchestrator.rest import RestModel
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.events import EVENT_CONTENT, EventStream, follow
from services.orchestrator.turns.store import Turn
from services.orchestrator.turns.view import TurnAnswer
from shared.broker.stored import UnreadableRecord
from shared.errors import AssistantError, InvalidArguments, NotFound, TooLarge, Unavailable
from shared.plans.plan import Plan

router = APIRouter(prefix="/v1", tags=["chat"])


class ChatRequest(RequestBody):
    """A message to the assistant; without `conversation_id` it begins a new conversation."""

    message: str = Field(min_length=1, examples=["What is my total S3 usage?"])
    conversation_id: str | None = Field(default=None, max_length=64)
    read_only: bool = False


class TurnBegun(RestModel):
    """What an Idempotency-Key remembers of a chat request: the turn that it began."""

    turn_id: str


@router.post(
    "/chat",
    response_model=TurnAnswer,
    responses={
        200: {"content": EVENT_CONTENT},
        202: {"model": TurnAnswer, **located(202, "The turn still runs; `Location` is where to find it.")[202]},
    },
    openapi_extra=IDEMPOTENT,
    summary="Ask, or ask for a change",
)
async def chat(
    request: Request,
    response: Response,
    body: ChatRequest,
    session: CurrentSession,
    gateway: CurrentGateway,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> TurnAnswer | Response:
    """Answer a message.

    With `Accept: text/event-stream` events are streamed until the turn ends or waits for an approval.
    Otherwise the answer comes in one piece; a turn that still runs after two minutes is answered
    with 202.
    The turn goes on whether or not anybody listens; `/v1/turns/{id}/events` follows it to its end.
    """
    message = _checked(body.message, gateway.settings.max_message_chars)

    async def begin() -> Answer:
        turn = await begin_turn(gateway, session, message, body.conversation_id, read_only=body.read_only)
        return Answer.of(201, TurnBegun(turn_id=turn.turn_id))

    begun = await once(gateway.redis, request, session, body.model_dump_json().encode(), begin)
    turn_id: str = begun.body["turn_id"]
    if "text/event-stream" in (accept or "").lower():
        await gateway.turns.store.of_owner(turn_id, session.owner_id)
        return EventStream(follow(gateway.redis, gateway.turns.store, turn_id, "0-0", until_waiting=True))
    turn = await gateway.turns.settled(turn_id, gateway.settings.chat_wait_seconds)
    if turn is None:
        raise NotFound("the turn was deleted while it ran", code="turn_not_found")
    if turn.status == "failed" and turn.error is not None:
        raise _failure(turn)
    if turn.status == "running":
        response.status_code = 202
        response.headers["Location"] = f"/v1/turns/{turn.turn_id}"
    return TurnAnswer.of(turn, await current_plan(gateway, turn))


async def begin_turn(
    gateway: Gateway,
    session: Session,
    message: str,
    conversation_id: str | None,
    *,
    read_only: bool = False,
    by_program: bool = False,
    history: str = "",
) -> Turn:
    """Begin the turn of a message. Raises TooLarge, InvalidArguments, and what `TurnRunner.start_turn` raises."""
    checked = _checked(message, gateway.settings.max_message_chars)
    return await gateway.turns.start_turn(
        session, checked, conversation_id, read_only=read_only, by_program=by_program, history=history
    )


def _checked(message: str, most: int) -> str:
    if len(message) > most:
        raise TooLarge(f"the message has {len(message)} characters; {most} are the most")
    if not message.strip():
        raise InvalidArguments("message: is blank", code="invalid_request")
    return message


def _failure(turn: Turn) -> AssistantError:
    """Why the turn failed, as the answer to its message; the turn stays readable under its id."""
    assert turn.error is not None
    return turn.error.as_exception(turn_id=turn.turn_id, conversation_id=turn.conversation_id)


async def current_plan(gateway: Gateway, turn: Turn) -> Plan | UnreadableRecord | None:
    """The plan a turn waits for, or the last one it made; None where it is gone. One unread plan hides no turn."""
    if not turn.plan_ids:
        return None
    plan_id = turn.plan_ids[-1]
    try:
        return await gateway.plans.get(turn.session, plan_id)
    except NotFound:
        return None
    except Unavailable as error:
        if error.code != "record_unreadable":
            raise
        return UnreadableRecord(plan_id, error.detail)
