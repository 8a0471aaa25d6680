"""Servers that answer as a misconfigured deployment's do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cli.doctor.finding import Finding
from tests.fakes.http_server import serving

Answers = dict[str, tuple[int, dict[str, str], str]]
Serve = Callable[[Answers], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server with an answer by path ("*" for every other one): status, headers, body."""
    servers = ExitStack()

    def start(answers: Answers) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = answers.get(self.path.split("?")[0]) or answers["*"]
                self.send_response_only(status)
                for name, value in ({"Content-Length": str(len(body.encode()))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.do_GET()

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.enter_context(serving(server))
        return f"http://127.0.0.1:{server.server_port}"

    with servers:
        yield start


def models(*names: str) -> tuple[int, dict[str, str], str]:
    listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}
    return 200, {"Content-Type": "application/json"}, json.dumps(listed)


LOGIN_PAGE = (200, {"Content-Type": "text/html"}, "<html>Welcome to our hotel</html>")
LOGIN_REDIRECT = (302, {"Location": "http://login.hotel.example/"}, "")


def worst(found: Iterable[Finding]) -> tuple[str, str]:
    """The status of the worst finding, and all its kind say and advise."""
    every = list(found)
    for status in ("problem", "warning", "skipped", "ok"):
        said = [f"{one.said} | {one.do}" for one in every if one.status == status]
        if said:
            return status, "\n".join(said)
    raise AssertionError("nothing was found at all")
