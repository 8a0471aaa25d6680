"""Requests and answers as WSGI has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.aws.protocol.errors import Answer
from sandbox.aws.protocol.headers import complete, with_id

StartResponse = Callable[..., Any]
WsgiApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

# Which service of AWS makes a request for its caller. A client cannot set it: what it sends begins with HTTP_.
INVOKED_BY = "sandbox.invoked_by"


def take_body(environ: dict[str, Any]) -> bytes:
    """The whole body of a request, however it was sent; the environment then says its length."""
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    if environ.get("wsgi.input_terminated"):
        body: bytes = stream.read()
    else:
        body = stream.read(int(length)) if length else b""
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("wsgi.input_terminated", None)
    return body


_REASONS = {
    200: "OK",
    204: "No Content",
    301: "Moved Permanently",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


def send(
    answer: Answer, start_response: StartResponse, environ: dict[str, Any], protocol: str = "", request_id: str = ""
) -> Iterable[bytes]:
    """Start the response with an answer, in the headers of its protocol; returns the body."""
    body = b"" if environ.get("REQUEST_METHOD") == "HEAD" else answer.body
    body = with_id(protocol, body, request_id, answer.status >= 400)
    named = complete(protocol, answer.headers.items(), request_id) if protocol else answer.headers.items()
    headers = [*named, ("Content-Length", str(len(body))), ("x-sandbox", "true")]
    start_response(f"{answer.status} {_REASONS.get(answer.status, 'Answer')}", headers)
    return [body]
