"""`/v1/conversations`: what was said in this session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.responses import Answer, respond
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.turns.conversations import MAX_TURNS_SHOWN, conversation_view
from services.orchestrator.turns.view import turn_view

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


@router.get("", response_model=None, summary="Conversations, newest first")
async def list_conversations(
    request: Request,
    session: CurrentSession,
    gateway: CurrentGateway,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """A page of this session's conversations; `next_cursor` is null on the last one."""
    items, next_cursor = await gateway.turns.conversations.page(session.session_id, limit, cursor)
    body = {"items": [conversation_view(item) for item in items], "next_cursor": next_cursor}
    return respond(request, Answer(200, body))


@router.get("/{conversation_id}", response_model=None, summary="A conversation with its turns")
async def get_conversation(
    request: Request, conversation_id: str, session: CurrentSession, gateway: CurrentGateway
) -> Response:
    """The conversation and its newest 100 turns in the order they began; `turn_count` counts all."""
    conversations = gateway.turns.conversations
    conversation = await conversations.get(session.session_id, conversation_id)
    turns = await conversations.turns(conversation_id, MAX_TURNS_SHOWN)
    body = conversation_view(conversation) | {
        "turns": [turn_view(turn) for turn in turns],
        "turn_count": await conversations.count(conversation_id),
    }
    return respond(request, Answer(200, body))


@router.delete("/{conversation_id}", status_code=204, response_model=None, summary="Forget a conversation")
async def delete_conversation(conversation_id: str, session: CurrentSession, gateway: CurrentGateway) -> Response:
    """Delete the conversation and its turns. A turn that runs stops; a plan that was proposed stays."""
    await gateway.turns.conversations.delete(session.session_id, conversation_id)
    return Response(status_code=204)
