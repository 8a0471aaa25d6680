"""`/v1/tools`: what the agents can do, and a way to call a reading tool without a model."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from pydantic import JsonValue

from services.orchestrator.gateway import Gateway, get_gateway
from services.orchestrator.http.responses import Answer, JsonObject, respond_with
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.routes.secrets import CheckedSession
from services.orchestrator.sessions.fencing import check_read
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.functions.offered import offered
from services.orchestrator.workers.dispatch import new_call
from services.orchestrator.workers.view import ToolList, ToolStep
from shared.catalog import CatalogEntry
from shared.errors import Conflict, NotFound
from shared.messages import ToolResult

router = APIRouter(prefix="/v1/tools", tags=["tools"])


@router.get("", summary="Every tool")
async def list_tools(session: CurrentSession) -> ToolList:
    """Every tool in OpenAI's function-calling form. The executor's are steps of a plan, never called directly."""
    return ToolList.of(offered().values())


@router.post("/{name}", response_model=ToolStep, summary="Call a reading tool")
async def call_tool(
    request: Request,
    name: str,
    session: CheckedSession,
    arguments: Annotated[JsonObject | None, Body(description="The tool's arguments.")] = None,
) -> ToolStep | Response:
    """Call an informational or advisor tool; a change answers 409 `needs_approval`."""
    gateway, given = await get_gateway(request), arguments or {}
    found = await _called(gateway, session, name, given, whole=False)
    result, document = await gateway.dispatcher.with_document(found, session.session_id)
    step = ToolStep.of(result, given)
    if document is None:
        return step
    # A large result goes through as the text it is stored as: nothing else is kept waiting while it is made again.
    return respond_with(request, Answer(200, step.model_dump(mode="json", exclude={"result"})), "result", document)


def tool_of(name: str) -> CatalogEntry:
    """The tool of this name. Raises NotFound (`unknown_tool`)."""
    entry = offered().get(name)
    if entry is None:
        raise NotFound("there is no such tool; GET /v1/tools lists them", code="unknown_tool")
    return entry


async def call_reading_tool(gateway: Gateway, session: Session, name: str, given: dict[str, JsonValue]) -> ToolStep:
    """Call an informational or advisor tool. Raises Conflict (`needs_approval`) for a change, and its failure."""
    return ToolStep.of(await _called(gateway, session, name, given, whole=True), given)


async def _called(
    gateway: Gateway, session: Session, name: str, given: dict[str, JsonValue], *, whole: bool
) -> ToolResult:
    entry = tool_of(name)
    if entry.is_change:
        raise Conflict(
            f"{name} changes the account and needs a person's approval: POST /v1/plans with it as a step, then approve",
            code="needs_approval",
        )
    check_read(session, entry.name, given)
    result = await gateway.dispatcher.call(
        new_call(entry.agent, entry.name, given, session_id=session.session_id, seconds=entry.timeout), whole=whole
    )
    if result.error is not None:
        raise result.error.as_exception(agent=result.agent, tool=result.tool, region=result.region)
    return result
