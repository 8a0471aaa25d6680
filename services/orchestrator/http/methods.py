"""What an address takes, before any route runs: its methods (405 with `Allow`), HEAD, and the type of a body (415).

Raw ASGI, over the table of all routes. A router of FastAPI knows one route at a time, so that `Allow` would name the
methods of the first route of an address only, and no route would answer HEAD.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.orchestrator.http.problems import problem

JSON_TYPE = "application/json"
ANY = "*"


class Methods:
    """Answers 405 and 415 by itself, and HEAD by what GET says without its body (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp, *, routes: Sequence[Route]) -> None:
        self._app = app
        # A request is compared with the few routes whose address begins as its own.
        self._routes: dict[str, list[Route]] = {}
        for route in routes:
            self._routes.setdefault(_beginning(route.path), []).append(route)

    def _found(self, scope: Scope) -> list[Route]:
        """The routes of the request's address, whatever its method."""
        alike = [*self._routes.get(_beginning(scope["path"]), ()), *self._routes.get(ANY, ())]
        return [route for route in alike if route.matches(scope)[0] is not Match.NONE]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        found = self._found(scope)
        allowed = _allowed(found)
        if found and scope["method"] not in allowed:
            detail = f"this address does not take {scope['method'][:20]}; it takes {', '.join(allowed)}"
            headers = {"Allow": ", ".join(allowed)}
            await problem(Request(scope), 405, "method_not_allowed", detail, headers=headers)(scope, receive, send)
        elif wrong := _wrong_body(found, scope):
            headers = {"Accept-Post": JSON_TYPE}
            answer = problem(Request(scope), 415, "unsupported_media_type", wrong, headers=headers)
            await answer(scope, receive, send)
        elif scope["method"] == "HEAD" and found:
            await _head(self._app, scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _beginning(path: str) -> str:
    """The first part of an address, or under `/v1` the first two: `/v1/tools` of `/v1/tools/{name}`.

    `ANY` where one of them is a parameter.
    """
    parts = path.split("/", 3)[1:]
    first = parts[:2] if parts[:1] == ["v1"] else parts[:1]  # the address "*" has no parts
    return ANY if any(part.startswith("{") for part in first) else "/".join(first)


def _allowed(routes: Sequence[Route]) -> list[str]:
    methods = {method for route in routes for method in route.methods or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _wrong_body(routes: Sequence[Route], scope: Scope) -> str | None:
    """Why a body cannot be what its route reads as JSON; None where it can, or there is none."""
    headers = {name.lower(): value.decode("latin-1").strip().lower() for name, value in scope["headers"]}
    if headers.get(b"content-length", "0") == "0" and b"transfer-encoding" not in headers:
        return None
    if not any(_reads_json(route, scope["method"]) for route in routes):
        return None
    kind = headers.get(b"content-type", "").partition(";")[0].strip()
    if kind != JSON_TYPE and not (kind.startswith("application/") and kind.endswith("+json")):
        sent = f"not {_short(kind)}" if kind else "which was left out"
        return f"send the body as JSON with the header `Content-Type: {JSON_TYPE}`, {sent}"
    if headers.get(b"content-encoding", "identity") != "identity":
        return "send the body as it is, without a Content-Encoding"
    return None


def _reads_json(route: Route, method: str) -> bool:
    return isinstance(route, APIRoute) and route.body_field is not None and method in (route.methods or ())


def _short(kind: str) -> str:
    return kind[:60].encode("ascii", "replace").decode()


async def _head(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with GET's status and headers. A stream is not waited for: its first piece ends it."""
    headers_sent = asyncio.Event()
    streams = False

    async def send_head(message: Message) -> None:
        nonlocal streams
        if message["type"] == "http.response.start":
            await send(message)
        elif not headers_sent.is_set():
            streams = message.get("more_body", False)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            headers_sent.set()

    async def run() -> None:
        await app({**scope, "method": "GET"}, receive, send_head)

    running = asyncio.create_task(run(), name="HEAD")
    waiting = asyncio.create_task(headers_sent.wait(), name="HEAD's headers")
    try:
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if streams and not running.done():
            running.cancel()
        await asyncio.gather(running, return_exceptions=streams)
    finally:
        for task in (running, waiting):
            task.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
