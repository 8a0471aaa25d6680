"""`/healthz` and `/readyz`: is the process alive, and could it serve a request now."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.rest import Omittable, RestModel

router = APIRouter(tags=["health"])


class Health(RestModel):
    status: Literal["ok"]


class Readiness(RestModel):
    """`checks`: whether Redis answers, whether each agent has a live worker, and whether all use one AWS.

    `detail` says what contradicts what.
    """

    status: Literal["ready", "not_ready"]
    checks: dict[str, bool]
    detail: Omittable[str] = None


@router.get("/healthz", summary="Is it alive")
async def healthz() -> Health:
    """The process is alive."""
    return Health(status="ok")


@router.get(
    "/readyz",
    responses={503: {"model": Readiness, "description": "What is missing"}},
    summary="Could it serve a request now",
)
async def readyz(gateway: CurrentGateway, response: Response) -> Readiness:
    """Redis answers, every agent has a live worker, and all of them use the same AWS; 503 names what is wrong."""
    contradiction = gateway.worlds.seen.contradiction
    checks = await gateway.dispatcher.ready() | {"endpoints": contradiction is None}
    ready = all(checks.values())
    if not ready:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return Readiness(status="ready" if ready else "not_ready", checks=checks, detail=contradiction)
