"""`GET /v1/results/{ref}`: the whole or a part, whatever the expression."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.sessions.session import Session
from shared.errors import NotFound
from shared.results.records import load, reference_of, result_key

RESULT: Any = {"buckets": [{"name": f"b{number}", "size_bytes": number} for number in range(1000)], "total": "ü"}


@pytest.fixture
async def stored(redis: Redis, signed_in: tuple[httpx.AsyncClient, Session]) -> str:
    reference = reference_of("info", "call-1")
    entry = {"session_id": "ses_of_yesterday", "owner_id": signed_in[1].owner_id, "body": json.dumps(RESULT)}
    await redis.set(result_key("info", reference), json.dumps(entry))
    return f"/v1/results/{reference}"


async def test_a_result_is_answered_whole_or_in_part(signed_in: tuple[httpx.AsyncClient, Session], stored: str) -> None:
    client, _ = signed_in

    whole = await client.get(stored)
    part = await client.get(stored, params={"path": "[buckets[-1].name, total]"})

    assert whole.json()["result"] == RESULT
    assert part.headers["content-type"] == "application/json"
    assert part.json() == {
        "result_ref": stored.split("/")[-1],
        "path": "[buckets[-1].name, total]",
        "result": ["b999", "ü"],
    }


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("[@,@,@,@,@,@,@,@]|" * 7 + "@", 400, "path_too_costly"),
        ("!" * 900 + "a", 400, "path_too_costly"),
        ("buckets[::0]", 400, "invalid_path"),
        ("buckets[", 400, "invalid_path"),
        ("a" * 1001, 422, "invalid_request"),
    ],
)
async def test_no_expression_is_a_crash(
    signed_in: tuple[httpx.AsyncClient, Session], stored: str, path: str, status: int, code: str
) -> None:
    client, _ = signed_in

    answer = await client.get(stored, params={"path": path})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get(stored, params={"path": "total"})).json()["result"] == "ü"


@pytest.mark.parametrize(
    ("asks", "found"),
    [("ses_one", True), ("own_a", True), ("ses_two", False), ("own_b", False), ("ses_old", False)],
)
async def test_a_result_is_its_sessions_and_its_owners(redis: Redis, asks: str, found: bool) -> None:
    """The dispatcher asks for the answer to a session's call, a route for what the owner has."""
    entry = {"session_id": "ses_one", "owner_id": "own_a", "body": json.dumps(RESULT)}
    await redis.set(result_key("info", reference_of("info", "call-2")), json.dumps(entry))
    try:
        got = await load(redis, asks, reference_of("info", "call-2"))
    except NotFound:
        got = None
    assert (got == RESULT) == found


async def test_a_result_of_the_release_before_is_its_sessions_alone(redis: Redis) -> None:
    entry = {"session_id": "ses_old", "body": json.dumps(RESULT)}
    await redis.set(result_key("info", reference_of("info", "call-3")), json.dumps(entry))
    assert await load(redis, "ses_old", reference_of("info", "call-3")) == RESULT
    with pytest.raises(NotFound):
        await load(redis, "own_a", reference_of("info", "call-3"))
