"""`/plans/{plan_id}/drift`: compares what a plan left with what AWS shows now, on a click, and shows that."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.web.forms import OwnForm
from services.orchestrator.web.rendering import page
from services.orchestrator.web.visit import CurrentVisit

router = APIRouter(prefix="/plans")


@router.post("/{plan_id}/drift")
async def ask(plan_id: str, request: Request, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """What AWS shows now, on a page that is kept nowhere: it is old at once."""
    found = await gateway.drift.ask(visit.session, plan_id)
    return page(request, "drift.html", visit, drift=found)
