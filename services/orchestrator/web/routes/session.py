"""`/session`: whose session it is, what each agent may do in it, and its end."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.routes.sessions import end_session
from services.orchestrator.web.forms import OwnForm
from services.orchestrator.web.rendering import page
from services.orchestrator.web.visit import CurrentVisit, forget_cookie

router = APIRouter(prefix="/session")


@router.get("")
async def show_session(request: Request, visit: CurrentVisit) -> Response:
    """The session."""
    return page(request, "session.html", visit)


@router.post("/end")
async def end(request: Request, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """End the session: its credentials are forgotten now, everywhere."""
    await end_session(gateway, visit.session)
    await gateway.browsers.forget(visit.cookie)
    answer = RedirectResponse("/open", status_code=303)
    forget_cookie(request, answer)
    return answer
