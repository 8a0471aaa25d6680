"""`/healthz` and `/readyz`: is the process alive, and could it serve a request now."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.rest import RestModel

router = APIRouter(tags=["health"])


class Health(RestModel):
    status: Literal["ok"]


class Readiness(RestModel):
    """`checks`: whether Redis answers, and whether each agent has a live worker."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, bool]


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
    """Redis answers and every agent has a live worker; 503 names what is missing."""
    checks = await gateway.dispatcher.ready()
    ready = all(checks.values())
    if not ready:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return Readiness(status="ready" if ready else "not_ready", checks=checks)
