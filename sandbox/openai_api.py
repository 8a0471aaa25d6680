"""Stands in for OpenAI's API in development: chat completions, streamed or whole, from a deterministic planner.

    python -m sandbox.openai_api --host 127.0.0.1 --port 8089

Any bearer token is taken. The models `gpt-4-turbo`, `gpt-4o`, `gpt-4o-mini`, `gpt-4.1` and `gpt-4.1-mini` are the
planner of `sandbox/model`. Models for failure tests, by name:

- `sandbox-malformed-arguments`: the first function call's arguments are broken JSON; the next try is right
- `sandbox-unknown-tool`: first calls a function that was not offered
- `sandbox-refusal`: refuses (message.refusal)
- `sandbox-empty`: an answer with neither text nor calls
- `sandbox-error-500`, `sandbox-rate-limit`: 500; 429 with `Retry-After: 1`
- `sandbox-slow`: waits before each chunk of the answer
- `sandbox-loop`: never stops calling a function
- `sandbox-length`: half an answer, with finish_reason "length"
"""

from __future__ import annotations

if __name__ == "__main__":
    from shared import startup

    startup.begin()

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.model.types import JsonObject
from sandbox.model.wire.models import MODELS, speak
from sandbox.model.wire.request import ApiError, ChatRequest, read_request
from sandbox.model.wire.response import Spoken, chunks, completion
from shared import startup

SLOW_SECONDS = 0.3
_CREATED = 1_700_000_000  # when the models "were made"; OpenAI's list has such a time for each


def create_app() -> Starlette:
    """The API as an ASGI application."""
    return Starlette(
        routes=[
            Route("/healthz", _healthz),
            Route("/v1/models", _models),
            Route("/v1/models/{model}", _model),
            Route("/v1/chat/completions", _chat, methods=["POST"]),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=_mark_sandbox)],
        exception_handlers={ApiError: _api_error, HTTPException: _http_error},
    )


async def _mark_sandbox(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Say on every answer that it comes from the sandbox."""
    response = await call_next(request)
    response.headers["x-sandbox"] = "true"
    return response


async def _api_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return JSONResponse(error.body, error.status, headers=error.headers)


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    wrong = ApiError(error.status_code, f"Invalid URL ({request.method} {request.url.path})")
    return JSONResponse(wrong.body, wrong.status, headers=error.headers)


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok", "sandbox": True})


def _authenticate(request: Request) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ApiError(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization header "
            "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
            code="invalid_api_key",
        )


def _model_entry(name: str) -> JsonObject:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "sandbox"}


async def _models(request: Request) -> Response:
    _authenticate(request)
    return JSONResponse({"object": "list", "data": [_model_entry(name) for name in MODELS]})


async def _model(request: Request) -> Response:
    _authenticate(request)
    model = str(request.path_params["model"])
    if model not in MODELS:
        raise ApiError(404, f"The model '{model}' does not exist", param="model", code="model_not_found")
    return JSONResponse(_model_entry(model))


async def _chat(request: Request) -> Response:
    _authenticate(request)
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise ApiError(
            400, "We could not parse the JSON body of your request. The API expects a JSON payload."
        ) from None
    asked = read_request(body)
    spoken = speak(asked)
    if asked.stream:
        headers = {"cache-control": "no-cache"}
        return StreamingResponse(_events(asked, spoken), media_type="text/event-stream", headers=headers)
    if asked.model == "sandbox-slow":
        await asyncio.sleep(SLOW_SECONDS * 5)
    return JSONResponse(completion(asked, spoken))


async def _events(asked: ChatRequest, spoken: Spoken) -> AsyncIterator[str]:
    """The chunks as server-sent events, ended as OpenAI ends them."""
    for chunk in chunks(asked, spoken):
        if asked.model == "sandbox-slow":
            await asyncio.sleep(SLOW_SECONDS)
        yield f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8089)
    options = parser.parse_args()
    app = create_app()
    startup.end()
    uvicorn.run(app, host=options.host, port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
