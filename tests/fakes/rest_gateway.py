"""A small HTTP server that answers as the gateway would, by a script: also with lost connections and cut streams."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests.fakes import http_server

Headers = dict[str, str]


@dataclass(frozen=True)
class Reply:
    """One answer. `drop`: the connection is closed instead. `events`: a stream, which is cut, held open, or ended."""

    status: int = 200
    body: Any = None
    headers: Headers = field(default_factory=dict)
    drop: bool = False
    events: tuple[tuple[str, str, dict[str, Any]], ...] | None = None
    end: Literal["ended", "cut", "held"] = "ended"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: Headers
    body: Any


class RestGateway:
    """`replies` by `METHOD /path`: taken in order, the last one stays."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[Request] = []
        self.stopping = Event()

    def on(self, call: str, *replies: Reply) -> None:
        self.replies[call] = list(replies)

    def sent(self, call: str) -> list[Request]:
        """The requests of this method and path."""
        return [one for one in self.requests if f"{one.method} {one.path}" == call]

    def next_reply(self, request: Request) -> Reply:
        self.requests.append(request)
        waiting = self.replies.get(f"{request.method} {request.path}")
        if not waiting:
            return problem(404, "not_found", f"no script for {request.method} {request.path}")
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


def problem(status: int, code: str, detail: str, **more: Any) -> Reply:
    headers = {"Retry-After": str(more.pop("retry_after"))} if "retry_after" in more else {}
    body = {"type": f"urn:{code}", "title": "", "status": status, "code": code, "detail": detail, **more}
    return Reply(status, body, {"Content-Type": "application/problem+json", **headers})


def stream(
    *events: tuple[str, dict[str, Any]], first: int = 1, end: Literal["ended", "cut", "held"] = "ended"
) -> Reply:
    """A stream of events with ids from `first` on."""
    return Reply(events=tuple((f"{number}-0", *event) for number, event in enumerate(events, first)), end=end)


class _Server(ThreadingHTTPServer):
    fake: RestGateway


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        given = json.loads(raw) if raw else None
        reply = self.server.fake.next_reply(Request(self.command, parts.path, parse_qs(parts.query), headers, given))
        self.close_connection = True
        if reply.drop:
            self.cut()
        elif reply.events is not None:
            self.stream(reply)
        else:
            self.whole(reply)

    def whole(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        if reply.status in (204, 304):
            body = b""
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def stream(self, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        self.chunk(": ping\n\n")
        for identity, kind, data in reply.events or ():
            self.chunk(f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\nid: {identity}\n\n")
        if reply.end == "held":
            self.server.fake.stopping.wait(60)
        elif reply.end == "cut":
            self.cut()
        else:
            self.wfile.write(b"0\r\n\r\n")

    def chunk(self, text: str) -> None:
        body = text.encode()
        self.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
        self.wfile.flush()

    def cut(self) -> None:
        """End the connection; what was written is still delivered."""
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[RestGateway]:
    """A gateway on a port of its own."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.fake = RestGateway(f"http://127.0.0.1:{server.server_address[1]}")
    with http_server.serving(server):
        try:
            yield server.fake
        finally:
            server.fake.stopping.set()
