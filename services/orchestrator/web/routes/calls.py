"""`/chat/turns/{turn}/calls/{call}`: all that one tool call of a turn answered, as pages of a table or as a file."""

from __future__ import annotations

import json
import re
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import JsonValue

from services.orchestrator.gateway import CurrentGateway, Gateway
from services.orchestrator.sessions.service import Session
from services.orchestrator.turns.store import Turn
from services.orchestrator.web.rendering import page
from services.orchestrator.web.safety import HEADERS
from services.orchestrator.web.views.results.charts import charts_of
from services.orchestrator.web.views.results.export import as_csv
from services.orchestrator.web.views.results.tables import ResultShown, lists_in, result_shown, table_of
from services.orchestrator.web.visit import CurrentVisit
from services.orchestrator.workers.view import ToolStep
from shared.errors import NotFound
from shared.results import records

router = APIRouter(prefix="/chat/turns/{turn_id}/calls")

ROWS = 100
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


@router.get("/{call_id}")
async def show_call(
    turn_id: str,
    call_id: str,
    request: Request,
    visit: CurrentVisit,
    gateway: CurrentGateway,
    list: Annotated[str | None, Query(max_length=200, description="Which list of the result.")] = None,
    page_number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
    form: Annotated[Literal["csv", "json"] | None, Query(alias="as")] = None,
) -> Response:
    """The whole result: page by page, or as JSON, or a list of it as CSV."""
    turn = await gateway.turns.store.of_owner(turn_id, visit.session.owner_id)
    step = _step(turn, call_id)
    result, whole = await _whole(gateway, visit.session, step)
    if form == "json":
        return _file(step.tool, "json", json.dumps(result, indent=2, ensure_ascii=False))
    tables = lists_in(result)
    chosen = list if list in tables else next(iter(tables), None)
    if form == "csv":
        if chosen is None:
            raise NotFound("the result has no list that could be a table")
        return _file(f"{step.tool}-{chosen}", "csv", as_csv(tables[chosen]))
    shown = result_shown(result, 0)
    if chosen is not None:
        one = table_of(chosen, tables[chosen], (page_number - 1) * ROWS, ROWS)
        shown = ResultShown(shown.facts, (one,))
    pages = -(-len(tables[chosen]) // ROWS) if chosen is not None else 1
    return page(
        request, "call.html", visit, turn=turn, step=step, whole=whole, result=shown, charts=charts_of(result),
        tables=tuple(tables), chosen=chosen, page_number=page_number, pages=pages, id="call",
    )  # fmt: skip


def _step(turn: Turn, call_id: str) -> ToolStep:
    """The call by its id, or its place where an older version stored none (`views/turn/shown.py`)."""
    for place, step in enumerate(turn.steps):
        if call_id == (step.call_id or f"{turn.turn_id}.{place}"):
            return step
    raise NotFound("the turn has no such call, or it has not ended yet")


async def _whole(gateway: Gateway, session: Session, step: ToolStep) -> tuple[JsonValue, bool]:
    """The result, and whether it is all of it: large ones are kept for an hour, their beginning with the turn."""
    if step.result_ref is None:
        return step.result, step.cut is None
    try:
        return await records.load(gateway.redis, session.owner_id, step.result_ref), True
    except NotFound:
        return step.result, False


def _file(name: str, kind: Literal["csv", "json"], text: str) -> Response:
    media_type = "text/csv; charset=utf-8" if kind == "csv" else "application/json"
    safe = _NOT_A_NAME.sub("-", name)[:80] or "result"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{safe}.{kind}"'}
    return Response(text, media_type=media_type, headers=headers)
