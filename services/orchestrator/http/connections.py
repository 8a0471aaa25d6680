"""The gateway's HTTP/1.1 connections with deadlines: uvicorn has one only for the time between two requests.

A client that sends nothing, or half a request, or does not read its answer, would otherwise hold a connection for ever,
and `max_connections` of them the whole gateway.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Any

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from services.orchestrator.http.refusals import as_bytes, too_many_connections

log = structlog.get_logger(__name__)

# From the connection, or from the first byte of a further request, to the end of its headers.
HEAD_SECONDS = 10.0
# From the headers to the end of the body, and a second more for each BYTES_PER_SECOND of it that have come.
BODY_SECONDS = 20.0
BYTES_PER_SECOND = 32 * 1024
# How long a client may leave what was sent to it unread while more waits.
READ_SECONDS = 60.0
# The kernel's own clocks: a machine that is gone without a word is noticed after about two minutes, also while a turn
# runs for it, and what a client does not read after its connection was closed is dropped.
_TCP_OPTIONS = {
    "TCP_KEEPIDLE": 60,
    "TCP_KEEPINTVL": 15,
    "TCP_KEEPCNT": 4,
    "TCP_USER_TIMEOUT": int(READ_SECONDS * 2000),
}


class TimedProtocol(H11Protocol):
    """One connection. `uvicorn.run(http=TimedProtocol)`."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # Looked at here and not by uvicorn, which would answer in plain text.
        self._most, self.limit_concurrency = self.limit_concurrency, None
        self._timer: asyncio.TimerHandle | None = None
        self._waits_for = ""
        self._since = 0.0
        self._body_bytes = 0
        self._unread: asyncio.TimerHandle | None = None

    @property
    def app(self) -> Any:
        """What answers the next request."""
        full = self._most is not None and max(len(self.connections), len(self.tasks)) >= self._most
        return too_many_connections if full else self._app

    @app.setter
    def app(self, app: Any) -> None:
        self._app = app

    def send_400_response(self, msg: str) -> None:
        """Say that it is no HTTP/1.1; `msg` is uvicorn's own text for it."""
        log.info("request_malformed", client=self.client[0] if self.client else None)
        detail = "this is not a well-formed HTTP/1.1 request: look at its first line, headers and framing"
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(as_bytes("malformed_request", detail))
        self.transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        super().connection_made(transport)
        _set_clocks(transport.get_extra_info("socket"))
        self._wait_for("head")

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_for("")
        if self._unread:
            self._unread.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._body_bytes += len(data)
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(READ_SECONDS, self._close, "answer not read")

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread:
            self._unread.cancel()
            self._unread = None

    def _look(self) -> None:
        """Start or stop the clock, by what h11 says the client still owes."""
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            self._wait_for("body")
        elif state is h11.IDLE and self.conn.trailing_data[0]:
            self._wait_for("head")
        elif state is not h11.IDLE or self.cycle is not None:
            # Nothing is owed: between two requests uvicorn's own clock runs.
            self._wait_for("")

    def _wait_for(self, what: str) -> None:
        if what == self._waits_for:
            return
        self._waits_for, self._since, self._body_bytes = what, self.loop.time(), 0
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if what:
            self._timer = self.loop.call_later(HEAD_SECONDS if what == "head" else BODY_SECONDS, self._late)

    def _late(self) -> None:
        if self._waits_for == "body":
            now = self.loop.time()
            until = self._since + BODY_SECONDS
            if not self.cycle.response_complete:
                # Once it is answered, as too large for example, nobody wants the rest of the body.
                until += self._body_bytes / BYTES_PER_SECOND
            if self.flow.read_paused:
                # It is the application that does not read on, not the client that does not send.
                until = max(until, now + BODY_SECONDS)
            if now < until:
                self._timer = self.loop.call_later(until - now, self._late)
                return
        self._close(f"{self._waits_for} not sent")

    def _close(self, why: str) -> None:
        """Say 408 where a request has begun and no answer, then close: who waits for the body gets a disconnect."""
        if self.transport.is_closing():
            return
        log.info("connection_closed", why=why, client=self.client[0] if self.client else None)
        if self._unread is not None:
            # What it does not read can never be flushed.
            self.transport.abort()
            return
        begun = self.conn.their_state is h11.SEND_BODY or self.conn.trailing_data[0]
        # Nothing is said where nothing was asked: a proxy could take it for the answer to what it sends next.
        if begun and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            detail = "the request did not arrive in time; send it again, without pauses"
            self.transport.write(as_bytes("request_timeout", detail))
        self.transport.close()


def _set_clocks(connection: socket.socket | None) -> None:
    """Set the kernel's clocks. `connection` is None for what is no socket."""
    if connection is None:
        return
    with suppress(OSError):  # a Unix socket has no such options, and needs none
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _TCP_OPTIONS.items():
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
