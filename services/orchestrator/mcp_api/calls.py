"""Calls of MCP's tools: reads go to the workers as from REST; a proposal is a program's, so no argument is trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp import types
from pydantic import JsonValue, ValidationError

from services.orchestrator.gateway import Gateway
from services.orchestrator.mcp_api import tools
from services.orchestrator.mcp_api.endpoint import PATH
from services.orchestrator.plans.page_address import page_of
from services.orchestrator.plans.view import PlanAnswer
from services.orchestrator.routes.plan_requests import PlanRequest
from services.orchestrator.routes.secrets import check_secrets
from services.orchestrator.routes.tools import call_reading_tool
from services.orchestrator.sessions.session import Session
from shared.errors import AssistantError, InvalidArguments
from shared.plans.page.page import plan_page
from shared.plans.plan import Plan
from shared.text.json_values import checked
from shared.tools import describe


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call it is, and the address below which the web page is."""

    gateway: Gateway
    session: Session
    pages: str

    def page_of(self, plan_id: str) -> str:
        """The address of a plan's page."""
        return page_of(plan_id, self.pages)


async def call(caller: Caller, name: str, arguments: Mapping[str, Any]) -> types.CallToolResult:
    """The result of a tool; an expected failure is one too, so that a model can mend its call."""
    try:
        given = _given(arguments)
        check_secrets(given, PATH)
        return _result(await _answer(caller, name, given))
    except ValidationError as error:
        return _failure(InvalidArguments(describe(error), code="invalid_arguments"))
    except AssistantError as error:
        return _failure(error)


def _given(arguments: Mapping[str, Any]) -> dict[str, JsonValue]:
    try:
        given: dict[str, JsonValue] = checked(dict(arguments))
    except ValueError as error:
        raise InvalidArguments(f"an argument {error}", code="invalid_arguments") from None
    return given


async def _answer(caller: Caller, name: str, given: dict[str, JsonValue]) -> dict[str, Any]:
    if name in (tools.STATUS, tools.OPEN):
        return _of_plan(caller, await caller.gateway.plans.get(caller.session, plan_id_of(given)))
    if name == tools.PROPOSE:
        return _of_plan(caller, await _propose(caller, PlanRequest.model_validate(given)))
    if name == tools.UNDO:
        undone = await caller.gateway.plans.undo(caller.session, plan_id_of(given), by_program=True)
        return _of_plan(caller, undone)
    step = await call_reading_tool(caller.gateway, caller.session, name, given)
    body = step.model_dump(mode="json")
    return body | {"sandbox": True} if caller.gateway.worlds.sandbox else body


def plan_id_of(given: Mapping[str, Any]) -> str:
    """The argument `plan_id`. Raises InvalidArguments."""
    plan_id = given.get("plan_id")
    if not isinstance(plan_id, str) or not plan_id or len(given) > 1:
        raise InvalidArguments("plan_id: is the one argument, a plan's id", code="invalid_arguments")
    return plan_id


async def _propose(caller: Caller, body: PlanRequest) -> Plan:
    return await caller.gateway.plans.propose(
        caller.session, body.goal, body.steps, body.on_failure, by_program=True, account=body.account
    )


def _of_plan(caller: Caller, plan: Plan) -> dict[str, Any]:
    return {
        "plan_id": plan.plan_id,
        "status": plan.status,
        "page": caller.page_of(plan.plan_id),
        "summary": plan_page(plan),
        "plan": PlanAnswer.of(plan).model_dump(mode="json"),
    }


def _result(body: dict[str, Any]) -> types.CallToolResult:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structured_content=body)


def _failure(error: AssistantError) -> types.CallToolResult:
    # Without structured content: clients check any that there is against the tool's output schema.
    text = types.TextContent(type="text", text=f"{error.code}: {error.detail}")
    return types.CallToolResult(content=[text], is_error=True)
