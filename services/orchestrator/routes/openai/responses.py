"""`POST /v1/responses`, OpenAI's Responses API: a message begins a turn, whose answer is one message of text.

A client goes on with `previous_response_id`, or sends the whole conversation as input.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from services.orchestrator.gateway import CurrentGateway, Gateway
from services.orchestrator.http.event_stream import EventStreamResponse
from services.orchestrator.http.hosts import pages_address
from services.orchestrator.openai_api.answers import usage_of
from services.orchestrator.openai_api.chores import chore_answer
from services.orchestrator.openai_api.response_answers import Events, Shape, response_id, turn_id_of
from services.orchestrator.openai_api.response_requests import ResponseRequest
from services.orchestrator.openai_api.threads import Said, Thread, Threads, response_digest
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.routes.openai.answering import Answering, Asked, Chore, check, model_of
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.conversations import MAX_TURNS_SHOWN
from shared.errors import AssistantError, BadRequest

router = APIRouter(prefix="/v1", include_in_schema=False)


@router.post("/responses")
async def respond(
    request: Request, body: ResponseRequest, session: CurrentSession, gateway: CurrentGateway
) -> Response:
    """Answer the input's last message, as a stream of events or in one piece."""
    body.check()
    said, model, owner = Said.of(body.messages(), "input"), model_of(body.model), session.owner_id
    threads, chore, answering = Threads(gateway.redis), chore_answer(said.message), None
    if chore is None:
        thread, history = await _before(gateway, session, threads, said, body.previous_response_id)
        added = said.history() if body.previous_response_id else ""
        asked = Asked(said.message, thread, history, model, pages_address(request, gateway.settings), added)
        answering = await Answering.begin(gateway, session, asked)
    identity = response_id(answering.turn_id) if answering else f"resp_{secrets.token_hex(12)}"
    shape = Shape(
        identity, int(time.time()), model, gateway.worlds.sandbox, body.previous_response_id, body.metadata or {}
    )

    async def end(text: str) -> dict[str, int]:
        if answering is None:
            return usage_of(None)
        turn, stands = await answering.end()
        await threads.keep(response_digest(owner, identity), stands)
        if body.previous_response_id is None:  # only then it has all that was said
            await threads.keep(said.answered(text).digest(owner), stands)
        check(turn)
        return usage_of(turn)

    reply = Chore(chore or "") if answering is None else answering
    if body.stream:
        return EventStreamResponse(_stream(Events(shape), reply.pieces(), end))
    text = await reply.whole()
    return JSONResponse(shape.body("completed", text, await end(text)))


async def _before(
    gateway: Gateway, session: Session, threads: Threads, said: Said, previous: str | None
) -> tuple[Thread | None, str]:
    """The conversation that goes on, and what was said before in case it cannot.

    Raises BadRequest (`previous_response_not_found`).
    """
    if previous is None:
        return await threads.take(session.owner_id, said), said.history()
    turn_id = turn_id_of(previous)
    turn = await gateway.turns.store.load(turn_id) if turn_id else None
    if turn is None or turn.owner_id != session.owner_id:
        raise BadRequest(
            "there is no response of this id that could be gone on after, or it is not yours; send the whole "
            "conversation as input",
            code="previous_response_not_found",
            param="previous_response_id",
        )
    turns = await gateway.turns.conversations.turns(turn.conversation_id, MAX_TURNS_SHOWN)
    if turns and turns[-1].turn_id == turn.turn_id:
        known = await threads.find(response_digest(session.owner_id, previous))
        return known or Thread(conversation_id=turn.conversation_id), said.history()
    # The conversation has gone on since: what was said until then begins another.
    until = [one for one in turns if one.created_at <= turn.created_at]
    told = [line for one in until for line in (("user", one.message), ("assistant", one.answer))]
    return None, Said((), (*told, *said.before)).history()


async def _stream(
    events: Events, pieces: AsyncIterator[str | None], end: Callable[[str], Awaitable[dict[str, int]]]
) -> AsyncIterator[bytes | None]:
    yield events.begin()
    text = ""
    try:
        async for piece in pieces:
            text += piece or ""
            yield events.delta(piece) if piece else None
        usage = await end(text)
    except AssistantError as error:
        yield events.failed(text, error.status, error.code, error.detail)
        return
    yield events.end(text, usage)
