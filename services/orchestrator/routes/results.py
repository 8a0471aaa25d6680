"""`/v1/results`: the stored result of a tool call that a turn shows in part only; all of it, or what a path selects."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.conditional import tagged
from services.orchestrator.http.openapi.declared import CONDITIONAL, TAGGED
from services.orchestrator.http.responses import Answer, respond_with
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.workers.view import ResultAnswer
from shared.evaluation.expression import MAX_CHARACTERS
from shared.results import records

router = APIRouter(prefix="/v1/results", tags=["results"])

Path = Annotated[str | None, Query(min_length=1, max_length=MAX_CHARACTERS, description="A JMESPath expression.")]


@router.get(
    "/{result_ref}",
    response_model=ResultAnswer,
    responses=TAGGED,
    openapi_extra=CONDITIONAL,
    summary="A large result",
)
async def get_result(
    request: Request, result_ref: str, session: CurrentSession, gateway: CurrentGateway, path: Path = None
) -> Response:
    """The result a step's `result_ref` names, or what `path` selects of it."""
    stored = await records.find(gateway.redis, session.owner_id, result_ref)
    document = await asyncio.to_thread(stored.document)
    selected = document if path is None else await gateway.evaluator.search(path, document)
    answer = Answer(200, {"result_ref": result_ref, "path": path})
    return tagged(request, respond_with(request, answer, "result", selected))
