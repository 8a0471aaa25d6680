"""What came of a call or a plan, as the model is told it and as the turn keeps it; both in bounded size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.orchestrator.plans.view import PlanAnswer
from services.orchestrator.turns.context.coverage import table_of
from services.orchestrator.turns.context.history import ChatMessage, tool_message
from services.orchestrator.turns.function_calls import Call
from services.orchestrator.turns.store import Turn
from services.orchestrator.workers.view import CoverageAnswer, ErrorAnswer, ToolStep, cut_note
from shared.errors import AssistantError, InvalidArguments
from shared.messages import ToolResult
from shared.plans.plan import Plan
from shared.text.shorten import shorten

JsonSchema = Mapping[str, Any]

# What of a result the model sees, and what a turn's step holds; the rest is at GET /v1/results/{id}.
MAX_RESULT_CHARS = 32_000
# Of one that is described besides: its columns tell more than more of its rows would.
MAX_SAMPLE_CHARS = 8_000
MAX_STEP_CHARS = 1_000_000


def step_of(call: Call, result: ToolResult) -> ToolStep:
    """The call and its result as a step of the turn."""
    short, cut = shorten(result.result, MAX_STEP_CHARS)
    note = cut_note(result.result_ref) if cut or result.shortened else None
    complete = result.complete and note is None
    about = {"call_id": call.call_id, "result": short, "cut": note, "complete": complete}
    return ToolStep.of(result, call.arguments).model_copy(update=about)


def plan_results(turn: Turn, plan: Plan) -> list[ChatMessage]:
    """The tool messages which tell the model how the plan its calls wait for has ended."""
    names = {call["id"]: call["function"]["name"] for m in turn.messages for call in m.get("tool_calls") or []}
    body = {"plan": PlanAnswer.of(plan).model_dump(mode="json", exclude={"links", "digest", "summary"})}
    return [tool_message(call_id, names[call_id], body) for call_id in turn.pending]


def error_body(error: AssistantError) -> dict[str, Any]:
    """Why a call was not made, as the model gets it."""
    return {"status": "error", "error": {"code": error.code, "detail": error.detail}}


def refusal_body(error: AssistantError, operations: Mapping[str, JsonSchema]) -> dict[str, Any]:
    """Why a plan was refused, with what the operations take that the reason names where arguments are wrong."""
    body = error_body(error)
    if error.code != InvalidArguments.code:
        return body
    # The executor says "step 'one' (create_s3_bucket): …".
    named = [name for name in operations if f"({name})" in error.detail]
    return body | ({"operations": {name: operations[name] for name in named}} if named else {})


def result_body(result: ToolResult) -> dict[str, Any]:
    """A worker's result as the model gets it: shortened to what a turn may hold."""
    body: dict[str, Any] = {"status": result.status}
    if result.error is not None:
        body["error"] = ErrorAnswer.model_validate(result.error).model_dump(mode="json")
    else:
        body["result"], cut = shorten(result.result, MAX_SAMPLE_CHARS if result.overview else MAX_RESULT_CHARS)
        if cut or result.shortened:
            body["cut"] = cut_note(result.result_ref)
    if result.overview:
        body["table"] = table_of(result.overview)
    if result.result_ref:
        body["result_ref"] = result.result_ref
    gaps = [gap.model_dump(mode="json", exclude_none=True) for gap in result.gaps]
    if result.coverage is not None:
        body["coverage"] = CoverageAnswer.model_validate(result.coverage).model_dump(mode="json", exclude_none=True)
    return body | {"complete": result.complete, "gaps": gaps, "region": result.region}
