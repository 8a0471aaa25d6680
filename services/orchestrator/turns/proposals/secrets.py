"""Takes secrets out of the changes that a model proposes, before its message is stored or sent again.

What stands in their place is refused like a secret (`secret_in_plan`), so a turn that is resumed knows it too.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from pydantic import JsonValue

from services.orchestrator.turns.context.history import ChatMessage
from shared.secrets import in_plans as secrets_in_plans


def without_secrets(message: ChatMessage, changes: Collection[str]) -> ChatMessage:
    """The assistant message, its calls of change functions without secrets."""
    calls = [
        call
        if call["function"]["name"] not in changes
        else call
        | {"function": call["function"] | {"arguments": arguments_without_secrets(call["function"]["arguments"])}}
        for call in message["tool_calls"]
    ]
    return message | {"tool_calls": calls}


def arguments_without_secrets(text: str) -> str:
    """A call's arguments as they came where they hold no secret. Text that is no JSON goes whole where it does."""
    try:
        arguments: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        arguments = text
    if secrets_in_plans.find(arguments) is None:
        return text
    return json.dumps(secrets_in_plans.without(arguments), ensure_ascii=False)
