"""`/v1/audit`: the session's audit log, in pages or as one file, and the check that no entry was changed or removed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from services.orchestrator.audit.view import AuditCheck, AuditPage
from services.orchestrator.gateway import CurrentGateway, Gateway
from services.orchestrator.http.parameters import Cursor
from services.orchestrator.paging import decode_number, encode
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.sessions.session import Session

router = APIRouter(prefix="/v1/audit", tags=["audit"])

MAX_PAGE = 500
_LIST = "audit"
_JSONL: dict[str, Any] = {"application/x-ndjson": {"schema": {"type": "string"}}}


@router.get("", response_model=AuditPage, responses={200: {"content": _JSONL}}, summary="The audit log")
async def read_audit(
    session: CurrentSession,
    gateway: CurrentGateway,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many entries at most.")] = 100,
    format: Annotated[
        Literal["json", "jsonl"], Query(description="`jsonl`: the whole log, for `assistant audit verify`.")
    ] = "json",
) -> AuditPage | Response:
    """The session's entries, oldest first; `head` is signed and says how far the log goes."""
    session_id, after = session.session_id, decode_number(_LIST, cursor)
    if format == "jsonl":
        return await export_of(gateway, session)
    head = await gateway.audit.head(session_id)
    entries = await gateway.audit.page(session_id, after, limit + 1)
    more = encode(_LIST, str(entries[limit - 1][0])) if len(entries) > limit else None
    return AuditPage.of(entries[:limit], more, gateway.audit.anchor(session_id, head))


async def export_of(gateway: Gateway, session: Session) -> StreamingResponse:
    """The whole log of a session, to be kept as a file."""
    head = await gateway.audit.head(session.session_id)
    return StreamingResponse(
        gateway.audit.export(session.session_id, head),
        media_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="audit-{session.session_id}.jsonl"'},
    )


@router.get("/verify", summary="Check the audit log")
async def verify_audit(session: CurrentSession, gateway: CurrentGateway) -> AuditCheck:
    """Whether every entry is there, unchanged, in order, and signed by who wrote it; else which is not."""
    return AuditCheck.of(await gateway.audit.verify(session.session_id))
