"""`/mcp` of an application; the protocol's package is imported, which takes half a second, when it is first needed."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.orchestrator.gateway import Gateway
from services.orchestrator.http.hosts import pages_address
from services.orchestrator.routes.auth import BEARER, require_session

PATH = "/mcp"
METADATA_PATH = "/.well-known/oauth-protected-resource"
# Where a request's scope has its `calls.Caller`: gateway, session, and the address below which the page is.
CALLER = "mcp_caller"


class McpEndpoint:
    """The ASGI application at `/mcp`, of one gateway process.

    The bearer token is checked before anything of a request is read; the session goes along with the request, so no
    handler knows another's.
    """

    def __init__(self, gateway: Gateway, version: str, most_bytes: int) -> None:
        self._gateway, self._version, self._most_bytes = gateway, version, most_bytes
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Let requests come; the first one waits for the import."""
        self._server: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()
        self._stopping = asyncio.Event()

    async def warm_up(self) -> None:
        """Import what serves the requests. Why that cannot be done hears who asks."""
        await asyncio.wait([self._begun()])

    async def stop(self) -> None:
        """End what is under way."""
        if self._serving:
            self._stopping.set()
            await asyncio.gather(self._serving, return_exceptions=True)

    def _begun(self) -> asyncio.Future[ASGIApp]:
        """What will serve."""
        self._serving = self._serving or asyncio.create_task(self._serve(), name="MCP")
        return self._server

    async def _serve(self) -> None:
        try:
            module: Any = await asyncio.to_thread(importlib.import_module, "services.orchestrator.mcp_api.server")
            manager = module.session_manager(self._version, self._most_bytes)
        except BaseException as error:
            self._server.set_exception(error)
            raise
        async with manager.run():
            self._server.set_result(manager.handle_request)
            await self._stopping.wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        session = await require_session(request, await BEARER(request))
        scope[CALLER] = (self._gateway, session, pages_address(request, self._gateway.settings))
        await (await asyncio.shield(self._begun()))(scope, receive, send)


def protected_resource(request: Request) -> dict[str, Any]:
    """RFC 9728: what guards `/mcp`. There is no authorization server: sessions are opened with AWS credentials."""
    base = str(request.base_url).rstrip("/")
    return {
        "resource": f"{base}{PATH}",
        "authorization_servers": [],
        "bearer_methods_supported": ["header"],
        "resource_name": "AWS Assistant",
        "resource_documentation": f"{base}/docs",
    }
