"""Problems for what never becomes a request of the application: malformed HTTP, time-outs, too many connections."""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus

from starlette.types import Receive, Scope, Send

from services.orchestrator.http.problems import problem_fields
from shared.error_codes.registry import status_of

RETRY_AFTER_SECONDS = 5


def closing_answer(code: str, detail: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of an answer after which the connection is closed."""
    status, request_id = status_of(code) or 400, f"req_{secrets.token_hex(12)}"
    body = json.dumps(problem_fields(status, code, detail, instance="", request_id=request_id)).encode("ascii")
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
    return status, headers, body


def as_bytes(code: str, detail: str) -> bytes:
    """The same as it goes over the wire."""
    status, headers, body = closing_answer(code, detail)
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode(), *(b": ".join(pair) for pair in headers)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def too_many_connections(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application that answers while as many connections are open as may be."""
    detail = "this gateway has as many connections as it may; try again in a moment, or ask another gateway"
    status, headers, body = closing_answer("too_many_connections", detail)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
