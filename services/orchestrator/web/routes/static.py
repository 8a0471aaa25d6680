"""`/static`: scripts, styles and pictures of the pages."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.orchestrator.web.static_files import FILES
from shared.errors import NotFound

router = APIRouter(prefix="/static")

_FOR_EVER = "public, max-age=31536000, immutable"


@router.get("/{name}")
async def static_file(name: str, request: Request) -> Response:
    """One file; by the version that pages name it may be kept."""
    file = FILES.get(name)
    if file is None:
        raise NotFound("there is no such file")
    kept = _FOR_EVER if request.query_params.get("v") == file.version else "no-cache"
    return Response(file.content, media_type=file.media_type, headers={"Cache-Control": kept})
