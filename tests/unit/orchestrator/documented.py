"""Checks every answer of a gateway against what its OpenAPI document says that the route answers."""

from __future__ import annotations

import json
from typing import Any

import httpx
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.routing import Match

from services.orchestrator.app import ROUTES
from tests.fakes.newer import NAME

ALL = [route for resource in ROUTES for route in resource.router.routes if isinstance(route, APIRoute)]


async def check_answer(response: httpx.Response) -> None:
    """A hook for an HTTP client: a JSON answer is the declared model's own JSON, with no field more and none less."""
    if response.is_error or response.headers.get("content-type") != "application/json":
        return
    scope = {"type": "http", "method": response.request.method, "path": response.request.url.path}
    route = next((route for route in ALL if route.matches(scope)[0] is Match.FULL), None)
    if route is None or not await response.aread():
        return
    assert route.response_model is not None, f"{route.path} has no response schema"
    body = _known(response.json())
    body.pop("sandbox", None)
    model: TypeAdapter[Any] = TypeAdapter(route.response_model)
    read = model.validate_json(json.dumps(body), extra="forbid")
    assert model.dump_python(read, mode="json") == body, f"{route.path} answers otherwise than it says"


def _known(body: Any) -> Any:
    """The body without what a test had a newer version say: answers hand on what results and records hold."""
    if isinstance(body, dict):
        return {key: _known(item) for key, item in body.items() if key != NAME}
    return [_known(item) for item in body] if isinstance(body, list) else body
