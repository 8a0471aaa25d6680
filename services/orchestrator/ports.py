"""What the gateway's parts need of each other, as protocols: who calls workers, who answers as a model, who plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from pydantic import JsonValue

from services.orchestrator.llm.client import OnText
from services.orchestrator.llm.completion import Completion
from services.orchestrator.turns.history import ChatMessage
from shared.messages import Agent, Borrowed, Plan, ProposedStep, ToolResult


class Model(Protocol):
    async def complete(
        self,
        messages: Sequence[ChatMessage],
        functions: Sequence[dict[str, Any]],
        on_text: OnText,
        *,
        tool_choice: Literal["none"] | None = None,
    ) -> Completion: ...


class Calls(Protocol):
    """Who calls workers."""

    async def call(
        self,
        agent: Agent,
        tool: str,
        arguments: dict[str, JsonValue],
        *,
        session_id: str,
        call_id: str | None = None,
        turn_id: str | None = None,
        timeout: float = 60.0,  # noqa: ASYNC109  # the deadline travels with the call, it is not only ours
    ) -> ToolResult: ...


class OfSession(Protocol):
    @property
    def session_id(self) -> str: ...


class Plans(Protocol):
    """Who has plans prepared."""

    async def propose(
        self,
        session: OfSession,
        goal: str,
        steps: Sequence[ProposedStep],
        on_failure: Literal["undo", "keep"] = "undo",
        *,
        turn_id: str | None = None,
        call_id: str | None = None,
        borrowed: Sequence[Borrowed] = (),
    ) -> Plan: ...

    async def undo(
        self, session: OfSession, plan_id: str, *, turn_id: str | None = None, call_id: str | None = None
    ) -> Plan: ...
