"""The OpenAPI document is valid, says everything of every operation, and its examples fit their schemas."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from services.orchestrator.app import ROUTES
from services.orchestrator.http.openapi import document
from services.orchestrator.turns.events import EVENT_DATA

METHODS = ("get", "post", "put", "patch", "delete")
DECIDES = ("approve", "reject", "edit", "cancel", "resolve", "undo")
SPECTRAL = Path(__file__).parent / "spectral"


@pytest.fixture(scope="module")
def api() -> dict[str, Any]:
    app = FastAPI(title="AWS Assistant", version="0", description="The API.")
    for resource in ROUTES:
        app.include_router(resource.router)
    document.install(app)
    made: dict[str, Any] = json.loads(json.dumps(app.openapi()))
    return made


def operations(api: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in api["paths"].items():
        for method, operation in item.items():
            assert method in METHODS
            yield f"{method.upper()} {path}", operation


def resolved(api: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: Any = api
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return resolved(api, found)


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_the_document_is_valid_openapi(api: dict[str, Any]) -> None:
    assert [str(error.message) for error in OpenAPIV31SpecValidator(api).iter_errors()] == []


def test_every_operation_says_what_it_does(api: dict[str, Any]) -> None:
    for name, operation in operations(api):
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        assert any(status.startswith("2") for status in operation["responses"]), name
    ids = [operation["operationId"] for _, operation in operations(api)]
    assert len(ids) == len(set(ids))
    described = {tag["name"]: tag["description"] for tag in api["tags"]}
    assert all(described[tag] != tag for _, operation in operations(api) for tag in operation["tags"])


def test_every_parameter_has_a_description_and_an_example(api: dict[str, Any]) -> None:
    for name, operation in operations(api):
        for one in operation.get("parameters", []):
            parameter = resolved(api, one)
            assert parameter.get("description"), (name, parameter)
            example = parameter.get("example", (parameter["schema"].get("examples") or [None])[0])
            assert example is not None, (name, parameter)
            assert fits(api, parameter["schema"], example) == []


def test_every_field_has_a_description(api: dict[str, Any]) -> None:
    without = [
        f"{name}.{field}"
        for name, schema in api["components"]["schemas"].items()
        for field, part in schema.get("properties", {}).items()
        if not part.get("description")
    ]
    assert without == [], "describe it in its model, or in services/orchestrator/http/openapi/words.py"


def fits(api: dict[str, Any], schema: dict[str, Any], example: object) -> list[str]:
    whole = {**schema, "components": api["components"]}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(example)]


def test_every_body_has_an_example_that_fits_its_schema(api: dict[str, Any]) -> None:
    seen = 0
    for name, operation in operations(api):
        for body in [operation.get("requestBody", {}), *operation["responses"].values()]:
            for kind, content in resolved(api, body).get("content", {}).items():
                if (
                    "json" not in kind.partition(";")[0]
                    or "ndjson" in kind
                    or content["schema"].get("$ref", "").endswith("Problem")
                ):
                    continue
                assert "example" in content, (name, kind)
                assert fits(api, content["schema"], content["example"]) == [], (name, content["example"])
                seen += 1
    assert seen > 30


def test_problems_have_examples_that_fit(api: dict[str, Any]) -> None:
    problems = {name: body for name, body in api["components"]["responses"].items() if name != "Problem"}
    for name, body in problems.items():
        content = body["content"]["application/problem+json"]
        assert fits(api, content["schema"], content["example"]) == [], name


def test_every_component_is_used(api: dict[str, Any]) -> None:
    used = set(references(api))
    for kind in ("schemas", "headers", "parameters", "responses"):
        for name in api["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, f"{kind}/{name}"


def test_what_is_made_says_where_it_is_and_takes_an_idempotency_key(api: dict[str, Any]) -> None:
    decisions = [f"POST /v1/plans/{{plan_id}}/{one}" for one in DECIDES]
    makes = ("POST /v1/plans", "POST /v1/grants", *decisions)
    every = dict(operations(api))
    for name in (*makes, "POST /v1/chat", "POST /v1/files"):
        taken = {resolved(api, one)["name"] for one in every[name]["parameters"]}
        assert "Idempotency-Key" in taken, name
    for name in (*makes, "POST /v1/sessions"):
        made = every[name]["responses"].get("201") or every[name]["responses"]["202"]
        assert "Location" in made["headers"], name


def test_every_answer_declares_its_headers(api: dict[str, Any]) -> None:
    for name, operation in operations(api):
        for status, response in operation["responses"].items():
            headers = resolved(api, response)["headers"]
            assert "X-Request-ID" in headers, (name, status)
            if status in ("429", "503"):
                assert "Retry-After" in headers, (name, status)
            if operation.get("security") and status.startswith("2"):
                assert "RateLimit-Remaining" in headers, name
    for path in ("/v1/plans/{plan_id}", "/v1/results/{result_ref}", "/v1/turns/{turn_id}"):
        answers = api["paths"][path]["get"]["responses"]
        assert "ETag" in answers["200"]["headers"]
        assert "ETag" in answers["304"]["headers"]


def test_event_streams_declare_every_type_of_event(api: dict[str, Any]) -> None:
    for method, path in (("post", "/v1/chat"), ("get", "/v1/turns/{turn_id}/events")):
        content = api["paths"][path][method]["responses"]["200"]["content"]["text/event-stream"]
        events = content["schema"]["x-itemSchema"]["oneOf"]
        assert [event["properties"]["event"]["const"] for event in events] == list(EVENT_DATA)
        for event in events:
            assert resolved(api, event["properties"]["data"]["contentSchema"])["properties"]


def test_fastapis_own_document_would_not_do(api: dict[str, Any]) -> None:
    """These checks can fail: what FastAPI makes of the same routes does not pass them."""
    app = FastAPI(title="t", version="0")
    for resource in ROUTES:
        app.include_router(resource.router)
    plain = get_openapi(title="t", version="0", routes=app.routes)
    with pytest.raises(AssertionError):
        test_every_field_has_a_description(plain)


@pytest.mark.skipif(not shutil.which("npx") or not (SPECTRAL / "node_modules").is_dir(), reason="`make lint-api` first")
def test_spectral_finds_nothing(api: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(api))
    command = ["npx", "spectral", "lint", "--fail-severity", "hint", "--ruleset", ".spectral.yaml", str(file)]
    done = subprocess.run(command, cwd=SPECTRAL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
