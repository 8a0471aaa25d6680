"""The tools of MCP: what reads, with annotations and the schema of its answer, and what proposes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mcp import types

from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.function_calls import Functions
from services.orchestrator.turns.functions.offered import functions_of, offered
from shared.catalog import CatalogEntry

PROPOSE, UNDO, STATUS, OPEN = "propose_plan", "propose_undo", "plan_status", "open_plan_page"
_PLAN_ID: dict[str, Any] = {
    "type": "object",
    "properties": {"plan_id": {"type": "string", "description": "The plan's id, as pln_…", "maxLength": 64}},
    "required": ["plan_id"],
    "additionalProperties": False,
}
# What is told of a plan: as REST shows it, and where a person decides.
_PLAN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "plan_id": {"type": "string"},
        "status": {"type": "string"},
        "page": {"type": "string", "description": "Where a person reads the plan and decides."},
        "summary": {"type": "string", "description": "The plan's page in words."},
        "plan": {"type": "object"},
    },
    "required": ["plan_id", "status", "page", "summary", "plan"],
}


def tools_of(session: Session) -> Mapping[str, types.Tool]:
    """What may be called in a session, by name: not what its fences leave out."""
    tools: Mapping[str, types.Tool] = _tools_of(functions_of(session))
    return tools


@lru_cache(maxsize=64)
def _tools_of(functions: Functions) -> Mapping[str, types.Tool]:
    # Sessions with the same fences share their functions, and so these.
    entries = offered()
    # What a model's instructions say besides is no client's, so it is listed here; operations are left out below.
    shown = [one["function"] for one in (*functions.openai, *functions.unoffered)]
    found = [
        _tool(entries[one["name"]], one["description"], one["parameters"])
        for one in shown
        if not entries[one["name"]].is_change or one["name"] in (PROPOSE, UNDO)
    ]
    return {tool.name: tool for tool in (*found, *_OF_PLANS)}


def _tool(entry: CatalogEntry, description: str, parameters: dict[str, Any]) -> types.Tool:
    return types.Tool(
        name=entry.name,
        description=description,
        input_schema=parameters,
        output_schema=_PLAN if entry.is_change else step_schema(entry),
        annotations=_PROPOSES if entry.is_change else _READS,
    )


# A proposal changes nothing in the account; it is no read either, since a plan is stored.
_PROPOSES = types.ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)
_READS = types.ToolAnnotations(read_only_hint=True, open_world_hint=True)
_OF_PLANS = (
    types.Tool(
        name=STATUS,
        description="How a plan stands: proposed, running, done, failed, in doubt; its steps and their results.",
        input_schema=_PLAN_ID,
        output_schema=_PLAN,
        annotations=_READS,
    ),
    types.Tool(
        name=OPEN,
        description="Ask the person to open a plan's page, where they read it and decide. It approves nothing, and "
        "what the person answers here decides nothing: ask plan_status afterwards.",
        input_schema=_PLAN_ID,
        output_schema=_PLAN,
        annotations=_READS,
    ),
)


def step_schema(entry: CatalogEntry) -> dict[str, Any]:
    """The schema of a tool call's answer: `result` is the tool's own, or a part of it where that is too large."""
    returns = dict(entry.returns)
    definitions = returns.pop("$defs", None)
    text = {"type": "string"}
    properties = {
        "tool": text,
        "agent": text,
        "status": text,
        "arguments": {"type": "object"},
        "result": {"anyOf": [returns, {"type": "object"}]},
        "region": {"type": ["string", "null"]},
        "started_at": text,
        "duration_ms": {"type": "integer"},
        "complete": {"type": "boolean", "description": "False where something could not be read; `gaps` says what."},
        "gaps": {"type": "array", "items": {"type": "object"}},
        "coverage": {"type": "object"},
        "result_ref": {"type": "string", "description": "Names the whole result for query_result."},
        "cut": text,
        "sandbox": {"type": "boolean"},
    }
    required = ["tool", "status", "result", "complete", "gaps"]
    schema = {"type": "object", "properties": properties, "required": required}
    return schema | ({"$defs": definitions} if definitions else {})
