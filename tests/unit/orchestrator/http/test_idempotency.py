"""The same POST sent again under its Idempotency-Key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import Request

from services.orchestrator.http.idempotency import once
from services.orchestrator.http.responses import Answer
from services.orchestrator.sessions.session import Session
from shared.errors import Conflict

BODY = {"goal": "a bucket", "steps": [{"operation": "create_s3_bucket", "arguments": {"bucket_name": "b"}}]}


async def test_the_same_request_again_gets_the_first_answer_and_does_nothing(
    signed_in: Any, executor: Any, dispatcher: Any
) -> None:
    client, _ = signed_in
    headers = {"Idempotency-Key": "k-1"}

    first = await client.post("/v1/plans", json=BODY, headers=headers)
    again = await client.post("/v1/plans", json=BODY, headers=headers)

    assert again.status_code == first.status_code == 201
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(dispatcher.calls) == 1


async def test_a_repeated_approval_is_the_same_approval(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    plan = (await client.post("/v1/plans", json=BODY)).json()
    approve = {"json": {"digest": plan["digest"]}, "headers": {"Idempotency-Key": "k-2"}}

    first = await client.post(plan["links"]["approve"], **approve)
    again = await client.post(plan["links"]["approve"], **approve)

    assert (first.status_code, again.status_code) == (202, 202)


async def test_another_request_under_the_key_is_refused(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    headers = {"Idempotency-Key": "k-3"}
    plan = (await client.post("/v1/plans", json=BODY, headers=headers)).json()

    other_body = await client.post("/v1/plans", json={**BODY, "goal": "another"}, headers=headers)
    other_path = await client.post(plan["links"]["reject"], json=BODY, headers=headers)

    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency_key_reused")
    assert other_path.status_code == 422


async def test_the_same_request_at_the_same_time_happens_once(signed_in: Any, executor: Any, dispatcher: Any) -> None:
    client, _ = signed_in
    prepare = executor._prepare

    async def slowly(arguments: dict[str, Any]) -> Any:
        await asyncio.sleep(0.2)
        return await prepare(arguments)

    dispatcher.replies["prepare_plan"] = slowly
    requests = [client.post("/v1/plans", json=BODY, headers={"Idempotency-Key": "k-4"}) for _ in range(3)]

    answers = await asyncio.gather(*requests)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "idempotency_in_progress"}
    assert len(dispatcher.calls) == 1


async def test_a_request_that_failed_may_be_tried_again(signed_in: Any, executor: Any, dispatcher: Any) -> None:
    client, _ = signed_in
    headers = {"Idempotency-Key": "k-5"}
    prepare = dispatcher.replies["prepare_plan"]
    dispatcher.fail("executor", "prepare_plan", "aws_throttled", retryable=True)
    failed = await client.post("/v1/plans", json=BODY, headers=headers)
    dispatcher.replies["prepare_plan"] = prepare

    again = await client.post("/v1/plans", json=BODY, headers=headers)

    assert (failed.status_code, again.status_code) == (503, 201)


@pytest.mark.parametrize("key", ["", " ", "x" * 256])
async def test_a_key_of_another_shape_is_refused(signed_in: Any, executor: Any, key: str) -> None:
    client, _ = signed_in

    answer = await client.post("/v1/plans", json=BODY, headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")


async def test_an_uploads_key_looks_at_the_file_not_at_its_frame(signed_in: Any) -> None:
    from io import BytesIO
    from zipfile import ZipFile

    client, _ = signed_in
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("a.py", "x")
    upload = {"files": {"file": ("a.zip", buffer.getvalue())}, "headers": {"Idempotency-Key": "k-6"}}

    first, again = await client.post("/v1/files", **upload), await client.post("/v1/files", **upload)

    assert first.json()["file_id"] == again.json()["file_id"]


async def test_a_request_that_takes_long_keeps_its_key(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.orchestrator.http.idempotency.RUNNING_SECONDS", 1)
    begun = 0

    async def slowly() -> Answer:
        nonlocal begun
        begun += 1
        await asyncio.sleep(1.8)
        return Answer(201, {}, {})

    first = asyncio.create_task(_once(redis, slowly))
    await asyncio.sleep(1.5)
    with pytest.raises(Conflict, match="still running"):
        await _once(redis, slowly)

    assert (await first).status == 201
    assert begun == 1


async def test_the_key_of_a_gateway_that_died_is_free_again_within_seconds(redis: Any) -> None:
    dead = asyncio.create_task(_once(redis, asyncio.Event().wait))  # type: ignore[arg-type]  # it never answers
    await asyncio.sleep(0.05)

    (key,) = await redis.keys("idempotency:*")

    assert 0 < await redis.ttl(key) <= 15
    dead.cancel()


async def _once(redis: Any, act: Callable[[], Awaitable[Answer]]) -> Answer:
    scope = {"type": "http", "method": "POST", "path": "/v1/plans", "query_string": b"", "server": ("gateway", 80)}
    request = Request(scope | {"scheme": "http", "headers": [(b"idempotency-key", b"k-9")]})
    session = SimpleNamespace(session_id="ses_1", remaining=lambda: 600)
    return await once(redis, request, cast(Session, session), b"{}", act)
