"""The headers of requests and answers that several operations share, as OpenAPI components."""

from __future__ import annotations

from typing import Any

from services.orchestrator.http.openapi.declared import header


def _header(description: str, example: str | int, *, required: bool = False, integer: bool = False) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0} if integer else {"type": "string"}
    return {"description": description, "required": required, "schema": schema, "example": example}


HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": _header(
        "The request's id, also in the logs: yours, where you sent one of 8 to 128 letters, digits and _.:-",
        "req_0f3c9b1d7a52e48c60b9d1f2",
        required=True,
    ),
    "X-Sandbox": _header("`true` where no real AWS account is read or changed; else left out.", "true"),
    "Location": _header("Where what was made, or what goes on, is found.", "/v1/plans/pln_8d2f6b1c09e34a57b1f0c2d4"),
    "ETag": _header("The tag of this very answer, for `If-None-Match`.", '"5d41402abc4b2a76b9719d911017c592"'),
    "Vary": _header("The request headers that choose the answer's form.", "Accept"),
    "Idempotency-Replayed": _header("`true` where this is the first answer under the Idempotency-Key again.", "true"),
    "Retry-After": _header("In how many seconds to try again.", 2, integer=True),
    "Accept-Post": _header("The types that a body may have, with commas.", "application/json"),
    "WWW-Authenticate": _header("How to sign in.", 'Bearer realm="aws-assistant"'),
    "RateLimit-Limit": _header("How many requests a minute takes.", 1200, integer=True),
    "RateLimit-Remaining": _header("How many of them are left.", 1197, integer=True),
    "RateLimit-Reset": _header("In how many seconds the next minute begins.", 42, integer=True),
    "RateLimit-Policy": _header("The limit and its window in seconds.", "1200;w=60"),
}
RATE_LIMIT = tuple(name for name in HEADERS if name.startswith("RateLimit-"))

PARAMETERS: dict[str, dict[str, Any]] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Sent again with the same key within a day, the request gets the first answer again, and "
        "nothing is done twice. 1 to 255 visible ASCII characters.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
        "example": "7c2a4e90-order-1",
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "ETags of answers that the client has: where it is still one of them, the answer is 304.",
        "schema": {"type": "string"},
        "example": '"5d41402abc4b2a76b9719d911017c592"',
    },
}


def add_headers(operation: dict[str, Any], response: dict[str, Any], status: str) -> None:
    """Declare on one answer of an operation the headers that it has because of the kind of operation it is."""
    names = ["X-Request-ID", "X-Sandbox"]
    if operation.get("security"):
        names += RATE_LIMIT
    if status.startswith("2") and {"$ref": "#/components/parameters/IdempotencyKey"} in operation.get("parameters", []):
        names.append("Idempotency-Replayed")
    if status in ("429", "503"):
        names.append("Retry-After")
    response["headers"] = {name: header(name) for name in names} | response.get("headers", {})
