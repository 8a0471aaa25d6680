"""What every address takes: methods and `Allow`, HEAD, the type of a body; conditional requests; limits that show."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from redis.asyncio import Redis

from services.orchestrator.app import ROUTES, create_app
from services.orchestrator.gateway import Gateway
from services.orchestrator.paging import encode
from services.orchestrator.settings import GatewaySettings
from shared.results.records import result_key

BODY = {"goal": "a bucket", "steps": [{"operation": "create_s3_bucket", "arguments": {"bucket_name": "b"}}]}
REF = "res_info_trn_1.0"
# The unit tests' gateway has no turns; tests/e2e asks the running stack for these.
TURNS = ("/v1/turns", "/v1/conversations")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


def addresses() -> dict[str, set[str]]:
    """Every path of the API, with the methods of all its routes."""
    found: dict[str, set[str]] = {}
    for resource in ROUTES:
        for route in resource.router.routes:
            assert isinstance(route, APIRoute)
            found.setdefault(route.path, set()).update(route.methods)
    return found


ADDRESSES = {path: methods | ({"HEAD"} if "GET" in methods else set()) for path, methods in addresses().items()}


@pytest.mark.parametrize("path", sorted(ADDRESSES))
async def test_allow_names_every_method_of_an_address(client: httpx.AsyncClient, path: str) -> None:
    for method in METHODS:
        if method in ADDRESSES[path]:
            continue
        answer = await client.request(method, path.format_map(_Any()))
        assert (answer.status_code, answer.headers["Content-Type"]) == (405, "application/problem+json")
        assert set(answer.headers["Allow"].split(", ")) == ADDRESSES[path]
        if method != "HEAD":
            assert answer.json()["code"] == "method_not_allowed"


class _Any(dict[str, str]):
    """Fills every parameter of a path."""

    def __missing__(self, key: str) -> str:
        return "x"


@pytest.mark.parametrize(
    "path", sorted(path for path in ADDRESSES if "GET" in ADDRESSES[path] and not path.startswith(TURNS))
)
async def test_head_answers_as_get_does_without_the_body(signed_in: Any, gateway: Gateway, path: str) -> None:
    client, _ = signed_in
    address = path.format_map(_Any())

    got, head = await client.get(address), await client.head(address)

    assert (head.status_code, head.content) == (got.status_code, b"")
    same = ("content-type", "content-length", "etag", "allow")
    assert {name: head.headers.get(name) for name in same} == {name: got.headers.get(name) for name in same}


async def test_head_of_a_stream_does_not_wait_for_its_end(signed_in: Any) -> None:
    client, _ = signed_in

    answer = await client.head("/v1/audit?format=jsonl")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/xml", "json"])
async def test_a_body_that_is_not_sent_as_json_is_415(signed_in: Any, kind: str | None) -> None:
    client, _ = signed_in

    headers = {"Content-Type": kind} if kind else {}
    answer = await client.post("/v1/plans", content=json.dumps(BODY).encode(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer.headers["Accept-Post"] == "application/json"
    assert "Content-Type: application/json" in answer.json()["detail"]


async def test_a_compressed_body_is_415(signed_in: Any) -> None:
    client, _ = signed_in

    answer = await client.post("/v1/plans", json=BODY, headers={"Content-Encoding": "gzip"})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_a_package_of_another_type_is_415_too(signed_in: Any) -> None:
    client, _ = signed_in

    answer = await client.post("/v1/files", content=b"PK", headers={"Content-Type": "text/plain"})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer.headers["Accept-Post"] == "multipart/form-data, application/zip"


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"])
async def test_json_under_its_other_names_is_taken(signed_in: Any, executor: Any, kind: str) -> None:
    client, _ = signed_in

    answer = await client.post("/v1/plans", content=json.dumps(BODY).encode(), headers={"Content-Type": kind})

    assert answer.status_code == 201


async def test_a_decision_needs_no_body_and_no_type(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    plan = (await client.post("/v1/plans", json=BODY)).json()

    assert (await client.post(plan["links"]["reject"])).status_code == 202


async def test_an_address_with_a_slash_more_is_another_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/plans/", headers={"Host": "evil.test"})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_plan_that_has_not_changed_is_304(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    plan = (await client.post("/v1/plans", json=BODY)).json()
    address = plan["links"]["self"]

    first = await client.get(address)
    tag = first.headers["ETag"]
    same = [await client.get(address, headers={"If-None-Match": sent}) for sent in (tag, f'"x", W/{tag}', "*")]
    page = await client.get(address, headers={"If-None-Match": tag, "Accept": "text/plain"})
    await client.post(plan["links"]["reject"])
    changed = await client.get(address, headers={"If-None-Match": tag})

    assert [(one.status_code, one.content, one.headers["ETag"]) for one in same] == [(304, b"", tag)] * 3
    assert (page.status_code, page.headers["Vary"]) == (200, "Accept")
    assert page.headers["ETag"] != tag
    assert (changed.status_code, changed.json()["status"]) == (200, "rejected")
    assert changed.headers["ETag"] != tag


async def test_a_result_that_a_client_has_is_304(signed_in: Any, redis: Redis) -> None:
    client, session = signed_in
    stored = {"session_id": session.session_id, "owner_id": session.owner_id, "body": '{"buckets": [1, 2]}'}
    await redis.set(result_key("info", REF), json.dumps(stored))

    first = await client.get(f"/v1/results/{REF}")
    again = await client.get(f"/v1/results/{REF}", headers={"If-None-Match": first.headers["ETag"]})

    assert first.json() == {"result_ref": REF, "path": None, "result": {"buckets": [1, 2]}}
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/v1/plans", "/v1/audit"])
@pytest.mark.parametrize("cursor", ["", "x", "pln_x", "7", "%FF", "9" * 300, encode("other", "1.0", "x")])
async def test_a_bad_cursor_is_the_same_400_on_every_list(signed_in: Any, path: str, cursor: str) -> None:
    client, _ = signed_in

    answer = await client.get(path, params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_the_cursor_of_one_list_is_none_of_another(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    for _ in range(2):
        await client.post("/v1/plans", json=BODY)

    plans, audit = [(await client.get(path, params={"limit": 1})).json() for path in ("/v1/plans", "/v1/audit")]

    assert isinstance(plans["next_cursor"], str)
    assert isinstance(audit["next_cursor"], str)
    for path, cursor in (("/v1/plans", audit["next_cursor"]), ("/v1/audit", plans["next_cursor"])):
        assert (await client.get(path, params={"cursor": cursor})).json()["code"] == "invalid_cursor"


async def test_plans_are_listed_by_status_page_by_page(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    made = [(await client.post("/v1/plans", json=BODY)).json() for _ in range(7)]
    for plan in made[::2]:
        await client.post(plan["links"]["reject"])
    await client.post(made[1]["links"]["cancel"])

    async def listed(*statuses: str) -> list[str]:
        found, cursor = [], None
        while True:
            query = {"status": list(statuses), "limit": 2} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/v1/plans", params=query)).json()
            assert len(page["items"]) <= 2
            found += [plan["plan_id"] for plan in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    ids = [plan["plan_id"] for plan in made]
    assert await listed("rejected") == ids[::-1][::2]
    assert await listed("rejected", "cancelled") == [ids[6], ids[4], ids[2], ids[1], ids[0]]
    assert await listed("done") == []
    refused = await client.get("/v1/plans", params={"status": "lost"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_answers_say_how_many_requests_are_left(
    settings: GatewaySettings, make_gateway: Callable[[GatewaySettings], Gateway], open_session: Any
) -> None:
    app = create_app(settings.model_copy(update={"requests_per_minute": 2}), make_gateway)
    _, token = await open_session()
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://g", headers=headers) as client:
        first, second, third = [await client.get("/v1/grants") for _ in range(3)]

    assert [one.headers["RateLimit-Limit"] for one in (first, second, third)] == ["2"] * 3
    assert [one.headers["RateLimit-Remaining"] for one in (first, second, third)] == ["1", "0", "0"]
    assert 0 < int(first.headers["RateLimit-Reset"]) <= 61
    assert first.headers["RateLimit-Policy"] == "2;w=60"
    assert (third.status_code, third.headers["Retry-After"]) == (429, third.headers["RateLimit-Reset"])


async def test_the_root_says_what_answers_here(client: httpx.AsyncClient) -> None:
    # Which AWS answers is not known yet: nothing is claimed of it.
    answer = await client.get("/")

    body = answer.json()
    assert (answer.status_code, body["name"], body["aws"]) == (200, "AWS Assistant", "other")
    for link in ("documentation", "openapi", "health"):
        assert (await client.get(body["links"][link])).status_code == 200


async def test_a_body_in_chunks_needs_its_type_too(signed_in: Any) -> None:
    client, _ = signed_in

    async def chunks() -> AsyncIterator[bytes]:
        yield json.dumps(BODY).encode()

    assert (await client.post("/v1/plans", content=chunks())).status_code == 415
