"""A key that a person types is refused, and nothing of it is stored, logged or sent; an answer shows all it says."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.sessions.session import Session
from tests.fakes.openai_server import OpenAIServer, call, chunk, say, stream, usage_chunk
from tests.fakes.workers import FakeDispatcher, answers

Http = tuple[httpx.AsyncClient, Session]
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz9Qe4aTqL"


async def everything_in(redis: Redis) -> str:
    """All keys and values of Redis as one text."""
    read: dict[str, Any] = {
        "string": redis.get,
        "hash": redis.hgetall,
        "set": redis.smembers,
        "list": lambda key: redis.lrange(key, 0, -1),
        "zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        "stream": redis.xrange,
    }
    return "\n".join([f"{key} {await read[await redis.type(key)](key)}" async for key in redis.scan_iter()])


STEP = {"operation": "create_s3_bucket", "arguments": {"bucket_name": "a-b"}}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat", {"message": f"my key is AKIAQWERTYUIOPASDFGH and {SECRET}"}),
        ("/v1/chat", {"message": json.dumps({"secret": SECRET}), "conversation_id": "cnv_none"}),
        ("/v1/plans", {"goal": f"use {SECRET}", "steps": [STEP]}),
        ("/v1/tools/get_s3_usage", {"bucket": SECRET}),
        ("/v1/tools/no_such_tool", {SECRET: 1}),
        ("/v1/plans/pln_none/reject", {"reason": f"because {SECRET}"}),
        ("/v1/plans/pln_none/approve", {"digest": SECRET}),
        ("/v1/grants", {"operation": "create_s3_bucket", "resource": f"arn:aws:s3:::{SECRET}", "max_uses": 1}),
    ],
)
async def test_a_request_with_a_secret_leaves_no_trace(
    path: str,
    body: dict[str, Any],
    signed_in: Http,
    redis: Redis,
    model_server: OpenAIServer,
    dispatcher: FakeDispatcher,
    capsys: pytest.CaptureFixture[str],
) -> None:
    http, _ = signed_in

    answer = await http.post(path, json=body, headers={"Idempotency-Key": "k1"})

    assert (answer.status_code, answer.json()["code"]) == (422, "secret_in_message")
    assert "an AWS secret access key" in answer.json()["detail"]
    assert (model_server.requests, dispatcher.calls) == ([], [])
    traces = [answer.text, await everything_in(redis), *capsys.readouterr()]
    assert [trace for trace in traces if SECRET in trace or SECRET[:20] in trace] == []
    assert "idempotency" not in traces[1]


async def test_the_message_goes_through_without_it_under_the_same_key(
    signed_in: Http, model_server: OpenAIServer
) -> None:
    http, _ = signed_in
    model_server.replies.append(say("Hello."))
    headers = {"Idempotency-Key": "k1"}

    await http.post("/v1/chat", json={"message": f"hi {SECRET}"}, headers=headers)
    answer = await http.post("/v1/chat", json={"message": "hi AKIAQWERTYUIOPASDFGH"}, headers=headers)

    assert (answer.status_code, answer.json()["answer"]) == (200, "Hello.")


async def test_who_shows_no_token_learns_nothing(signed_in: Http) -> None:
    http, _ = signed_in
    del http.headers["Authorization"]

    assert (await http.post("/v1/chat", json={"message": SECRET})).status_code == 401


async def test_an_answer_has_no_control_characters_however_it_is_cut(
    signed_in: Http, model_server: OpenAIServer, redis: Redis
) -> None:
    http, _ = signed_in
    pieces = ["a \x1b", "[2Jb\u202e", " \ud83d", "\ude80", " c\x9b\r\n", "d \ud800", "e"]
    model_server.replies.append(stream(*(chunk({"content": one}) for one in pieces), chunk({}, "stop"), usage_chunk()))

    answer = await http.post("/v1/chat", json={"message": "hi"}, headers={"Accept": "text/event-stream"})

    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    said = "".join(event["delta"] for event in events if "delta" in event)
    assert said == "a \\u001b[2Jb\\u202e 🚀 c\\u009b\nd \ufffde"
    assert [event["answer"] for event in events if "answer" in event] == [said]
    assert not {"\x1b", "\u202e", "\x9b"} & set(await everything_in(redis))


async def test_a_tools_result_stays_data(
    signed_in: Http, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    http, _ = signed_in
    dispatcher.replies["get_s3_usage"] = answers({"name": "b\x1b\u202e"})
    model_server.replies += [call(("get_s3_usage", "{}")), say("It is b\x1b\u202e.")]

    body = (await http.post("/v1/chat", json={"message": "hi"})).json()

    assert body["steps"][0]["result"] == {"name": "b\x1b\u202e"}
    assert body["answer"] == "It is b\\u001b\\u202e."


async def test_a_problem_shows_what_it_repeats(signed_in: Http) -> None:
    http, _ = signed_in

    answer = await http.post("/v1/chat", json={"message": "x", "\x1b[2J\u202e": 1})

    assert answer.status_code == 422
    assert "\\u001b[2J\\u202e" in answer.json()["detail"]
