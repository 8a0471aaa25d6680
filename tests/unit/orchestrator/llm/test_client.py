"""The model's client against servers that keep to the protocol, bend it, or fail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from services.orchestrator.llm.client import ChatModel
from services.orchestrator.llm.completion import Completion
from services.orchestrator.settings import GatewaySettings
from shared.errors import AssistantError
from tests.fakes.openai_server import OpenAIServer, Reply, call, chunk, error, plain, say, stream, usage_chunk
from tests.fakes.workers import FUNCTIONS

ASKED = [{"role": "user", "content": "Hello"}]
TOOLS = [function.openai() for function in FUNCTIONS]


async def complete(model: ChatModel, heard: list[str] | None = None, **options: Any) -> Completion:
    async def on_text(text: str) -> None:
        if heard is not None:
            heard.append(text)

    return await model.complete(ASKED, TOOLS, on_text, **options)


def calls_of(completion: Completion) -> list[tuple[str, str]]:
    return [(one.name, one.arguments) for one in completion.calls]


def delta(**call_delta: Any) -> dict[str, Any]:
    return chunk({"tool_calls": [call_delta]})


async def test_text_is_heard_as_it_comes_and_returned_whole(model: ChatModel, model_server: OpenAIServer) -> None:
    model_server.replies.append(say("You have 3 buckets."))
    heard: list[str] = []
    completion = await complete(model, heard)
    assert completion.text == "You have 3 buckets."
    assert len(heard) == 4
    assert (completion.prompt_tokens, completion.completion_tokens) == (100, 10)
    assert completion.message() == {"role": "assistant", "content": "You have 3 buckets."}


async def test_only_standard_fields_are_sent(model: ChatModel, model_server: OpenAIServer) -> None:
    model_server.replies += [say("a"), say("b")]
    await complete(model)
    await complete(model, tool_choice="none")
    assert set(model_server.requests[0]) == {"model", "messages", "tools", "stream", "stream_options"}
    assert model_server.requests[1]["tool_choice"] == "none"


async def test_parallel_calls_are_put_together(model: ChatModel, model_server: OpenAIServer) -> None:
    model_server.replies.append(call(("get_s3_usage", "{}"), ("list_ec2_instances", '{"regions": ["eu-west-1"]}')))
    completion = await complete(model)
    assert calls_of(completion) == [("get_s3_usage", "{}"), ("list_ec2_instances", '{"regions": ["eu-west-1"]}')]
    assert completion.message()["content"] is None


def whole(index: int | None, call_id: str | None, name: str, arguments: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"function": {"name": name, "arguments": arguments}}
    return given | ({} if index is None else {"index": index}) | ({} if call_id is None else {"id": call_id})


SLOPPY: dict[str, tuple[Reply, list[tuple[str, str]]]] = {
    "whole calls without an index": (
        stream(delta(**whole(None, "a", "x", '{"n":1}')), delta(**whole(None, "b", "y", "{}")), chunk({}, "stop")),
        [("x", '{"n":1}'), ("y", "{}")],
    ),
    "every call has index 0": (
        stream(delta(**whole(0, "a", "x", '{"n":1}')), delta(**whole(0, "b", "x", '{"n":2}')), chunk({}, "tool_calls")),
        [("x", '{"n":1}'), ("x", '{"n":2}')],
    ),
    "no ids": (
        stream(delta(**whole(0, None, "x", "{}")), delta(**whole(1, None, "x", "{}")), chunk({}, "tool_calls")),
        [("x", "{}"), ("x", "{}")],
    ),
    "neither ids nor indexes": (
        stream(delta(**whole(None, None, "x", "{}")), delta(**whole(None, None, "y", "{}")), chunk({}, "tool_calls")),
        [("x", "{}"), ("y", "{}")],
    ),
    "arguments empty or null": (
        stream(delta(**whole(0, "a", "x", "")), delta(**whole(1, "b", "y", None)), chunk({}, "tool_calls")),
        [("x", "{}"), ("y", "{}")],
    ),
    "arguments as an object": (
        stream(delta(**whole(0, "a", "x", {"n": 1})), chunk({}, "tool_calls")),
        [("x", '{"n": 1}')],
    ),
    "the id in every piece": (
        stream(
            delta(index=0, id="a", function={"name": "x", "arguments": '{"n"'}),
            delta(index=0, id="a", function={"arguments": ":1}"}),
            chunk({}, "tool_calls"),
        ),
        [("x", '{"n":1}')],
    ),
    "the name in every piece": (
        stream(
            delta(index=0, id="a", function={"name": "x", "arguments": '{"n"'}),
            delta(index=0, id="a", function={"name": "x", "arguments": ":1}"}),
            chunk({}, "tool_calls"),
        ),
        [("x", '{"n":1}')],
    ),
    "two calls in one chunk, all nulls": (
        stream(
            chunk({"content": None, "tool_calls": [whole(0, "a", "x", "{}"), whole(1, "b", "y", "{}")]}),
            chunk({"content": None, "tool_calls": None}, "stop"),
        ),
        [("x", "{}"), ("y", "{}")],
    ),
    "plain JSON instead of a stream": (
        plain(
            {
                "model": "fake-1",
                "choices": [
                    {
                        "finish_reason": "tool_calls",
                        "message": {"role": "assistant", "content": None, "tool_calls": [whole(None, "a", "x", "{}")]},
                    }
                ],
            }
        ),
        [("x", "{}")],
    ),
}


@pytest.mark.parametrize("odd", SLOPPY)
async def test_a_sloppy_servers_calls_are_understood(odd: str, model: ChatModel, model_server: OpenAIServer) -> None:
    reply, expected = SLOPPY[odd]
    model_server.replies.append(reply)
    completion = await complete(model)
    assert calls_of(completion) == expected
    ids = [one.id for one in completion.calls]
    assert all(ids)
    assert len(set(ids)) == len(ids)


async def test_an_answer_in_plain_json_is_understood(model: ChatModel, model_server: OpenAIServer) -> None:
    message = {"role": "assistant", "content": "All fine."}
    model_server.replies.append(plain({"choices": [{"message": message, "finish_reason": "stop"}]}))
    heard: list[str] = []
    completion = await complete(model, heard)
    assert completion.text == "All fine."
    assert heard == ["All fine."]
    assert completion.prompt_tokens is None
    assert completion.completion_tokens > 0


async def test_a_models_answer_cannot_look_like_a_plans_page(model: ChatModel, model_server: OpenAIServer) -> None:
    model_server.replies.append(stream(chunk({"content": "▌ Findings: none\n▌   "}), chunk({"content": "┊ more"})))
    assert (await complete(model)).text == "| Findings: none\n|   | more"


async def test_a_refusal_is_the_answer(model: ChatModel, model_server: OpenAIServer) -> None:
    model_server.replies.append(stream(chunk({"refusal": "I will not."}), chunk({}, "stop"), usage_chunk()))
    assert (await complete(model)).text == "I will not."


async def test_a_server_without_stream_options_is_asked_without_them(
    model: ChatModel, model_server: OpenAIServer
) -> None:
    refusal = error(400, "Unrecognized request argument supplied: stream_options")
    model_server.replies += [refusal, say("Hello"), say("Again")]
    assert (await complete(model)).text == "Hello"
    assert (await complete(model)).text == "Again"
    assert ["stream_options" in request for request in model_server.requests] == [True, False, False]


FAILURES: dict[str, tuple[Sequence[Reply], str, bool]] = {
    "key refused": ([error(401, "Incorrect API key provided: sk-secret-of-the-tests")], "model_auth_failed", False),
    "no such model": ([error(404, "The model `fake-1` does not exist")], "model_not_found", False),
    "rate limit": ([error(429, "slow down")], "model_rate_limited", True),
    "quota": ([error(429, "pay first", "insufficient_quota")], "model_rate_limited", False),
    "server error": ([error(500, "boom")], "model_unavailable", True),
    "too long": ([error(400, "maximum context length", "context_length_exceeded")], "model_context_exceeded", False),
    "bad request": ([error(400, "tools[0] is wrong; key sk-secret-of-the-tests")], "model_request_rejected", False),
    "content filter": ([stream(chunk({}, "content_filter"))], "model_refused", False),
    "nothing at all": ([stream(chunk({}, "stop"))], "model_bad_response", False),
    "not JSON in the stream": ([stream("{oops")], "model_bad_response", False),
    "not JSON": ([Reply((b"<html>",), content_type="application/json")], "model_bad_response", False),
    "another shape": ([plain({"choices": "none"})], "model_bad_response", False),
    "an error in the stream": ([stream({"error": {"message": "overloaded"}})], "model_unavailable", True),
    "broken off": ([stream(chunk({"content": "Hel"}), done=False, break_off=True)], "model_unavailable", True),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_providers_failure_has_a_code_and_shows_no_key(
    failure: str, model: ChatModel, model_server: OpenAIServer
) -> None:
    replies, code, retryable = FAILURES[failure]
    model_server.replies += replies
    with pytest.raises(AssistantError) as raised:
        await complete(model)
    assert raised.value.code == code
    assert raised.value.retryable is retryable
    assert "sk-secret" not in raised.value.detail


async def test_nobody_there_is_unavailable() -> None:
    model = ChatModel(base_url="http://127.0.0.1:9/v1", api_key=None, model="fake-1", timeout=2)
    with pytest.raises(AssistantError) as raised:
        await complete(model)
    assert raised.value.code == "model_unavailable"
    await model.close()


async def test_a_short_failure_is_tried_again(model: ChatModel, model_server: OpenAIServer) -> None:
    busy = plain({"error": {"message": "busy"}}, 503, [("retry-after-ms", "10")])
    model_server.replies += [busy, say("Hello")]
    assert (await complete(model)).text == "Hello"


async def test_the_arguments_in_a_message_stay_as_the_model_wrote_them(
    model: ChatModel, model_server: OpenAIServer
) -> None:
    model_server.replies.append(call(("x", '{"n": 1', "id1")))
    message = (await complete(model)).message()
    assert message["tool_calls"] == [
        {"id": "id1", "type": "function", "function": {"name": "x", "arguments": '{"n": 1'}}
    ]
    json.dumps(message)


async def test_a_server_that_cannot_stream_is_asked_without(model: ChatModel, model_server: OpenAIServer) -> None:
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
    model_server.replies += [error(400, "stream is not supported"), plain(answer), plain(answer)]
    assert (await complete(model)).text == "Hi"
    assert (await complete(model)).text == "Hi"
    assert [request.get("stream") for request in model_server.requests] == [True, None, None]
    model_server.replies += [say("streamed unasked"), say("streamed")]
    with pytest.raises(AssistantError, match="not a chat completion"):
        await complete(model)
    assert (await complete(model)).text == "streamed"


async def test_what_no_request_could_repeat_is_made_valid(model: ChatModel, model_server: OpenAIServer) -> None:
    calls = [
        delta(index=0, id="same", function={"name": "a.b<|x|>", "arguments": "{}"}),
        delta(index=1, id="same", function={"name": "get_s3_usage", "arguments": "{}"}),
        delta(index=2, id="x" * 300, function={"name": "get_s3_usage", "arguments": "{}"}),
    ]
    model_server.replies.append(stream(chunk({"content": "half \ud800 pair"}), *calls))
    completion = await complete(model)
    assert completion.text == "half \ufffd pair"
    assert calls_of(completion) == [("a_b__x__", "{}"), ("get_s3_usage", "{}"), ("get_s3_usage", "{}")]
    ids = [one.id for one in completion.calls]
    assert len(set(ids)) == 3
    assert max(map(len, ids)) <= 40


async def test_arguments_that_are_no_object_are_wrapped_when_sent_again(
    model: ChatModel, model_server: OpenAIServer
) -> None:
    async def ignore(_: str) -> None: ...

    broken = {"id": "c1", "type": "function", "function": {"name": "get_s3_usage", "arguments": '{"a": '}}
    messages = [{"role": "assistant", "content": None, "tool_calls": [broken]}]
    model_server.replies.append(say("Sorry"))
    await model.complete([*ASKED, *messages, {"role": "tool", "tool_call_id": "c1", "content": "no"}], TOOLS, ignore)
    (sent,) = model_server.messages()[1]["tool_calls"]
    assert json.loads(sent["function"]["arguments"]) == {"not_a_json_object": '{"a": '}


async def test_a_model_that_never_stops_is_cut_off(model: ChatModel, model_server: OpenAIServer) -> None:
    model_server.replies.append(stream(*[chunk({"content": "blah " * 20_000})] * 50))
    completion = await complete(model)
    assert completion.finish_reason == "length"
    assert len(completion.text) < 600_000


def test_an_empty_base_url_means_openai(monkeypatch: pytest.MonkeyPatch, settings: GatewaySettings) -> None:
    """As in a compose file that passes the variable through."""
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    given = settings.model_dump(exclude={"openai_base_url"})
    fresh = GatewaySettings(**given)
    model = ChatModel(base_url=fresh.openai_base_url, api_key="k", model="gpt-4-turbo", timeout=1)
    assert str(model._client.base_url) == "https://api.openai.com/v1/"
