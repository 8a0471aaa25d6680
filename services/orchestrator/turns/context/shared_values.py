"""What an approval lets the model see of the values that a plan has read: for its closing answer, and stored nowhere.

The executor keeps it encrypted beside the plan for some minutes. It is put into the messages of one request, never into
the turn; and with it the model can only answer, so that what it has seen goes into no call.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import structlog
from redis.asyncio import Redis

from services.orchestrator.turns.context.history import ChatMessage
from services.orchestrator.turns.context.prompt import read_tool_output, tool_output
from shared.errors import Gone
from shared.keys.sealed_values import shared_under, unseal_for_model

log = structlog.get_logger(__name__)


class SharedValues:
    """`signing_key` is the executor's, from which the key of these values follows."""

    def __init__(self, redis: Redis, signing_key: bytes) -> None:
        self._redis, self._signing_key = redis, signing_key

    async def shown_to_model(self, messages: Sequence[ChatMessage], plan_ids: Sequence[str]) -> list[ChatMessage]:
        """The turn's messages with the values of its last plan, where the approval says so; else none."""
        if not plan_ids:
            return []
        plan_id = plan_ids[-1]
        values = await self._values(plan_id)
        return _with(messages, plan_id, values) if values else []

    async def _values(self, plan_id: str) -> dict[str, Any]:
        stored: Any = await self._redis.hgetall(shared_under(plan_id))
        found = {}
        for step_id, sealed in stored.items():
            try:
                found[step_id] = json.loads(unseal_for_model(sealed, self._signing_key, plan_id, step_id))
            except Gone:
                log.error("shared_value_unreadable", plan_id=plan_id, step_id=step_id)
        return found


def _with(messages: Sequence[ChatMessage], plan_id: str, values: dict[str, Any]) -> list[ChatMessage]:
    shown, told = list(messages), False
    for place in range(len(messages) - 1, -1, -1):
        message = messages[place]
        opened = read_tool_output(message["content"]) if message["role"] == "tool" else None
        plan = opened[1].get("plan") if opened else None
        if opened and isinstance(plan, dict) and plan.get("plan_id") == plan_id:
            tool, body = opened
            shown[place] = message | {"content": tool_output(tool, body | {"values": values})}
            told = True
            break
    return shown if told else []
