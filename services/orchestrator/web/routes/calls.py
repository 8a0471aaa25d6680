"""`/chat/turns/{turn}/calls/{call}`: all that one tool call of a turn answered, as pages of a table or as a file."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import JsonValue

from services.orchestrator.gateway import CurrentGateway, Gateway
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.store import Turn
from services.orchestrator.web.rendering import page
from services.orchestrator.web.safety import HEADERS
from services.orchestrator.web.views.results.charts import Chart, charts_of
from services.orchestrator.web.views.results.export import as_csv
from services.orchestrator.web.views.results.tables import ResultShown, lists_in, result_shown, table_of
from services.orchestrator.web.visit import CurrentVisit
from services.orchestrator.workers.view import ToolStep
from shared.errors import NotFound
from shared.results import records
from shared.results.records import StoredResult

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
    stored = await _stored(gateway, visit.session, step)
    if form is not None:
        # Large ones take a second.
        return await asyncio.to_thread(_as_file, step, stored, form, list)
    shown = await asyncio.to_thread(_shown, step, stored, list, page_number)
    return page(
        request, "call.html", visit, turn=turn, step=step, shown=shown, result=shown.result, charts=shown.charts
    )


@dataclass(frozen=True, slots=True)
class CallShown:
    """A page of the result: one of its lists, which of the others there are, and whether it is all of it."""

    result: ResultShown
    charts: tuple[Chart, ...]
    tables: tuple[str, ...]
    chosen: str | None
    number: int
    pages: int
    whole: bool


def _shown(step: ToolStep, stored: StoredResult | None, wanted: str | None, number: int) -> CallShown:
    result, whole = _result(step, stored)
    tables = lists_in(result)
    chosen = wanted if wanted in tables else next(iter(tables), None)
    shown, pages = result_shown(result, 0), 1
    if chosen is not None:
        pages = -(-len(tables[chosen]) // ROWS)
        shown = ResultShown(shown.facts, (table_of(chosen, tables[chosen], (number - 1) * ROWS, ROWS),))
    return CallShown(shown, charts_of(result), tuple(tables), chosen, number, pages, whole)


def _as_file(step: ToolStep, stored: StoredResult | None, form: Literal["csv", "json"], wanted: str | None) -> Response:
    result, _ = _result(step, stored)
    if form == "json":
        return _file(step.tool, "json", json.dumps(result, indent=2, ensure_ascii=False))
    tables = lists_in(result)
    chosen = wanted if wanted in tables else next(iter(tables), None)
    if chosen is None:
        raise NotFound("the result has no list that could be a table")
    return _file(f"{step.tool}-{chosen}", "csv", as_csv(tables[chosen]))


def _result(step: ToolStep, stored: StoredResult | None) -> tuple[JsonValue, bool]:
    """The result, and whether it is all of it: large ones are kept for hours, their beginning with the turn."""
    if stored is not None:
        result: JsonValue = json.loads(stored.document())
        return result, True
    return step.result, step.cut is None


def _step(turn: Turn, call_id: str) -> ToolStep:
    """The call by its id, or its place where an older version stored none (`views/turn/shown.py`)."""
    for place, step in enumerate(turn.steps):
        if call_id == (step.call_id or f"{turn.turn_id}.{place}"):
            return step
    raise NotFound("the turn has no such call, or it has not ended yet")


async def _stored(gateway: Gateway, session: Session, step: ToolStep) -> StoredResult | None:
    """The stored result of a large one; None where it is gone, or was not large."""
    if step.result_ref is None:
        return None
    try:
        return await records.find(gateway.redis, session.owner_id, step.result_ref)
    except NotFound:
        return None


def _file(name: str, kind: Literal["csv", "json"], text: str) -> Response:
    media_type = "text/csv; charset=utf-8" if kind == "csv" else "application/json"
    safe = _NOT_A_NAME.sub("-", name)[:80] or "result"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{safe}.{kind}"'}
    return Response(text, media_type=media_type, headers=headers)
