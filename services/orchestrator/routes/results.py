"""`/v1/results`: the whole of a result that was too large for a turn, or a part of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.responses import Answer, respond_with
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.workers.view import ResultAnswer
from shared import results
from shared.evaluation.expression import MAX_CHARACTERS

router = APIRouter(prefix="/v1/results", tags=["results"])

Path = Annotated[str | None, Query(min_length=1, max_length=MAX_CHARACTERS, description="A JMESPath expression.")]


@router.get("/{result_ref}", response_model=ResultAnswer, summary="A large result")
async def get_result(
    request: Request, result_ref: str, session: CurrentSession, gateway: CurrentGateway, path: Path = None
) -> Response | ResultAnswer:
    """The result a step's `result_ref` names, or what `path` selects of it."""
    if path is None:
        result = await results.load(gateway.redis, session.owner_id, result_ref)
        return ResultAnswer(result_ref=result_ref, path=path, result=result)
    document = await results.load_text(gateway.redis, session.owner_id, result_ref)
    selected = await gateway.evaluator.search(path, document.encode())
    return respond_with(request, Answer(200, {"result_ref": result_ref, "path": path}), "result", selected)
