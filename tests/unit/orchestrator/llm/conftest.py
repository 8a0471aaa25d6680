"""Asks the model's client as the reasoning loop does, with functions that have real schemas."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.orchestrator.llm.client import ChatModel
from services.orchestrator.llm.completion import Completion
from services.orchestrator.llm.offered import Offered
from services.orchestrator.turns.function_calls import Functions
from services.orchestrator.turns.functions.offered import offered

FUNCTIONS = Functions(
    [entry for entry in offered().values() if entry.kind == "tool"],
    operations=[entry for entry in offered().values() if entry.kind == "operation"],
)
OFFERED = Offered([*FUNCTIONS.openai, *FUNCTIONS.unoffered], FUNCTIONS.reads)
ASKED: list[dict[str, Any]] = [
    {"role": "system", "content": "You are AWS Assistant."},
    {"role": "user", "content": "How much is in S3?"},
]

Complete = Callable[..., Awaitable[Completion]]


@pytest.fixture
def complete(model: ChatModel) -> Complete:
    """Ask one question; `heard` gets the pieces of text as a person would see them come."""

    async def complete(
        messages: list[dict[str, Any]] | None = None, heard: list[str] | None = None, **options: Any
    ) -> Completion:
        async def on_text(text: str) -> None:
            if heard is not None:
                heard.append(text)

        known = {"reads": FUNCTIONS.reads, "unoffered": FUNCTIONS.unoffered}
        return await model.complete(messages or ASKED, FUNCTIONS.openai, on_text, **known, **options)

    return complete


def calls_of(completion: Completion) -> list[tuple[str, str]]:
    return [(one.name, one.arguments) for one in completion.calls]
