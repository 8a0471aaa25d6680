"""A request that a stop cuts off is told so, and where to send it again; uvicorn alone would answer 500."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from services.orchestrator.http.middleware import Edge


def request() -> dict[str, Any]:
    app = SimpleNamespace(state=SimpleNamespace(sandbox=lambda: False))
    return {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat",
        "query_string": b"",
        "scheme": "http",
        "server": ("127.0.0.1", 8080),
        "headers": [],
        "app": app,
    }


async def cut_off(begin: list[Message]) -> tuple[list[Message], asyncio.Task[None]]:
    """What is sent of an answer that has begun with `begin` when its task is cancelled."""
    waiting, sent = asyncio.Event(), list[Message]()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        for message in begin:
            await send(message)
        waiting.set()
        await asyncio.sleep(60)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    task = asyncio.create_task(Edge(app, sandbox=lambda: False)(request(), receive, send))
    await waiting.wait()
    task.cancel()
    await asyncio.wait([task])
    return sent, task


async def test_a_request_without_an_answer_gets_503_and_when_to_ask_again() -> None:
    sent, task = await cut_off([])
    assert not task.cancelled()
    head, body = sent
    assert head["status"] == 503
    assert (b"retry-after", b"2") in head["headers"]
    problem = json.loads(body["body"])
    assert (problem["code"], problem["retryable"]) == ("gateway_stopping", True)


async def test_an_answer_that_has_begun_ends_with_its_connection() -> None:
    begun: list[Message] = [{"type": "http.response.start", "status": 200, "headers": []}]
    sent, task = await cut_off(begun)
    assert task.cancelled()
    assert [message["type"] for message in sent] == ["http.response.start"]
    with pytest.raises(asyncio.CancelledError):
        task.result()
