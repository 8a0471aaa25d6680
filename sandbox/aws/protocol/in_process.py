"""Requests of the sandbox's own clients, which go into its front door without a socket, in their own thread."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from botocore.awsrequest import AWSResponse

from sandbox.aws.protocol.wsgi import WsgiApp


def sender(door: WsgiApp, about: Mapping[str, str] | None = None) -> Callable[..., AWSResponse]:
    """What botocore's event `before-send` calls: it has `door` answer, in place of a server.

    `about` is added to the environment of each request.
    """

    def send(request: Any, **_: object) -> AWSResponse:
        started: list[Any] = []
        body = b"".join(door(_environment(request, about or {}), lambda *answer: started.append(answer)))
        status, headers = started[-1][0], dict(started[-1][1])
        return AWSResponse(request.url, int(status.split(" ", 1)[0]), headers, _Body(body))

    return send


class _Body(io.BytesIO):
    """An answer's body as botocore reads it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        while chunk := self.read(65536):
            yield chunk


def _environment(request: Any, about: Mapping[str, str]) -> dict[str, Any]:
    """A prepared request as WSGI has it."""
    parts = urlsplit(request.url)
    body = request.body or b""
    content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
    host, _, port = parts.netloc.partition(":")
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "RAW_URI": parts.path + (f"?{parts.query}" if parts.query else ""),
        "REQUEST_URI": parts.path + (f"?{parts.query}" if parts.query else ""),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": parts.netloc,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **about,
        **_headers(request.headers),
    }


def _headers(headers: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        if key == "CONTENT_LENGTH":
            continue
        found[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = text
    return found
