"""`POST /v1/files`: upload a Lambda package, as multipart field `file` or as the body itself."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.idempotency import once
from services.orchestrator.http.openapi.declared import IDEMPOTENT
from services.orchestrator.http.responses import Answer, respond
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.sessions.files import StoredFile
from shared.errors import AssistantError, BadRequest, InvalidArguments

router = APIRouter(prefix="/v1/files", tags=["files"])

_BINARY = {"type": "string", "format": "binary"}
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": {"type": "object", "properties": {"file": _BINARY}, "required": ["file"]}},
        "application/zip": {"schema": _BINARY},
    },
}


@router.post(
    "",
    status_code=201,
    response_model=StoredFile,
    openapi_extra={**IDEMPOTENT, "requestBody": _BODY},
    summary="Upload a package",
)
async def upload_file(request: Request, session: CurrentSession, gateway: CurrentGateway) -> Response:
    """Keep a zip file for a day; a step's `zip_file_path` names it by its `file_id`."""
    name, data = await _read(request)

    async def act() -> Answer:
        return Answer.of(201, await gateway.files.put(session, name, data))

    payload = f"{name}\n{hashlib.sha256(data).hexdigest()}".encode()
    return respond(request, await once(gateway.redis, request, session, payload, act))


@router.delete("/{file_id}", status_code=204, response_class=Response, summary="Forget an uploaded file")
async def delete_file(file_id: str, session: CurrentSession, gateway: CurrentGateway) -> None:
    """Forget a file now. A plan that names it can then not be approved any more."""
    await gateway.files.delete(session.owner_id, file_id)


async def _read(request: Request) -> tuple[str, bytes]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("application/zip", "application/octet-stream"):
        return "package.zip", await request.body()
    if kind != "multipart/form-data":
        raise AssistantError(
            "send the package as multipart/form-data, field `file`, or as application/zip",
            code="unsupported_media_type",
        )
    if "boundary=" not in request.headers["content-type"]:
        raise BadRequest("multipart/form-data needs its boundary in the Content-Type", code="invalid_multipart")
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidArguments("the multipart body has no file in the field `file`", code="invalid_request")
        return file.filename or "package.zip", await file.read()
