"""The outermost layer of the gateway, raw ASGI: request ids, security headers, and the last resort on a crash."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable

import structlog
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.orchestrator.http.problems import RETRY_AFTER_SECONDS, problem

log = structlog.get_logger(__name__)

_WELL_FORMED = re.compile(r"^[A-Za-z0-9_.:-]{8,128}$")
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# FastAPI's /docs page loads its script from a CDN; nothing else may load anything.
_STRICT_CSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
_DOCS = ("/docs", "/redoc")


class Edge:
    """Wraps the whole application. `scope["state"]["request_id"]` is there for everything inside."""

    def __init__(self, app: ASGIApp, *, sandbox: Callable[[], bool]) -> None:
        self._app, self._sandbox = app, sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                self._add_headers(headers, scope["path"], request_id)
                if taken := scope["state"].get("rate_limit"):
                    headers.update(taken.headers())
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            # It closed the connection, or was too slow, before its body was whole: nobody is left to answer.
            log.info("client_disconnected", method=scope["method"], path=scope["path"])
        except asyncio.CancelledError:
            # Only a stop cancels requests: those that have not ended when its time is up. uvicorn would answer 500.
            log.info("request_cut_off", method=scope["method"], path=scope["path"], answered=started)
            if started:
                raise
            detail = (
                "this gateway is being stopped or replaced; what the request began goes on. Send it again with the "
                "same Idempotency-Key, or read the state again"
            )
            again = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            answer = problem(Request(scope), 503, "gateway_stopping", detail, extra={"retryable": True}, headers=again)
            await answer(scope, receive, send_with_headers)
        except Exception:
            # The boundary of the process: an unexpected exception is logged in full; the client gets no details.
            log.exception("request_crashed", method=scope["method"], path=scope["path"])
            if started:
                raise
            detail = "something went wrong here; give the request_id to whoever runs this gateway"
            answer = problem(Request(scope), 500, "internal_error", detail)
            await answer(scope, receive, send_with_headers)

    def _add_headers(self, headers: MutableHeaders, path: str, request_id: str) -> None:
        headers["X-Request-ID"] = request_id
        for name, value in _SECURITY.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")
        if not path.startswith(_DOCS):
            headers.setdefault("Content-Security-Policy", _STRICT_CSP)
        if self._sandbox():
            headers["X-Sandbox"] = "true"


def _request_id(scope: Scope) -> str:
    """The client's X-Request-ID where it is well-formed, else a fresh one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _WELL_FORMED.match(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return f"req_{secrets.token_hex(12)}"
