"""A small HTTP server in AWS's place, or between here and AWS, that answers whatever a test says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.fakes.http_server import serving

REQUEST_ID = {"x-amzn-RequestId": "0f3c7e1c-5f1d-4c4e-9d3c-7c0f2f6d9a10"}
S3_ID = {"x-amz-request-id": "4442587FB7D0A2F9", "x-amz-id-2": "vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5"}
PORTAL = b"""<!DOCTYPE html><html><head><title>Acme Wi-Fi: please sign in</title><style>p{}</style></head>
<body><p>You tried https://sts.amazonaws.com/?X-Amz-Signature=abc&amp;X-Amz-Security-Token=IQoJb3</p></body></html>"""


@dataclass(frozen=True)
class Asked:
    """A request: `operation` where the request names it, else its method."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def operation(self) -> str:
        target = self.headers.get("x-amz-target", "").rpartition(".")[2]
        return target or parse_qs(self.body.decode("latin-1")).get("Action", [self.method])[0]


@dataclass(frozen=True)
class Sent:
    """An answer. `length` is the announced length where that is not the body's; `skew` moves its date (seconds)."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    skew: float = 0.0


Script = Callable[[Asked], Sent]


@contextmanager
def aws_server(script: Script) -> Iterator[str]:
    """Serve what the script says; yields the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            sent = script(Asked(self.command, urlsplit(self.path).path, body, headers))
            self.send_response_only(sent.status)
            self.send_header("Date", formatdate(time.time() + sent.skew, usegmt=True))
            for name, value in sent.headers.items():
                self.send_header(name, value)
            length = len(sent.body) if sent.length is None else sent.length
            self.send_header("Content-Length", str(length))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(sent.body)
            self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _answer  # http.server's names

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"
