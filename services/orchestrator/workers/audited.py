"""The dispatcher with the audit: a tool's result is returned only after the log has the call."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog
from pydantic import JsonValue
from redis.asyncio import Redis

from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.workers.dispatch import Dispatcher
from shared.audit.kinds import Kind
from shared.audit.log import Entry
from shared.catalog import CATALOG
from shared.errors import AssistantError
from shared.messages import Agent, ToolCall, ToolResult

# Tools of the executor that a model or a client calls.
GRANTED_READS = frozenset(
    entry.name for entry in CATALOG if entry.agent == "executor" and entry.kind == "tool" and not entry.is_change
)

log = structlog.get_logger(__name__)


class AuditedDispatcher(Dispatcher):
    """Calls workers, and appends every call of a tool or the advisor to the log before returning its result."""

    def __init__(
        self,
        redis: Redis,
        signing_keys: Mapping[Agent, bytes],
        audit: AuditTrail,
        *,
        refusal: Callable[[Agent], AssistantError | None] = lambda _: None,
    ) -> None:
        super().__init__(redis, signing_keys, refusal=refusal)
        self._audit = audit

    async def call(self, call: ToolCall, *, whole: bool = True) -> ToolResult:
        """As `Dispatcher.call`. The executor's calls are recorded as plans and steps, not here, but for its reads."""
        if call.agent == "executor" and call.tool not in GRANTED_READS:
            return await super().call(call, whole=whole)
        started = time.time()
        called = call.model_dump(mode="json", include={"tool", "agent", "arguments", "turn_id", "call_id"})
        called["made_by"] = "model" if call.turn_id else "client"
        kind: Kind = "advisor.called" if call.agent == "advisor" else "tool.called"
        try:
            result = await super().call(call, whole=whole)
        except AssistantError as error:
            spent = {"outcome": error.code, "duration_ms": int((time.time() - started) * 1000)}
            await self._audit.record(call.session_id, Entry(kind, called | spent))
            raise
        await self._audit.record(call.session_id, Entry(kind, called | _outcome(result)))
        return result

    async def flooded(self, agent: Agent, why: str) -> None:
        """As `Dispatcher.flooded`, and into the gateway's own log; trouble with that is only logged."""
        await super().flooded(agent, why)
        try:
            await self._audit.record_service(Entry("replies.flooded", {"agent": agent, "why": why}))
        except AssistantError as error:
            log.error("entry_not_audited", kind="replies.flooded", code=error.code)


def _outcome(result: ToolResult) -> dict[str, JsonValue]:
    parts: dict[str, JsonValue] = {"parts": result.parts} if result.parts else {}
    return parts | {
        "call_id": result.call_id,
        "outcome": result.error.code if result.error else "ok",
        "region": result.region,
        "complete": result.complete,
        "gaps": len(result.gaps),
        "duration_ms": result.duration_ms,
    }
