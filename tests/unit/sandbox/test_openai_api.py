"""The sandbox speaks OpenAI's protocol: with the real client, streamed and whole, and with its errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
import uvicorn

from sandbox.openai_api import create_app

BASE = "http://sandbox/v1"
NO_ARGUMENTS = {"type": "object", "properties": {}, "additionalProperties": False}


def function(name: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters or NO_ARGUMENTS}}


BUCKET = {"type": "object", "properties": {"bucket_name": {"type": "string"}}, "required": ["bucket_name"]}
TOOLS: Any = [
    function("get_s3_usage"),
    function("list_s3_buckets"),
    function("list_lambda_functions"),
    function("count_s3_objects", BUCKET),
]
USAGE = {"role": "user", "content": "What is my total S3 usage?"}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app())
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


@pytest.fixture
async def client() -> AsyncIterator[openai.AsyncOpenAI]:
    """The real client against the real server, on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(create_app(), host="127.0.0.1", port=0, log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="any", max_retries=0) as client:
        yield client
    server.should_exit = True
    await serving


async def post(http: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await http.post("/chat/completions", json=body, headers={"authorization": "Bearer any"})


async def test_the_client_gets_a_function_call_and_then_an_answer_from_its_result(client: openai.AsyncOpenAI) -> None:
    messages: list[Any] = [USAGE]
    first = await client.chat.completions.create(model="gpt-4-turbo", messages=messages, tools=TOOLS)
    assert first.choices[0].finish_reason == "tool_calls"
    message = first.choices[0].message
    assert message.tool_calls is not None
    assert message.tool_calls[0].function.name == "get_s3_usage"  # type: ignore[union-attr]  # never a custom tool
    messages.append(message.model_dump(exclude_none=True))
    result = {"total_bytes": 1536, "total_human": "1.5 KiB", "total_objects": 3, "bucket_count": 1, "buckets": []}
    body = json.dumps({"status": "ok", "result": result, "complete": True, "gaps": []})
    messages.append({"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": body})
    second = await client.chat.completions.create(model="gpt-4-turbo", messages=messages, tools=TOOLS)
    assert second.choices[0].finish_reason == "stop"
    assert "1.5 KiB (1536 bytes): 3 objects in 1 bucket" in str(second.choices[0].message.content)
    assert second.usage is not None
    assert second.usage.total_tokens == second.usage.prompt_tokens + second.usage.completion_tokens > 0


async def test_parallel_calls_are_streamed_as_fragments_that_join_to_json(client: openai.AsyncOpenAI) -> None:
    question: Any = {
        "role": "user",
        "content": "How many objects are in the bucket photos-2024, and which lambda functions do I have?",
    }
    stream = await client.chat.completions.create(
        model="gpt-4o",
        messages=[question],
        tools=TOOLS,
        stream=True,
        stream_options={"include_usage": True},
    )
    calls: dict[int, dict[str, str]] = {}
    finishes, usages, deltas = [], [], 0
    async for chunk in stream:
        if chunk.usage:
            usages.append(chunk.usage)
            assert chunk.choices == []
        for choice in chunk.choices:
            finishes += [choice.finish_reason] if choice.finish_reason else []
            for delta in choice.delta.tool_calls or []:
                deltas += 1
                call = calls.setdefault(delta.index, {"id": "", "name": "", "arguments": ""})
                call["id"] += delta.id or ""
                assert delta.function is not None
                call["name"] += delta.function.name or ""
                call["arguments"] += delta.function.arguments or ""
    assert [call["name"] for call in calls.values()] == ["count_s3_objects", "list_lambda_functions"]
    assert json.loads(calls[0]["arguments"]) == {"bucket_name": "photos-2024"}
    assert len({call["id"] for call in calls.values()}) == 2
    assert finishes == ["tool_calls"]
    assert len(usages) == 1
    assert deltas > 3


async def test_a_streamed_text_ends_with_done_and_adds_up_to_the_whole(http: httpx.AsyncClient) -> None:
    asked = [{"role": "user", "content": "hello"}]
    whole = (await post(http, model="gpt-4o", messages=asked)).json()["choices"][0]["message"]["content"]
    response = await post(http, model="gpt-4o", messages=asked, stream=True)
    events = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks) == whole
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert all("usage" not in chunk for chunk in chunks)


async def test_every_response_says_that_it_is_the_sandbox(http: httpx.AsyncClient) -> None:
    health = await http.get("http://sandbox/healthz")
    refused = await http.get("/models")
    nowhere = await http.get("/nothing")
    assert [health.status_code, refused.status_code, nowhere.status_code] == [200, 401, 404]
    assert {each.headers["x-sandbox"] for each in (health, refused, nowhere)} == {"true"}
    assert refused.json()["error"]["code"] == "invalid_api_key"


async def test_models_are_listed_and_found_by_name(client: openai.AsyncOpenAI) -> None:
    names = [model.id async for model in client.models.list()]
    assert {"gpt-4-turbo", "gpt-4o", "gpt-4o-mini", "gpt-4.1"} <= set(names)
    assert (await client.models.retrieve("gpt-4-turbo")).id == "gpt-4-turbo"
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("gpt-99")


CALL = {"id": "c1", "type": "function", "function": {"name": "get_s3_usage", "arguments": "{}"}}
BAD: list[tuple[str, dict[str, Any], int, str]] = [
    ("an unknown model", {"model": "gpt-99"}, 404, "gpt-99"),
    ("no model", {"model": None}, 400, "model"),
    ("no messages", {"messages": []}, 400, "messages"),
    ("an unknown role", {"messages": [{"role": "robot", "content": "x"}]}, 400, "role"),
    ("a user without content", {"messages": [{"role": "user"}]}, 400, "content"),
    (
        "a tool message that answers nothing",
        {"messages": [USAGE, {"role": "tool", "tool_call_id": "c9", "content": ""}]},
        400,
        "preceeding",
    ),
    (
        "calls that nobody answered",
        {"messages": [USAGE, {"role": "assistant", "content": None, "tool_calls": [CALL]}, USAGE]},
        400,
        "c1",
    ),
    ("a tool without an object schema", {"tools": [function("f", {"type": "string"})]}, 400, "object"),
    ("a function name with a space", {"tools": [function("my tool")]}, 400, "name"),
    (
        "a choice of a function that is not offered",
        {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "x"}}},
        400,
        "x",
    ),
    ("a choice without tools", {"tool_choice": "auto"}, 400, "tool_choice"),
    ("usage options without a stream", {"stream_options": {"include_usage": True}}, 400, "stream"),
]


@pytest.mark.parametrize(("what", "change", "status", "word"), BAD, ids=[each[0] for each in BAD])
async def test_a_wrong_request_is_refused_as_openai_refuses_it(
    http: httpx.AsyncClient, what: str, change: dict[str, Any], status: int, word: str
) -> None:
    response = await post(http, **({"model": "gpt-4o", "messages": [USAGE]} | change))
    assert response.status_code == status
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert word in json.dumps(error)


async def test_a_body_that_is_no_json_is_refused(http: httpx.AsyncClient) -> None:
    response = await http.post("/chat/completions", content=b"{", headers={"authorization": "Bearer any"})
    assert response.status_code == 400


async def test_tool_choice_is_honoured(http: httpx.AsyncClient) -> None:
    async def choose(choice: Any, text: str = "What is my total S3 usage?") -> Any:
        messages = [{"role": "user", "content": text}]
        response = await post(http, model="gpt-4o", messages=messages, tools=TOOLS, tool_choice=choice)
        return response.json()["choices"][0]

    none = await choose("none")
    assert none["finish_reason"] == "stop"
    assert "tool_calls" not in none["message"]
    required = await choose("required", "tell me a joke")
    assert required["message"]["tool_calls"]
    named = await choose({"type": "function", "function": {"name": "count_s3_objects"}}, "look at the bucket photos-9")
    assert named["message"]["tool_calls"][0]["function"] == {
        "name": "count_s3_objects",
        "arguments": '{"bucket_name": "photos-9"}',
    }


async def test_without_parallel_calls_one_comes_at_a_time(http: httpx.AsyncClient) -> None:
    messages = [{"role": "user", "content": "How many buckets and lambda functions do I have?"}]
    body = (await post(http, model="gpt-4o", messages=messages, tools=TOOLS, parallel_tool_calls=False)).json()
    message = body["choices"][0]["message"]
    assert [call["function"]["name"] for call in message["tool_calls"]] == ["list_s3_buckets"]
    answer = {
        "role": "tool",
        "tool_call_id": message["tool_calls"][0]["id"],
        "content": '{"buckets": [], "bucket_count": 0}',
    }
    again = [*messages, message, answer]
    body = (await post(http, model="gpt-4o", messages=again, tools=TOOLS, parallel_tool_calls=False)).json()
    assert body["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "list_lambda_functions"


async def test_scripted_models_fail_as_their_names_say(http: httpx.AsyncClient) -> None:
    async def of(model: str, **more: Any) -> httpx.Response:
        return await post(http, model=model, messages=[USAGE], tools=TOOLS, **more)

    assert (await of("sandbox-error-500")).status_code == 500
    limited = await of("sandbox-rate-limit")
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "1")
    assert (await of("sandbox-refusal")).json()["choices"][0]["message"]["refusal"]
    broken = (await of("sandbox-malformed-arguments")).json()["choices"][0]["message"]["tool_calls"][0]["function"]
    with pytest.raises(ValueError, match=r"delimiter|Expecting|Unterminated"):
        json.loads(broken["arguments"])
    assert (await of("sandbox-loop")).json()["choices"][0]["finish_reason"] == "tool_calls"
    cut = await post(http, model="sandbox-length", messages=[{"role": "user", "content": "hello"}])
    assert cut.json()["choices"][0]["finish_reason"] == "length"


async def test_broken_arguments_are_right_at_the_second_try(http: httpx.AsyncClient) -> None:
    first = (await post(http, model="sandbox-malformed-arguments", messages=[USAGE], tools=TOOLS)).json()
    message = first["choices"][0]["message"]
    error = '{"status": "error", "error": {"code": "invalid_arguments", "detail": "not valid JSON"}}'
    again = [USAGE, message, {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": error}]
    second = (await post(http, model="sandbox-malformed-arguments", messages=again, tools=TOOLS)).json()
    assert second["choices"][0]["message"]["tool_calls"][0]["function"] == {"name": "get_s3_usage", "arguments": "{}"}
