"""`/v1/plans/{plan_id}/evidence`: a plan's journal beside AWS's own event history."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.responses import Answer, respond
from services.orchestrator.plans.evidence.page import evidence_page
from services.orchestrator.plans.evidence.view import EvidenceAnswer
from services.orchestrator.routes.auth import CurrentSession

router = APIRouter(prefix="/v1/plans", tags=["plans"])

_IN_WORDS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get(
    "/{plan_id}/evidence",
    response_model=EvidenceAnswer,
    responses=_IN_WORDS,
    summary="A plan's calls beside AWS's event history",
)
async def show_evidence(plan_id: str, request: Request, session: CurrentSession, gateway: CurrentGateway) -> Response:
    """What AWS's event history (CloudTrail) has of an ended plan's calls, asked now; `Accept: text/plain` in words.

    Each request of the plan's journal is looked for by AWS's request id under the plan's role session, in every region
    of your session. A change that only AWS has is an alarm, and an entry `plan.foreign_call` of the audit log. AWS
    shows events up to 15 minutes late. What could not be read is a gap. It may take a minute. 409 `plan_not_ended`.
    """
    found = await gateway.evidence.ask(session, plan_id)
    accepted = request.headers.get("accept", "")
    if "text/plain" in accepted and "json" not in accepted:
        return PlainTextResponse(evidence_page(found))
    return respond(request, Answer.of(200, EvidenceAnswer.of(found)))
