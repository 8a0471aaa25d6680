"""`/v1/audit`: the session's own log, its export, and the check of its chain."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.responses import Answer, respond
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.schemas import AuditCheck, AuditPage

router = APIRouter(prefix="/v1/audit", tags=["audit"])

MAX_PAGE = 500


@router.get("", responses={200: {"model": AuditPage}}, response_model=None, summary="The audit log")
async def read_audit(
    request: Request,
    session: CurrentSession,
    gateway: CurrentGateway,
    cursor: Annotated[int, Query(ge=0, description="The number of the last entry seen.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    format: Annotated[
        Literal["json", "jsonl"], Query(description="`jsonl`: the whole log, for `assistant audit verify`.")
    ] = "json",
) -> Response:
    """The session's entries, oldest first; `head` is signed and says how far the log goes."""
    session_id = session.session_id
    head = await gateway.audit.head(session_id)
    if format == "jsonl":
        return StreamingResponse(
            gateway.audit.export(session_id, head),
            media_type="application/x-ndjson",
            headers={"Content-Disposition": f'attachment; filename="audit-{session_id}.jsonl"'},
        )
    entries = await gateway.audit.page(session_id, cursor, limit + 1)
    body: dict[str, Any] = {
        "items": [entry for _, entry in entries[:limit]],
        "next_cursor": entries[limit - 1][0] if len(entries) > limit else None,
        "head": gateway.audit.anchor(session_id, head),
    }
    return respond(request, Answer(200, body))


@router.get("/verify", responses={200: {"model": AuditCheck}}, response_model=None, summary="Check the audit log")
async def verify_audit(request: Request, session: CurrentSession, gateway: CurrentGateway) -> Response:
    """Whether every entry is there, unchanged, in order, and signed by who wrote it; else which is not."""
    report = await gateway.audit.verify(session.session_id)
    faults = [{"entry": fault.entry, "code": fault.code, "detail": fault.detail} for fault in report.faults]
    body: dict[str, Any] = {
        "valid": report.valid,
        "entries": report.entries,
        "head": {"seq": report.head.seq, "hash": report.head.hash},
        # One is the head in Redis itself; the others are of the file.
        "anchors": report.anchors - 1,
        "sources": [
            {"service": service, "anchors": source.anchors, "reach": source.reach}
            for service, source in report.sources.items()
        ],
        "faults": faults,
        "not_shown": list(report.not_shown),
    }
    return respond(request, Answer(200, body))
