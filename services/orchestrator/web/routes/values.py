"""`/plans/{plan_id}/value`: what a sensitive read has read, on a click; and one member of it as a file."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.routes.values import UNKEPT, raw
from services.orchestrator.web.forms import OwnForm
from services.orchestrator.web.rendering import page
from services.orchestrator.web.views.plan.value import members_of
from services.orchestrator.web.visit import CurrentVisit

router = APIRouter(prefix="/plans")


@router.post("/{plan_id}/value")
async def show_value(
    plan_id: str, request: Request, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway
) -> Response:
    """The value, on a page that no address leads to and that no cache keeps; with `member` that one to save."""
    step, member = form.text("step", 64), form.text("member", 200)
    found = await gateway.values.show(visit.session, visit.value_key(), plan_id, step)
    if member:
        return raw(found, member)
    shown = members_of(found)
    return page(request, "value.html", visit, headers=UNKEPT, found=found, shown=shown, plan_id=plan_id, step=step)
