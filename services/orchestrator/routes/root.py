"""`GET /`: what this is, and where to begin."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.rest import RestModel
from shared.endpoints import World

router = APIRouter(tags=["health"])


class RootLinks(RestModel):
    """Where to begin: documentation, the OpenAPI document, health, and where a session is opened."""

    documentation: str = "/docs"
    openapi: str = "/openapi.json"
    page: str = "/open"
    health: str = "/healthz"
    readiness: str = "/readyz"
    sessions: str = "/v1/sessions"
    tools: str = "/v1/tools"


class Root(RestModel):
    """What answers here. `aws` is `sandbox` where no real AWS account is read or changed; `other` claims nothing."""

    name: str
    version: str
    description: str
    aws: World
    begin: str
    links: RootLinks


@router.get("/", response_model=Root, summary="What this is")
async def show_root(request: Request, response: Response, gateway: CurrentGateway) -> Root | Response:
    """The service's name and version, whether it is a sandbox, and where to begin. Needs no token.

    A browser is led to the web page (303).
    """
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/chat", status_code=303, headers={"Vary": "Accept"})
    response.headers["Vary"] = "Accept"
    return Root(
        name="AWS Assistant",
        version=request.app.version,
        description="Ask an AWS account questions and change it safely, in plain language.",
        aws=gateway.worlds.seen.aws or "other",
        begin="open a session with POST /v1/sessions, then ask with POST /v1/chat",
        links=RootLinks(),
    )
