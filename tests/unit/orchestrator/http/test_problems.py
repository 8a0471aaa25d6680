"""Failures as problem+json, request ids, headers, limits, the sandbox's mark."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import Any, get_args

import httpx
import pytest
from fastapi import FastAPI

from services.orchestrator.app import create_app
from services.orchestrator.gateway import Gateway
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.turns.store import EventType
from services.orchestrator.workers.worlds import Seen
from tests.unit.orchestrator.documented import check_answer


@pytest.fixture
async def sandbox_client(
    make_gateway: Callable[[GatewaySettings], Gateway], settings: GatewaySettings
) -> AsyncIterator[httpx.AsyncClient]:
    gateway = make_gateway(settings)
    app = create_app(settings, lambda _: gateway)
    gateway.worlds.see(Seen(model="sandbox", aws="sandbox"))
    hooks = {"response": [check_answer]}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test", event_hooks=hooks) as http:
        yield http


async def test_an_unknown_address_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/nothing")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == "not_found"
    assert body["status"] == 404
    assert body["title"] == "Not Found"
    assert body["instance"] == "/v1/nothing"
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert "sandbox" not in body


async def test_a_wrong_method_says_which_are_right(client: httpx.AsyncClient) -> None:
    answer = await client.put("/v1/sessions", json={})

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("body", [b'{"region": ', b"\xff\xfe", b"[" * 50_000])
async def test_a_body_that_is_no_json_is_400(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/sessions", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


async def test_a_clients_request_id_is_kept_where_it_is_well_formed(client: httpx.AsyncClient) -> None:
    kept = await client.get("/healthz", headers={"X-Request-ID": "abc-12345678"})
    replaced = await client.get("/healthz", headers={"X-Request-ID": "evil header; <script>"})

    assert kept.headers["X-Request-ID"] == "abc-12345678"
    assert replaced.headers["X-Request-ID"].startswith("req_")


async def test_a_crash_tells_its_request_id_and_nothing_else(app: FastAPI, client: httpx.AsyncClient) -> None:
    @app.get("/crash")
    async def crash() -> None:
        raise RuntimeError("secret inside")

    answer = await client.get("/crash")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert "secret inside" not in answer.text
    assert "Traceback" not in answer.text


async def test_a_body_over_the_limit_is_413_by_its_declared_length(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/sessions", content=b"{" + b" " * 300_000)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_body_over_the_limit_is_413_in_chunks_too(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 10_000

    answer = await client.post("/v1/sessions", content=chunks(), headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/v1/nothing", "/docs"):
        headers = (await client.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "X-Sandbox" not in headers


async def test_a_sandbox_says_so_in_every_answer(
    sandbox_client: httpx.AsyncClient, credentials: dict[str, Any]
) -> None:
    opened = await sandbox_client.post("/v1/sessions", json=credentials)
    auth = {"Authorization": f"Bearer {opened.json()['token']}"}
    answers = [opened]
    for path in ("/healthz", "/readyz", "/v1/nothing", "/v1/tools", "/v1/plans", "/v1/sessions/current"):
        answers.append(await sandbox_client.get(path, headers=auth))
    for answer in answers:
        assert answer.json()["sandbox"] is True, answer.url
        assert answer.headers["X-Sandbox"] == "true"
    assert "sandbox" in (await sandbox_client.get("/docs")).text
    assert "sandbox" in (await sandbox_client.get("/openapi.json")).json()["info"]["title"]


async def test_readiness_names_what_is_missing(client: httpx.AsyncClient, dispatcher: Any) -> None:
    assert (await client.get("/readyz")).json()["status"] == "ready"
    dispatcher.checks = {"redis": True, "info": False}

    answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"redis": True, "info": False, "endpoints": True}


async def test_the_documentation_knows_the_token_and_the_problems(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()

    schemes = document["components"]["securitySchemes"]
    assert any(scheme["type"] == "http" and scheme["scheme"] == "bearer" for scheme in schemes.values())
    for path in document["paths"].values():
        for operation in path.values():
            named = operation["responses"]["default"]["$ref"].rpartition("/")[2]
            assert "application/problem+json" in document["components"]["responses"][named]["content"]
    assert "HTTPValidationError" not in str(document)


async def test_the_documentation_has_a_schema_for_every_success(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            successes = {status: one for status, one in operation["responses"].items() if status.startswith("2")}
            assert successes, f"{method} {path}"
            for status, success in successes.items():
                schemas = [content["schema"] for content in success.get("content", {}).values()]
                assert bool(schemas) == (status != "204"), f"{method} {path} {status}"
                assert all(schemas), f"{method} {path} {status}"


async def test_the_documentation_names_the_variants_of_an_answer_and_each_event(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()

    def content(path: str, method: str = "get") -> dict[str, Any]:
        found: dict[str, Any] = document["paths"][path][method]["responses"]["200"]["content"]
        return found

    assert set(content("/v1/chat", "post")) == {"application/json", "text/event-stream"}
    assert set(content("/v1/plans/{plan_id}")) == {"application/json", "text/plain"}
    assert set(content("/v1/audit")) == {"application/json", "application/x-ndjson"}
    assert set(content("/v1/turns/{turn_id}/events")) == {"text/event-stream"}
    said = str(document).split("'$ref': '#/components/schemas/")[1:]
    assert {name.partition("'")[0] for name in said} <= set(document["components"]["schemas"])
    events = content("/v1/turns/{turn_id}/events")["text/event-stream"]["schema"]["x-itemSchema"]["oneOf"]
    assert {event["properties"]["event"]["const"] for event in events} == set(get_args(EventType))


async def test_the_documentation_says_that_requests_are_strict(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]

    asked = {
        reference.rpartition("/")[2]
        for operations in document["paths"].values()
        for operation in operations.values()
        for reference in re.findall(r"#/components/schemas/\w+", str(operation.get("requestBody")))
    }

    assert {"ChatRequest", "PlanRequest", "SessionRequest", "GrantRequest", "ResolveRequest"} <= asked
    # A tool's arguments are any JSON here; the worker is strict about them.
    strict = (asked | {"StepRequest"}) - {"JsonValue"}
    assert {name for name in strict if schemas[name].get("additionalProperties") is not False} == set()


async def test_too_many_requests_are_429(
    make_gateway: Callable[[GatewaySettings], Gateway], settings: GatewaySettings, credentials: dict[str, Any]
) -> None:
    app = create_app(settings.model_copy(update={"sessions_per_minute": 1}), make_gateway)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as http:
        answers = [await http.post("/v1/sessions", json=credentials) for _ in range(3)]

    assert answers[-1].status_code == 429
    assert answers[-1].json()["code"] == "rate_limited"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 61
