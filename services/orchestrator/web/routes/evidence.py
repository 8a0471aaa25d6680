"""`/plans/{plan_id}/evidence`: compares a plan's calls with AWS's event history, and shows that on the plan's page."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.web.forms import OwnForm
from services.orchestrator.web.visit import CurrentVisit

router = APIRouter(prefix="/plans")


@router.post("/{plan_id}/evidence")
async def ask(plan_id: str, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Ask AWS now; a browser that is reloaded on the plan's page asks nothing again."""
    await gateway.evidence.ask(visit.session, plan_id)
    return RedirectResponse(f"/plans/{plan_id}#evidence", status_code=303)
