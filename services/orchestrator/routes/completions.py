"""`/v1/models` and `/v1/chat/completions`, as OpenAI has them; the session's token is the API key.

A change is answered with its plan and the address of its page. No message approves anything, and what a client says
that the assistant, a tool or the system said is data.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from services.orchestrator.gateway import CurrentGateway, Gateway
from services.orchestrator.http.event_stream import EventStreamResponse
from services.orchestrator.http.hosts import pages_address
from services.orchestrator.http.problems import ProblemResponse
from services.orchestrator.openai_api.answers import (
    DONE,
    MODEL,
    MODELS,
    READING,
    Head,
    error_body,
    framed,
    model_entry,
    model_list,
    usage_of,
)
from services.orchestrator.openai_api.chores import chore_answer
from services.orchestrator.openai_api.relaying import Relay, Waited
from services.orchestrator.openai_api.requests import CompletionRequest
from services.orchestrator.openai_api.threads import Said, Thread, Threads
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.routes.chat import begin_turn, current_plan
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.events import follow
from services.orchestrator.turns.store import Turn
from shared.errors import AssistantError, NotFound
from shared.plans.plan import Plan

router = APIRouter(prefix="/v1", include_in_schema=False)

_STARTED = int(time.time())
PATHS = ("/v1/chat/completions", "/v1/models")


@router.get("/models")
async def models(session: CurrentSession) -> dict[str, Any]:
    """What a client can choose as its model."""
    return model_list(_STARTED)


@router.get("/models/{model}")
async def one_model(model: str, session: CurrentSession) -> dict[str, Any]:
    """One of them. Raises NotFound (`unknown_model`)."""
    if model not in MODELS:
        raise NotFound(f"there is no model of this name; there are {', '.join(MODELS)}", code="unknown_model")
    return model_entry(model, _STARTED)


@router.post("/chat/completions")
async def completions(
    request: Request, body: CompletionRequest, session: CurrentSession, gateway: CurrentGateway
) -> Response:
    """Answer a conversation's last message, as a stream or in one piece."""
    body.check()
    said = Said.of(body.messages)
    model = READING if body.model == READING else MODEL
    head = Head(f"chatcmpl-{secrets.token_hex(12)}", int(time.time()), model, gateway.worlds.sandbox)
    chore = chore_answer(said.message)
    answering = None if chore is not None else await _begin(request, gateway, session, said, model)
    if body.streams:
        return EventStreamResponse(_stream(head, chore, answering, wants_usage=body.wants_usage))
    if answering is None:
        return JSONResponse(head.completion(chore or "", usage_of(None)))
    text = "".join([piece async for piece in answering.pieces() if piece])
    turn = await answering.end(text)
    return JSONResponse(head.completion(text, usage_of(turn)))


class _Answering:
    """One turn that is being answered, from its first piece of text to the record of where its conversation stands."""

    def __init__(self, gateway: Gateway, session: Session, said: Said, turn: Turn, waited: Waited, pages: str) -> None:
        self._gateway, self._session, self._said, self._turn = gateway, session, said, turn
        self._waited, self._pages = waited, pages

    async def pieces(self) -> AsyncIterator[str | None]:
        """The answer's text in pieces; None where nothing has come for a moment."""
        if self._waited.words:
            yield self._waited.words
        store = self._gateway.turns.store
        events = follow(self._gateway.redis, store, self._turn.turn_id, "0-0", until_waiting=True)
        async for text in Relay(self._pages).texts(events):
            yield text

    async def end(self, text: str) -> Turn:
        """The turn as it ended, once its conversation is remembered. Raises the AssistantError it failed with."""
        turn = await self._gateway.turns.store.load(self._turn.turn_id)
        if turn is None:
            raise NotFound("the turn was deleted while it ran", code="turn_not_found")
        waits = turn.turn_id if turn.status == "waiting_for_approval" else self._waited.turn_id
        thread = Thread(conversation_id=turn.conversation_id, waiting_turn_id=waits)
        await Threads(self._gateway.redis).keep(self._session.owner_id, self._said.answered(text), thread)
        if turn.status == "failed" and turn.error is not None:
            raise turn.error.as_exception(turn_id=turn.turn_id)
        return turn


async def _begin(request: Request, gateway: Gateway, session: Session, said: Said, model: str) -> _Answering:
    pages, reading = pages_address(request, gateway.settings), model == READING
    thread = await Threads(gateway.redis).take(session.owner_id, said)
    waited = await _waited(gateway, session, thread, pages)
    turn = None
    if thread is not None:
        with suppress(NotFound):  # its conversation was deleted
            turn = await begin_turn(
                gateway, session, said.message, thread.conversation_id, read_only=reading, by_program=True
            )
    if turn is None:
        turn = await begin_turn(
            gateway, session, said.message, None, read_only=reading, by_program=True, history=said.history()
        )
    return _Answering(gateway, session, said, turn, waited, pages)


async def _waited(gateway: Gateway, session: Session, thread: Thread | None, pages: str) -> Waited:
    """How it went with the plan that the conversation waited for."""
    if thread is None or thread.waiting_turn_id is None:
        return Waited()
    turn = await gateway.turns.store.load(thread.waiting_turn_id)
    if turn is None or turn.owner_id != session.owner_id:
        return Waited()
    plan = await current_plan(gateway, turn)
    return Waited.of(turn, plan if isinstance(plan, Plan) else None, pages)


async def _stream(
    head: Head, chore: str | None, answering: _Answering | None, *, wants_usage: bool
) -> AsyncIterator[bytes | None]:
    yield head.chunk({"role": "assistant", "content": ""})
    turn, text = None, chore or ""
    if answering is None:
        yield head.chunk({"content": text})
    else:
        try:
            async for piece in answering.pieces():
                text += piece or ""
                yield head.chunk({"content": piece}) if piece else None
            turn = await answering.end(text)
        except AssistantError as error:
            yield framed(error_body({"status": error.status, "code": error.code, "detail": error.detail}))
            yield DONE
            return
    yield head.chunk({}, "stop")
    if wants_usage:
        yield head.usage_chunk(usage_of(turn))
    yield DONE


def problem_in_openai_form(
    request: Request, problem: Mapping[str, Any], headers: Mapping[str, str]
) -> JSONResponse | None:
    """A problem of these routes, also where OpenAI's clients look for it (`error`); None for another route's."""
    if not request.url.path.startswith(PATHS):
        return None
    return ProblemResponse({**problem, **error_body(problem)}, problem["status"], headers=dict(headers))
