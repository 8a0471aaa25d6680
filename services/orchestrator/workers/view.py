"""How a worker's result looks over REST and in a turn's events."""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue

from services.orchestrator.times import iso
from shared.messages import ToolResult


def step_view(result: ToolResult, arguments: dict[str, JsonValue]) -> dict[str, Any]:
    """One tool call as a turn shows it and as `POST /v1/tools/{name}` answers it.

    `error` is there only where the call failed, `result_ref` only where the result was too large to travel.
    """
    view: dict[str, Any] = {
        "agent": result.agent,
        "tool": result.tool,
        "arguments": arguments,
        "status": result.status,
        "result": result.result,
        "region": result.region,
        "started_at": iso(result.started_at),
        "duration_ms": result.duration_ms,
        "complete": result.complete,
        "gaps": [gap.model_dump(mode="json", exclude_none=True) for gap in result.gaps],
    }
    if result.error is not None:
        view["error"] = result.error.model_dump(mode="json")
    if result.result_ref is not None:
        view["result_ref"] = result.result_ref
    return view
