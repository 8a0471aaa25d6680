"""Earlier turns of a conversation, as the model gets them: every function call has an answer."""

from __future__ import annotations

from typing import Any

from services.orchestrator.turns.context.history import ChatMessage, answered
from services.orchestrator.turns.store import Turn


def messages_of(turn: Turn) -> list[ChatMessage]:
    """An earlier turn's messages, with an answer to every function call, also where the turn failed or waits."""

    def missing(_: str) -> dict[str, Any]:
        if turn.status == "waiting_for_approval":
            return {"status": turn.status, "plan_id": turn.plan_id}
        return {"status": "error", "error": {"code": "turn_failed", "detail": "the turn ended before this call did"}}

    messages = answered(turn.messages, missing)
    if turn.status == "waiting_for_approval":
        messages.append({"role": "assistant", "content": turn.answer})
    elif turn.status == "cancelled":
        messages.append({"role": "assistant", "content": "(The user stopped this turn.)"})
    elif turn.error is not None:
        messages.append({"role": "assistant", "content": f"(This turn failed: {turn.error.code}.)"})
    return messages
