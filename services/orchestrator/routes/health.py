"""`/healthz` and `/readyz`: is the process alive, and could it serve a request now."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.schemas import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz", responses={200: {"model": Health}}, response_model=None)
async def healthz() -> dict[str, Any]:
    """The process is alive."""
    return {"status": "ok"}


@router.get("/readyz", responses={200: {"model": Readiness}, 503: {"model": Readiness}}, response_model=None)
async def readyz(gateway: CurrentGateway, response: Response) -> dict[str, Any]:
    """Redis answers and every agent has a live worker; 503 names what is missing."""
    checks = await gateway.dispatcher.ready()
    ready = all(checks.values())
    if not ready:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return {"status": "ready" if ready else "not_ready", "checks": checks}
