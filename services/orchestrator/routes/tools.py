"""`/v1/tools`: what the agents can do, and a way to call a reading tool without a model."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.responses import JsonObject
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.schemas import StepAnswer, ToolList
from services.orchestrator.turns.offered import offered
from services.orchestrator.workers.dispatch import new_call
from services.orchestrator.workers.view import step_view
from shared.catalog import CatalogEntry
from shared.errors import Conflict, NotFound

router = APIRouter(prefix="/v1/tools", tags=["tools"])


@router.get("", responses={200: {"model": ToolList}}, response_model=None)
async def list_tools(session: CurrentSession) -> dict[str, Any]:
    """Every tool in OpenAI's function-calling form. The executor's are steps of a plan, never called directly."""
    return {"tools": [_tool_view(entry) for entry in offered().values()]}


@router.post("/{name}", responses={200: {"model": StepAnswer}}, response_model=None)
async def call_tool(
    name: str,
    session: CurrentSession,
    gateway: CurrentGateway,
    arguments: Annotated[JsonObject | None, Body(description="The tool's arguments.")] = None,
) -> dict[str, Any]:
    """Call an informational or advisor tool; a change answers 409 `needs_approval`."""
    entry = offered().get(name)
    if entry is None:
        raise NotFound("there is no such tool; GET /v1/tools lists them", code="unknown_tool")
    if entry.agent == "executor":
        raise Conflict(
            f"{name} changes the account and needs a person's approval: POST /v1/plans with it as a step, then approve",
            code="needs_approval",
        )
    given = arguments or {}
    result = await gateway.dispatcher.call(
        new_call(entry.agent, entry.name, given, session_id=session.session_id, seconds=entry.timeout)
    )
    if result.error is not None:
        raise result.error.as_exception(agent=result.agent, tool=result.tool, region=result.region)
    return step_view(result, given)


def _tool_view(entry: CatalogEntry) -> dict[str, Any]:
    return {
        **entry.openai(),
        "agent": entry.agent,
        "effect": entry.effect,
        "iam_actions": list(entry.iam_actions),
        "returns": entry.returns,
    }
