"""Which problems an operation can answer with, derived from what it takes."""

from __future__ import annotations

from typing import Any

from services.orchestrator.http.openapi.declared import header
from services.orchestrator.http.problems import problem_fields

_SCHEMA = {"$ref": "#/components/schemas/Problem"}
# By status: what it means, and a code and detail as an example.
_MEANING: dict[int, tuple[str, str, str]] = {
    400: ("The request is malformed.", "invalid_json", "the body is not valid JSON"),
    401: (
        "No token, or one of no session.",
        "invalid_token",
        "the token is unknown or its session has ended; open a session",
    ),
    403: ("Refused.", "forbidden", "refused; the code says which rule forbids it"),
    404: ("There is no such thing, or it is another session's.", "plan_not_found", "there is no such plan"),
    409: (
        "What is there does not allow it.",
        "already_decided",
        "the plan is already decided: it is rejected",
    ),
    410: ("It is no longer there.", "plan_expired", "the plan has expired; propose it again"),
    413: ("The body or the message is too large.", "too_large", "the body is larger than 262144 bytes"),
    415: (
        "The body is of another type than the address reads.",
        "unsupported_media_type",
        "send the body as JSON with the header `Content-Type: application/json`",
    ),
    422: ("A field does not fit; `errors` names each.", "invalid_request", "goal: Field required"),
    429: ("Too much at once.", "rate_limited", "more than 1200 requests in a minute"),
    502: ("AWS or the model answered with an error of its own.", "aws_error", "AWS answered with an error"),
    503: (
        "A part of the system does not answer.",
        "broker_unavailable",
        "Redis does not answer; try again",
    ),
    504: ("It was not done in its time.", "deadline_exceeded", "no answer in time; try again"),
}
_EXTRA_HEADERS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After", 415: "Accept-Post"}
# Operations that wait for a worker or the model.
_WORK = (
    "/v1/chat",
    "/v1/tools/{name}",
    "/v1/plans",
    "/v1/plans/{plan_id}/undo",
    "/v1/plans/{plan_id}/edit",
    "/v1/sessions",
)


def responses() -> dict[str, dict[str, Any]]:
    """The components: one answer for each status, and `Problem` for any other."""
    found = {f"Problem{status}": _response(status) for status in _MEANING}
    any_other = {
        "description": "Any other problem (RFC 9457)",
        "headers": _headers(),
        "content": {"application/problem+json": {"schema": _SCHEMA}},
    }
    return {**found, "Problem": any_other}


def _response(status: int) -> dict[str, Any]:
    meaning, code, detail = _MEANING[status]
    request_id = "req_0f3c9b1d7a52e48c60b9d1f2"
    example = problem_fields(status, code, detail, instance="/v1/plans", request_id=request_id)
    return {
        "description": meaning,
        "headers": _headers(*([_EXTRA_HEADERS[status]] if status in _EXTRA_HEADERS else [])),
        "content": {"application/problem+json": {"schema": _SCHEMA, "example": example}},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {name: header(name) for name in ("X-Request-ID", "X-Sandbox", *names)}


def of(path: str, method: str, operation: dict[str, Any]) -> list[int]:
    """The statuses of the problems that this operation is documented to answer with."""
    parameters = operation.get("parameters", [])
    found: set[int] = set()
    if path.startswith("/v1/"):
        found |= {429, 503} | ({401} if operation.get("security") or path == "/v1/sessions" else set())
    if "requestBody" in operation:
        found |= {400, 413, 415, 422}
    if any(one.get("in") == "path" for one in parameters):
        found.add(404)
    if any(one.get("in") in ("query", "header") for one in parameters):
        found |= {400, 422}
    if any(one.get("$ref", "").endswith("/IdempotencyKey") for one in parameters):
        found |= {400, 409, 422}
    if path in _WORK and method == "post":
        found |= {403, 404, 409, 502, 504}
    if path.startswith("/v1/plans/{plan_id}/") or path.startswith("/v1/sessions/current/"):
        found |= {403, 409}
    if path.endswith(("/approve", "/reject", "/cancel")):
        found.add(410)
    return sorted(found)
