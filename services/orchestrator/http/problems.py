"""Errors as RFC 9457 problem+json: a stable code, a detail a person can act on, never a value, key or stack."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from redis import exceptions as redis_errors
from starlette.exceptions import HTTPException

from shared.answer_text import visible
from shared.errors import AssistantError
from shared.messages import ErrorBody

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 2
MAX_NAME_CHARS = 64

_HTTP_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported"}
_HTTP_DETAILS = {
    404: "there is nothing at this address",
    405: "this address does not take this method",
}

# The statuses of codes that reach the gateway as data, in a worker's ErrorBody. What is not here goes by
# its family, see `error_from`.
_STATUSES = {
    code: status
    for status, codes in {
        400: ("bad_request",),
        401: (
            "credentials_expired",
            "credentials_invalid",
            "sealed_for_another_key",
            "session_expired",
            "unauthenticated",
        ),
        403: (
            "approval_mismatch",
            "aws_access_denied",
            "bad_signature",
            "bedrock_access_denied",
            "forbidden",
            "grant_not_valid",
            "kind_not_allowed",
            "operation_not_allowed",
            "not_approved",
            "permission_denied",
        ),
        404: ("not_found", "unknown_tool"),
        409: (
            "already_attached",
            "already_ended",
            "bucket_not_empty",
            "cannot_undo",
            "conflict",
            "missing_resource",
            "name_taken",
            "not_attached",
            "not_in_doubt",
            "plan_already_started",
            "quota_reached",
            "role_has_attached_policies",
            "role_in_instance_profile",
            "stale_digest",
        ),
        410: ("gone", "plan_expired"),
        413: ("result_too_large", "too_large"),
        422: ("package_not_found",),
        429: ("busy", "queue_full"),
        500: ("internal_error",),
        502: ("bedrock_model_not_found", "cost_data_unavailable"),
        503: ("aws_throttled", "aws_unreachable", "poisoned", "unavailable"),
        504: ("cancelled", "claude_timeout", "deadline_exceeded"),
    }.items()
    for code in codes
}


# What else is a denial: a decision, or a change without one.
_DENIALS = frozenset(
    {
        "already_cancelled",
        "already_decided",
        "already_ended",
        "already_resolved",
        "approval_mismatch",
        "digest_mismatch",
        "grant_too_broad",
        "needs_approval",
        "not_grantable",
        "not_in_doubt",
        "plan_expired",
    }
)


class Problem(BaseModel):
    """RFC 9457. `code` is stable; `request_id` is the answer's X-Request-ID."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    request_id: str


class ProblemResponse(JSONResponse):
    """`application/problem+json`, in ASCII: a client's stray characters in a field's name cannot break it."""

    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def error_from(error: ErrorBody, **extra: object) -> AssistantError:
    """A worker's error as the exception of the same code, with the HTTP status of its family."""
    return AssistantError(error.detail, code=error.code, status=_status_of(error), retryable=error.retryable, **extra)


def _status_of(error: ErrorBody) -> int:
    code = error.code
    if code in _STATUSES:
        return _STATUSES[code]
    if code.startswith("aws_no_such") or code.endswith(("_not_found", "_not_found_exception")):
        return 404
    if "_already_" in code or code.endswith("_conflict"):
        return 409
    if code.startswith(("aws_", "claude_", "lambda_")):
        return 502
    # What remains is a worker's own refusal of what it was given: `invalid_…`, `unknown_…`.
    return 503 if error.retryable else 422


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """Build the response. `request_id` is also the response's X-Request-ID."""
    body: dict[str, object] = {
        "type": f"urn:aws-assistant:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": visible(detail),
        "code": code,
        "instance": request.url.path,
        "request_id": request.scope.get("state", {}).get("request_id"),
    }
    body |= {key: value for key, value in (extra or {}).items() if key not in body}
    if request.app.state.sandbox:
        body["sandbox"] = True
    return ProblemResponse(body, status_code=status, headers=dict(headers or {}))


def install(app: FastAPI) -> None:
    """Answer every failure of `app` with a problem; unexpected exceptions are `edge.py`'s."""
    app.add_exception_handler(AssistantError, _on_assistant_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    for lost in (redis_errors.ConnectionError, redis_errors.TimeoutError, redis_errors.OutOfMemoryError):
        app.add_exception_handler(lost, _on_redis_error)


async def _on_assistant_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, AssistantError)
    if error.status in (401, 403, 410) or error.code in _DENIALS:
        await _audit_denial(request, error)
    if error.status >= 500:
        log.warning("request_failed", code=error.code, status=error.status, path=request.url.path)
    extra = {**error.extra, "retryable": error.retryable} if error.retryable else error.extra
    return problem(request, error.status, error.code, error.detail, extra=extra, headers=_headers_of(error))


async def _audit_denial(request: Request, error: AssistantError) -> None:
    """A session's request was refused: into its log. Who shows no valid token has none."""
    session_id = request.scope.get("state", {}).get("session_id")
    if session_id:
        asked = {"method": request.method, "path": request.url.path, "code": error.code, "detail": error.detail}
        await request.app.state.gateway.audit.denied(session_id, asked)


def _headers_of(error: AssistantError) -> dict[str, str]:
    headers = {}
    if error.status in (429, 503):
        headers["Retry-After"] = str(error.extra.get("retry_after") or RETRY_AFTER_SECONDS)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="aws-assistant"'
    return headers


async def _on_invalid_request(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem(request, 400, "invalid_json", "the body is not valid JSON")
    errors = [{"field": _field(item["loc"]), "message": str(item["msg"])} for item in found[:20]]
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in errors[:5])
    return problem(request, 422, "invalid_request", detail, extra={"errors": errors})


def _field(location: Sequence[object]) -> str:
    parts = [str(part)[:MAX_NAME_CHARS] for part in location if part != "body"]
    return visible(".".join(parts)) or "body"


async def _on_http_exception(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 400 and isinstance(error.__cause__, (ValueError, RecursionError)):
        return problem(request, 400, "invalid_json", "the body is not valid JSON in UTF-8")
    code = _HTTP_CODES.get(error.status_code, "http_error")
    detail = _HTTP_DETAILS.get(error.status_code, str(error.detail))
    return problem(request, error.status_code, code, detail, headers=error.headers)


async def _on_redis_error(request: Request, error: Exception) -> ProblemResponse:
    log.warning("redis_failed", error=type(error).__name__, path=request.url.path)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if isinstance(error, redis_errors.OutOfMemoryError):
        return problem(request, 429, "broker_full", "the store is full; try again later", headers=headers)
    return problem(request, 503, "unavailable", "the store does not answer; try again in a moment", headers=headers)
