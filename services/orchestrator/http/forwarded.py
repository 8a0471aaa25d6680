"""Who a request comes from where proxies are in between: their X-Forwarded-For is believed, nobody else's.

uvicorn's middleware reads the headers; it takes addresses and networks only. In a container network a proxy has a name,
and another address each time it is made anew.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from services.orchestrator.settings import is_network
from shared.settings import entries

LOOKUP_SECONDS = 5.0

Lookup = Callable[[str], Awaitable[Sequence[str]]]


async def addresses_of(host: str) -> Sequence[str]:
    """The addresses of a host name now; none where it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({str(address[4][0]) for address in found})


class Forwarded:
    """ASGI middleware. `trusted`: addresses, networks and host names with commas; empty: nobody."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        trusted: str,
        lookup: Lookup = addresses_of,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._lookup, self._clock = app, lookup, clock
        self._fixed = [entry for entry in entries(trusted) if is_network(entry)]
        self._names = [entry for entry in entries(trusted) if not is_network(entry)]
        self._known: list[str] = []
        self._looked_up: float | None = None
        self._inner = self._trusting(self._fixed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._names and _forwarded(scope):
            await self._look_up()
        await self._inner(scope, receive, send)  # type: ignore[arg-type]  # uvicorn's types and Starlette's

    async def _look_up(self) -> None:
        now = self._clock()
        if self._looked_up is not None and now - self._looked_up < LOOKUP_SECONDS:
            return
        self._looked_up = now
        found = [address for one in await asyncio.gather(*map(self._lookup, self._names)) for address in one]
        if found != self._known:
            self._known = found
            self._inner = self._trusting([*self._fixed, *found])

    def _trusting(self, addresses: list[str]) -> ProxyHeadersMiddleware:
        return ProxyHeadersMiddleware(self._app, addresses)  # type: ignore[arg-type]  # uvicorn's types and Starlette's


def _forwarded(scope: Scope) -> bool:
    return any(name in (b"x-forwarded-for", b"x-forwarded-proto") for name, _ in scope["headers"])
