"""`/v1/results`: the whole of a result that was too large for a turn, or a part of it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import jmespath
from fastapi import APIRouter, Query
from jmespath.exceptions import JMESPathError

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.workers.view import ResultAnswer
from shared import results
from shared.errors import BadRequest

router = APIRouter(prefix="/v1/results", tags=["results"])


@router.get("/{result_ref}", summary="A large result")
async def get_result(
    result_ref: str,
    session: CurrentSession,
    gateway: CurrentGateway,
    path: Annotated[str | None, Query(min_length=1, max_length=1000, description="A JMESPath expression.")] = None,
) -> ResultAnswer:
    """The result a step's `result_ref` names, or what `path` selects of it."""
    result = await results.load(gateway.redis, session.session_id, result_ref)
    if path is not None:
        result = await asyncio.to_thread(_select, path, result)
    return ResultAnswer(result_ref=result_ref, path=path, result=result)


def _select(path: str, result: Any) -> Any:
    """Raises BadRequest (`invalid_path`)."""
    try:
        return jmespath.search(path, result)
    except JMESPathError as error:
        raise BadRequest(f"path is not a JMESPath expression for this result: {error}", code="invalid_path") from None
