"""`/v1/models` and `/v1/chat/completions`, as OpenAI has them; the session's token is the API key.

A change is answered with its plan and the address of its page. No message approves anything, and what a client says
that the assistant, a tool or the system said is data.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.event_stream import EventStreamResponse
from services.orchestrator.http.hosts import pages_address
from services.orchestrator.http.problems import ProblemResponse
from services.orchestrator.openai_api.answers import (
    DONE,
    MODELS,
    Head,
    error_body,
    framed,
    model_entry,
    model_list,
    usage_of,
)
from services.orchestrator.openai_api.chores import chore_answer
from services.orchestrator.openai_api.requests import CompletionRequest
from services.orchestrator.openai_api.threads import Said, Threads
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.routes.openai.answering import Answering, Asked, Chore, check, model_of
from shared.errors import AssistantError, NotFound

router = APIRouter(prefix="/v1", include_in_schema=False)

_STARTED = int(time.time())
PATHS = ("/v1/chat/completions", "/v1/responses", "/v1/models")


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
    model = model_of(body.model)
    head = Head(f"chatcmpl-{secrets.token_hex(12)}", int(time.time()), model, gateway.worlds.sandbox)
    threads, chore, answering = Threads(gateway.redis), chore_answer(said.message), None
    if chore is None:
        thread = await threads.take(session.owner_id, said)
        asked = Asked(said.message, thread, said.history(), model, pages_address(request, gateway.settings))
        answering = await Answering.begin(gateway, session, asked)

    async def end(text: str) -> dict[str, int]:
        if answering is None:
            return usage_of(None)
        turn, stands = await answering.end()
        await threads.keep(said.answered(text).digest(session.owner_id), stands)
        check(turn)
        return usage_of(turn)

    reply = Chore(chore or "") if answering is None else answering
    if body.streams:
        return EventStreamResponse(_stream(head, reply.pieces(), end, wants_usage=body.wants_usage))
    text = await reply.whole()
    return JSONResponse(head.completion(text, await end(text)))


async def _stream(
    head: Head,
    pieces: AsyncIterator[str | None],
    end: Callable[[str], Awaitable[dict[str, int]]],
    *,
    wants_usage: bool,
) -> AsyncIterator[bytes | None]:
    yield head.chunk({"role": "assistant", "content": ""})
    text = ""
    try:
        async for piece in pieces:
            text += piece or ""
            yield head.chunk({"content": piece}) if piece else None
        usage = await end(text)
    except AssistantError as error:
        yield framed(error_body({"status": error.status, "code": error.code, "detail": error.detail}))
        yield DONE
        return
    yield head.chunk({}, "stop")
    if wants_usage:
        yield head.usage_chunk(usage)
    yield DONE


def problem_in_openai_form(
    request: Request, problem: Mapping[str, Any], headers: Mapping[str, str]
) -> JSONResponse | None:
    """A problem of these routes, also where OpenAI's clients look for it (`error`); None for another route's."""
    if not request.url.path.startswith(PATHS):
        return None
    return ProblemResponse({**problem, **error_body(problem)}, problem["status"], headers=dict(headers))
