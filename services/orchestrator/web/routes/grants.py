"""`/grants`: standing grants, by which a person approves low-risk changes in advance."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.orchestrator.decisions.grants import GRANTABLE, MAX_SECONDS, MAX_USES, MIN_SECONDS
from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.routes.grants import GrantRequest
from services.orchestrator.web.forms import OwnForm, WrittenForm, checked
from services.orchestrator.web.rendering import page
from services.orchestrator.web.visit import CurrentVisit

router = APIRouter(prefix="/grants")


@router.get("")
async def show_grants(request: Request, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Your grants, and a form for one more."""
    grants, unread = await gateway.decisions.standing.read(visit.session.owner_id)
    return page(
        request, "grants.html", visit, grants=grants, unread=unread, operations=sorted(GRANTABLE),
        most_minutes=MAX_SECONDS // 60, least_minutes=MIN_SECONDS // 60 or 1, most_uses=MAX_USES,
    )  # fmt: skip


@router.post("")
async def make_grant(form: WrittenForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Approve in advance."""
    minutes = form.text("minutes", 10)
    body = checked(
        GrantRequest,
        {
            "operation": form.text("operation", 64),
            "resource": form.text("resource", 512),
            "expires_in": int(minutes) * 60 if minutes.isascii() and minutes.isdigit() else minutes,
            "max_uses": form.text("max_uses", 10),
        },
    )
    await gateway.decisions.standing.create(
        visit.session, body.operation, body.resource, body.expires_in, body.max_uses
    )
    return RedirectResponse("/grants", status_code=303)


@router.post("/{grant_id}/revoke")
async def revoke(grant_id: str, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Take a grant back, now."""
    await gateway.decisions.standing.revoke(visit.session, grant_id)
    return RedirectResponse("/grants", status_code=303)
