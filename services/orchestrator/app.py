"""Creates the FastAPI application: middleware, routes, problems, documentation, start and stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.routing import Route

from services.orchestrator.gateway import Gateway, build
from services.orchestrator.http import problems
from services.orchestrator.http.admission import Admission, Gauge
from services.orchestrator.http.forwarded import Forwarded
from services.orchestrator.http.limits import BodyLimit
from services.orchestrator.http.methods import Methods
from services.orchestrator.http.middleware import Edge
from services.orchestrator.http.openapi import document
from services.orchestrator.http.responses import json_response
from services.orchestrator.mcp_api.endpoint import METADATA_PATH, McpEndpoint, protected_resource
from services.orchestrator.mcp_api.endpoint import PATH as MCP_PATH
from services.orchestrator.routes import (
    audit,
    chat,
    conversations,
    drift,
    evidence,
    files,
    grants,
    health,
    plans,
    results,
    root,
    sessions,
    tools,
    turns,
    values,
)
from services.orchestrator.routes.openai import completions, responses
from services.orchestrator.routes.secrets import refuse_secrets
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.warming import warm_up_when_ready
from services.orchestrator.web import site
from services.orchestrator.workers.worlds import Worlds
from shared.tasks import messages

# In the order in which a request is compared with them: what is asked most often first.
ROUTES = (
    tools,
    chat,
    turns,
    sessions,
    root,
    health,
    completions,
    responses,
    conversations,
    drift,
    evidence,
    plans,
    values,
    grants,
    files,
    results,
    audit,
)
# Here a person writes, and in `tools`, which looks by itself: the others take credentials, an archive, or nothing.
WRITTEN_TO = (chat, completions, responses, turns, plans, grants)
VERSION = "0.1.0"
_TITLE = "AWS Assistant"
_DESCRIPTION = "Ask an AWS account questions and change it safely, in plain language."


def _routes(app: FastAPI) -> list[Route]:
    """Every address of the API, its documentation and the page."""
    routers = [resource.router for resource in (*ROUTES, *site.PAGES)]
    found = [*app.routes, *(route for router in routers for route in router.routes)]
    return [route for route in found if isinstance(route, Route)]


def create_app(settings: GatewaySettings | None = None, make: Callable[[GatewaySettings], Gateway] = build) -> FastAPI:
    """The application around one gateway, which `make` creates."""
    settings = settings or GatewaySettings()
    gateway = make(settings)
    gauge = Gauge(gateway.redis)
    mcp = McpEndpoint(gateway, VERSION, settings.max_json_bytes)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await gauge.start()
        await gateway.start()
        try:
            await mcp.start()
            late = warm_up_when_ready(gateway.dispatcher.ready, _prepare_messages, gateway.turns.warm_up, mcp.warm_up)
            warming = asyncio.create_task(late, name="warm-up")
            yield
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)
        finally:
            await mcp.stop()
            await gauge.stop()
            await gateway.stop()

    worlds = gateway.worlds

    def sandbox() -> bool:
        return worlds.sandbox

    answer = json_response(sandbox)
    app = FastAPI(
        version=VERSION, lifespan=lifespan, default_response_class=answer, redoc_url=None, redirect_slashes=False
    )
    app.state.gateway, app.state.sandbox, app.state.json_response = gateway, sandbox, answer
    worlds.changed.append(lambda: _describe(app, worlds))
    _describe(app, worlds)
    app.state.problem_forms = [completions.problem_in_openai_form]
    problems.install(app)
    document.install(app)
    for resource in ROUTES:
        app.include_router(resource.router, dependencies=[Depends(refuse_secrets)] if resource in WRITTEN_TO else [])
    site.install(app)
    app.router.routes.append(Route(MCP_PATH, endpoint=mcp, methods=["POST"]))
    app.add_api_route(METADATA_PATH, protected_resource, include_in_schema=False)
    # The last added is the outermost.
    app.add_middleware(Methods, routes=_routes(app))
    app.add_middleware(BodyLimit, json_bytes=settings.max_json_bytes, file_bytes=settings.max_file_bytes)
    app.add_middleware(Admission, gauge=gauge, contradiction=worlds.refusal)
    app.add_middleware(Edge, sandbox=sandbox)
    app.add_middleware(Forwarded, trusted=settings.trusted_proxies)
    return app


async def _prepare_messages() -> None:
    await asyncio.to_thread(messages.prepare)


def _describe(app: FastAPI, worlds: Worlds) -> None:
    """Have the documentation say what is seen now."""
    note = worlds.seen.note
    app.title = f"{_TITLE} (sandbox)" if worlds.sandbox else _TITLE
    app.description = f"{_DESCRIPTION} **{note}**" if note else _DESCRIPTION
    app.openapi_schema = None
