"""What a route says of its headers, which FastAPI cannot see: `responses` and `openapi_extra` of its decorator."""

from __future__ import annotations

from typing import Any

Responses = dict[int | str, dict[str, Any]]


def header(name: str) -> dict[str, Any]:
    """A header of `headers.HEADERS`."""
    return {"$ref": f"#/components/headers/{name}"}


def located(status: int, what: str) -> Responses:
    """The answer `status` has a `Location`."""
    return {status: {"description": what, "headers": {"Location": header("Location")}}}


_IDEMPOTENCY_KEY = {"$ref": "#/components/parameters/IdempotencyKey"}
_IF_NONE_MATCH = {"$ref": "#/components/parameters/IfNoneMatch"}
_TAG = {"ETag": header("ETag"), "Vary": header("Vary")}

# Takes an Idempotency-Key.
IDEMPOTENT: dict[str, Any] = {"parameters": [_IDEMPOTENCY_KEY]}
# Has an ETag, and takes If-None-Match.
CONDITIONAL: dict[str, Any] = {"parameters": [_IF_NONE_MATCH]}
TAGGED: Responses = {
    200: {"headers": _TAG},
    304: {"description": "It is what the client has already; no body.", "headers": _TAG},
}
