"""Error answers as `application/problem+json` (RFC 9457), or as a page where a browser asked for one.

Each has a stable code and a detail that says what to do. None repeats a value that was sent, a key or a stack trace.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from shared.broker.failures import as_error
from shared.error_codes.registry import is_denial
from shared.errors import AssistantError
from shared.text.answers import visible

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 2
MAX_NAME_CHARS = 64

_HTTP_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
_HTTP_DETAILS = {
    404: "there is nothing at this address",
    405: "this address does not take this method",
}


# (request, the problem, headers) -> the response, None where the request is another's
ProblemForm = Callable[[Request, Mapping[str, Any], Mapping[str, str]], Response | None]


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


def problem_fields(status: int, code: str, detail: str, *, instance: str, request_id: str | None) -> dict[str, object]:
    """The members of `Problem`, in the order in which they are answered."""
    return {
        "type": f"urn:aws-assistant:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": instance,
        "request_id": request_id,
    }


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Build the response. `request_id` is also the response's X-Request-ID.

    The first of the application's `problem_forms` that answers makes the response: a page, or another protocol's form.
    """
    request_id = request.scope.get("state", {}).get("request_id")
    body = problem_fields(status, code, visible(detail), instance=request.url.path, request_id=request_id)
    body |= {key: value for key, value in (extra or {}).items() if key not in body}
    if request.app.state.sandbox():
        body["sandbox"] = True
    given = dict(headers or {})
    forms: Sequence[ProblemForm] = getattr(request.app.state, "problem_forms", ())
    made = (form(request, body, given) for form in forms)
    return next(filter(None, made), None) or ProblemResponse(body, status_code=status, headers=given)


def install(app: FastAPI) -> None:
    """Answer every failure of `app` with a problem; unexpected exceptions are `middleware.py`'s."""
    app.add_exception_handler(AssistantError, _on_assistant_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RedisError, _on_redis_error)


async def _on_assistant_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AssistantError)
    if is_denial(error.code, error.status):
        await _audit_denial(request, error)
    if error.status >= 500:
        log.warning("request_failed", code=error.code, status=error.status, path=request.url.path)
    extra = {**error.extra, "retryable": error.retryable} if error.retryable else error.extra
    headers = _headers_of(request, error) | (_types_of(request) if error.status == 415 else {})
    return problem(request, error.status, error.code, error.detail, extra=extra, headers=headers)


async def _audit_denial(request: Request, error: AssistantError) -> None:
    """A session's request was refused: into its log. Who shows no valid token has none."""
    session_id = request.scope.get("state", {}).get("session_id")
    if session_id:
        asked = {"method": request.method, "path": request.url.path, "code": error.code, "detail": error.detail}
        await request.app.state.gateway.audit.denied(session_id, asked)


def _headers_of(request: Request, error: AssistantError) -> dict[str, str]:
    headers = {}
    if error.status in (429, 503) or "retry_after" in error.extra:
        headers["Retry-After"] = str(error.extra.get("retry_after") or RETRY_AFTER_SECONDS)
    if error.status == 401:
        metadata = f"{request.base_url!s}.well-known/oauth-protected-resource"
        more = f', resource_metadata="{metadata}"' if request.url.path.startswith("/mcp") else ""
        headers["WWW-Authenticate"] = f'Bearer realm="aws-assistant"{more}'
    return headers


def _types_of(request: Request) -> dict[str, str]:
    """The types of a body that its route declares by itself; FastAPI's own bodies are checked in `methods.py`."""
    declared = getattr(request.scope.get("route"), "openapi_extra", None) or {}
    return {"Accept-Post": ", ".join(declared.get("requestBody", {}).get("content", ()))}


async def _on_invalid_request(request: Request, error: Exception) -> Response:
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


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 400 and isinstance(error.__cause__, (ValueError, RecursionError)):
        return problem(request, 400, "invalid_json", "the body is not valid JSON in UTF-8")
    code = _HTTP_CODES.get(error.status_code, "http_error")
    detail = _HTTP_DETAILS.get(error.status_code, str(error.detail))
    return problem(request, error.status_code, code, detail, headers=error.headers)


async def _on_redis_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RedisError)
    return await _on_assistant_error(request, as_error(error))
