"""`/v1/conversations`: what you said and what was answered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.parameters import Cursor
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.routes.chat import current_plan
from services.orchestrator.turns.conversations import MAX_TURNS_SHOWN
from services.orchestrator.turns.view import ConversationPage, ConversationWithTurns

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


@router.get("", summary="Conversations, newest first")
async def list_conversations(
    session: CurrentSession,
    gateway: CurrentGateway,
    limit: Annotated[int, Query(ge=1, le=100, description="How many conversations at most.")] = 20,
    cursor: Cursor = None,
) -> ConversationPage:
    """A page of your conversations; `next_cursor` is null on the last one."""
    return ConversationPage.of(*await gateway.turns.conversations.page(session.owner_id, limit, cursor))


@router.get("/{conversation_id}", summary="A conversation with its turns")
async def get_conversation(
    conversation_id: str, session: CurrentSession, gateway: CurrentGateway
) -> ConversationWithTurns:
    """The conversation and its newest 100 turns in the order they began; `turn_count` counts all."""
    conversations = gateway.turns.conversations
    conversation = await conversations.get(session.owner_id, conversation_id)
    turns, unread = await conversations.read_turns(conversation_id, MAX_TURNS_SHOWN)
    waiting = [turn for turn in turns if turn.status == "waiting_for_approval"]
    plans = {turn.turn_id: await current_plan(gateway, turn) for turn in waiting}
    count = await conversations.count(conversation_id)
    return ConversationWithTurns.of(conversation, turns, count, plans, unread)


@router.delete("/{conversation_id}", status_code=204, response_class=Response, summary="Forget a conversation")
async def delete_conversation(conversation_id: str, session: CurrentSession, gateway: CurrentGateway) -> None:
    """Delete the conversation and its turns. A turn that runs stops; a plan that was proposed stays."""
    await gateway.turns.conversations.delete(session.owner_id, conversation_id)
