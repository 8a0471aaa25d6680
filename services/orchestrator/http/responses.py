"""JSON answers of the gateway; in a sandbox every JSON object says that it is one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import AfterValidator, JsonValue

from services.orchestrator.rest import RestModel
from shared.text.json_values import checked


def json_response(sandbox: Callable[[], bool]) -> type[JSONResponse]:
    """The application's JSON response, which adds `"sandbox": true` to an object while this is one."""

    class MarkedJSONResponse(JSONResponse):
        def render(self, content: Any) -> bytes:
            marked = sandbox() and isinstance(content, dict)
            return super().render({**content, "sandbox": True} if marked else content)

    return MarkedJSONResponse


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers, before it is bytes: so that it can be kept and given again, as it was."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, body: RestModel, headers: Mapping[str, str] | None = None) -> Answer:
        return cls(status, body.model_dump(mode="json"), headers or {})


def respond(request: Request, answer: Answer) -> Response:
    """The answer as a response of this application (a sandbox or not)."""
    response_class: type[JSONResponse] = request.app.state.json_response
    return response_class(answer.body, status_code=answer.status, headers=dict(answer.headers))


def respond_with(request: Request, answer: Answer, name: str, part: bytes) -> Response:
    """The answer with one more part that is JSON already: a large one is never read into objects here.

    The answer's body is an object with at least one member.
    """
    response = respond(request, answer)
    body = bytes(response.body)[:-1] + b"," + json.dumps(name).encode() + b":" + part + b"}"
    return Response(body, answer.status, headers=dict(answer.headers), media_type=response.media_type)


JsonObject = Annotated[dict[str, JsonValue], AfterValidator(checked)]
