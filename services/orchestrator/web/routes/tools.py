"""`/tools`: what the agents can do; a reading tool can be called by a form made from its schema."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.routes.tools import call_reading_tool, tool_of
from services.orchestrator.turns.functions.offered import offered
from services.orchestrator.web.forms import WrittenForm
from services.orchestrator.web.rendering import page
from services.orchestrator.web.views.results.charts import charts_of
from services.orchestrator.web.views.results.tables import result_shown
from services.orchestrator.web.views.schema_form import fields_of, read_fields
from services.orchestrator.web.visit import CurrentVisit
from services.orchestrator.workers.view import ToolStep
from shared.error_codes.registry import is_denial
from shared.errors import AssistantError

router = APIRouter(prefix="/tools")

MAX_ROWS = 500


@router.get("")
async def list_tools(request: Request, visit: CurrentVisit) -> Response:
    """Every tool, by the agent that has it."""
    tools = offered().values()
    groups = [
        ("Read", [one for one in tools if not one.is_change and one.agent != "advisor"]),
        ("Ask Claude about policies", [one for one in tools if one.agent == "advisor"]),
        ("Steps of a plan", [one for one in tools if one.is_change]),
    ]
    return page(request, "tools.html", visit, groups=groups)


@router.get("/{name}")
async def show_tool(name: str, request: Request, visit: CurrentVisit) -> Response:
    """A tool, and the form to call it where it only reads."""
    tool = tool_of(name)
    return page(
        request, "tool.html", visit, tool=tool, fields=fields_of(tool.parameters, {}), step=None, error=None,
        result=None, charts=(), text="",
    )  # fmt: skip


@router.post("/{name}")
async def call_tool(
    name: str, request: Request, form: WrittenForm, visit: CurrentVisit, gateway: CurrentGateway
) -> Response:
    """Call it, and show what it answers under the form. A failure of the tool is shown there as well."""
    tool, given = tool_of(name), form.under("argument.")
    fields = fields_of(tool.parameters, given)
    step: ToolStep | None = None
    error: AssistantError | None = None
    arguments = read_fields(tool.parameters, given)
    try:
        step = await call_reading_tool(gateway, visit.session, name, arguments)
    except AssistantError as failed:
        if is_denial(failed.code, failed.status):
            raise  # as such it is audited
        error = failed
    result = step.result if step else None
    return page(
        request, "tool.html", visit, status=error.status if error else 200, tool=tool, fields=fields, step=step,
        error=error, result=result_shown(result, MAX_ROWS) if result is not None else None, charts=charts_of(result),
        text=json.dumps(result, indent=2, ensure_ascii=True) if step else "",
    )  # fmt: skip
