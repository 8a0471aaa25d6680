"""Makes the document: FastAPI's, and on every operation its problems, headers, descriptions and examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.orchestrator.http.openapi import examples, failures, glossary
from services.orchestrator.http.openapi.headers import HEADERS, PARAMETERS, add_headers
from services.orchestrator.http.problems import Problem

_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = "application/json"
# FastAPI's own shapes of an invalid request, which are never sent.
_NEVER_SENT = ("HTTPValidationError", "ValidationError")
_TAGS = {
    "health": "Is it alive, could it serve a request, and what is it.",
    "sessions": "Credentials are given once, for a token; every other call shows the token.",
    "chat": "Messages, the turns that they begin, and a turn's events.",
    "conversations": "What was said, in pages.",
    "plans": "Changes: proposed, read by a person, decided, followed, undone.",
    "grants": "A person's approval in advance, narrow and for a time.",
    "tools": "What the agents can do, and a way to call a reading tool without a model.",
    "files": "Uploaded packages of Lambda functions.",
    "results": "Results that were too large for a message.",
    "audit": "The session's own log, and the check of its chain.",
}


def install(app: FastAPI) -> None:
    """Replace `app.openapi`; the document is made once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    description=app.description,
                    routes=app.routes,
                    contact={"name": "Whoever runs this gateway"},
                    servers=[{"url": "/", "description": "This gateway"}],
                )
            )
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI documents this as the way


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _NEVER_SENT:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components |= {"headers": HEADERS, "parameters": PARAMETERS, "responses": failures.responses()}
    operations = list(_operations(document))
    for path, method, operation in operations:
        _add_problems(path, method, operation)
    _add_sandbox(schemas, [operation for _, _, operation in operations])
    glossary.describe(document)
    for _, _, operation in operations:
        examples.add(operation, schemas)
    used = {tag for _, _, operation in operations for tag in operation.get("tags", [])}
    document["tags"] = [{"name": name, "description": _TAGS.get(name, name)} for name in sorted(used)]
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, method, operation


def _add_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    for status, response in answers.items():
        add_headers(operation, response, status)
    for status in failures.of(path, method, operation):
        answers.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
    answers["default"] = {"$ref": "#/components/responses/Problem"}


def _add_sandbox(schemas: dict[str, Any], operations: list[dict[str, Any]]) -> None:
    """Every JSON object that is answered has `sandbox` where it is one."""
    for operation in operations:
        for response in operation["responses"].values():
            answer = response.get("content", {}).get(_JSON, {}).get("schema", {})
            name = answer.get("$ref", "").rpartition("/")[2]
            if name in schemas:
                schemas[name].setdefault("properties", {})["sandbox"] = {"type": "boolean", "const": True}
    schemas["Problem"]["properties"]["sandbox"] = {"type": "boolean", "const": True}
