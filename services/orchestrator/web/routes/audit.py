"""`/audit`: what happened in the session, whether the log of it is whole, and its export."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from services.orchestrator.audit.view import AuditCheck
from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.routes.audit import export_of
from services.orchestrator.web.rendering import page, part
from services.orchestrator.web.views.audit import KINDS, ChainChecks, entries_of
from services.orchestrator.web.visit import CurrentVisit

router = APIRouter(prefix="/audit")


@router.get("")
async def show_audit(
    request: Request,
    visit: CurrentVisit,
    gateway: CurrentGateway,
    kind: Annotated[str, Query(max_length=40)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Entries, newest first, all or those of a kind or with a text; and the check of the whole log."""
    session_id = visit.session.session_id
    report = AuditCheck.of(await _checks(request).verify(gateway.audit, session_id))
    shown = await entries_of(gateway.audit, session_id, kind=kind, text=q, before=before)
    return page(request, "audit.html", visit, report=report, shown=shown, kinds=KINDS, kind=kind, asked=q)


@router.get("/chain")
async def chain(request: Request, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Whether the log is whole, in a word, for the head of every page."""
    whole = await _checks(request).is_whole(gateway.audit, visit.session.session_id)
    return part("parts/chain.html", whole=whole)


@router.get("/export")
async def export(visit: CurrentVisit, gateway: CurrentGateway) -> StreamingResponse:
    """The whole log as lines of JSON, for `assistant audit verify`."""
    return await export_of(gateway, visit.session)


def _checks(request: Request) -> ChainChecks:
    checks: ChainChecks = request.app.state.chain_checks
    return checks
