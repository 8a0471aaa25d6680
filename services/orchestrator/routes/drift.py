"""`/v1/plans/{plan_id}/drift`: what of an ended plan is no longer as it was left, and by whom."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.responses import Answer, respond
from services.orchestrator.plans.drift.page import drift_page
from services.orchestrator.plans.drift.view import DriftAnswer
from services.orchestrator.routes.auth import CurrentSession

router = APIRouter(prefix="/v1/plans", tags=["plans"])

_IN_WORDS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get(
    "/{plan_id}/drift",
    response_model=DriftAnswer,
    responses=_IN_WORDS,
    summary="What of a plan is no longer as it was left",
)
async def show_drift(plan_id: str, request: Request, session: CurrentSession, gateway: CurrentGateway) -> Response:
    """Compare what an ended plan left with what AWS shows now; `Accept: text/plain` in words. Nothing is changed.

    Each step is as it was left, changed (value by value), gone, or unknown, with the reason. Who changed it is from
    CloudTrail's event history, which is some minutes late and has no calls on data; a later plan of yours is named.
    Secrets are not shown. It takes two minutes at most: what there was no time for is unknown. 409 `plan_not_ended`.
    """
    found = await gateway.drift.ask(session, plan_id)
    accepted = request.headers.get("accept", "")
    if "text/plain" in accepted and "json" not in accepted:
        return PlainTextResponse(drift_page(found))
    return respond(request, Answer.of(200, DriftAnswer.of(found)))
