"""Calls that a server or a small model bent are read as they are meant, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.openai_server import OpenAIServer, Reply, call, chunk, plain, stream
from tests.unit.orchestrator.llm.conftest import OFFERED, Complete, calls_of

EU, US = '{"regions": ["eu-west-1"]}', '{"regions": ["us-east-1"]}'
ROLE = '{"role_name": "app"}'

ARGUMENTS: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
    "nothing": ("get_s3_usage", "", [("get_s3_usage", "{}")]),
    "null": ("get_s3_usage", "null", [("get_s3_usage", "{}")]),
    "JSON in JSON": ("describe_iam_role", json.dumps(ROLE), [("describe_iam_role", ROLE)]),
    "JSON in JSON in JSON": ("describe_iam_role", json.dumps(json.dumps(ROLE)), [("describe_iam_role", ROLE)]),
    "a list of JSON in a string": (
        "list_ec2_instances",
        '{"regions": "[\\"eu-west-1\\"]"}',
        [("list_ec2_instances", EU)],
    ),
    "one item for a list": ("list_ec2_instances", '{"regions": "eu-west-1"}', [("list_ec2_instances", EU)]),
    "a fence": ("describe_iam_role", f"```json\n{ROLE}\n```", [("describe_iam_role", ROLE)]),
    "a trailing comma": ("describe_iam_role", '{"role_name": "app",}', [("describe_iam_role", ROLE)]),
    "Python's quotes": ("describe_iam_role", "{'role_name': 'app'}", [("describe_iam_role", ROLE)]),
    "Python's None": (
        "count_s3_objects",
        '{"bucket_name": "logs", "prefix": None}',
        [("count_s3_objects", '{"bucket_name": "logs"}')],
    ),
    "bare keys": ("describe_iam_role", '{role_name: "app"}', [("describe_iam_role", ROLE)]),
    "one bracket too many": ("describe_iam_role", ROLE + "}", [("describe_iam_role", ROLE)]),
    "a token of the template": ("describe_iam_role", ROLE + "<|im_end|>", [("describe_iam_role", ROLE)]),
    "a placeholder first": ("list_ec2_instances", "{}" + EU, [("list_ec2_instances", EU)]),
    "the same twice": ("describe_iam_role", ROLE + ROLE, [("describe_iam_role", ROLE)]),
    "ever more of it": (
        "count_s3_objects",
        '{"bucket_name": "b1x"}{"bucket_name": "b1x", "prefix": "2026"}',
        [("count_s3_objects", '{"bucket_name": "b1x", "prefix": "2026"}')],
    ),
    "two calls of the function": (
        "list_ec2_instances",
        EU + US,
        [("list_ec2_instances", EU), ("list_ec2_instances", US)],
    ),
    "two calls in a list": (
        "describe_iam_role",
        '[{"role_name": "a"}, {"role_name": "b"}]',
        [("describe_iam_role", '{"role_name": "a"}'), ("describe_iam_role", '{"role_name": "b"}')],
    ),
    "a call of another read": (
        "get_s3_usage",
        "{}" + ROLE,
        [("get_s3_usage", "{}"), ("describe_iam_role", ROLE)],
    ),
    "one call in two halves": (
        "create_s3_bucket",
        '{"bucket_name": "docs"}{"region": "eu-west-1"}',
        [("create_s3_bucket", '{"bucket_name": "docs", "region": "eu-west-1"}')],
    ),
    "the call around its arguments": (
        "describe_iam_role",
        '{"name": "describe_iam_role", "arguments": {"role_name": "app"}}',
        [("describe_iam_role", ROLE)],
    ),
    "parameters around the arguments": (
        "describe_iam_role",
        '{"parameters": "{\\"role_name\\": \\"app\\"}"}',
        [("describe_iam_role", ROLE)],
    ),
    "another way of writing an argument's name": (
        "describe_iam_role",
        '{"roleName": "app"}',
        [("describe_iam_role", ROLE)],
    ),
    "null for what cannot be null": ("get_cost_summary", '{"period": null}', [("get_cost_summary", "{}")]),
    "a policy as an object": (
        "propose_plan",
        '{"goal": "g", "steps": "[{\\"id\\": \\"a\\", \\"operation\\": \\"f\\", \\"arguments\\": \\"{}\\"}]"}',
        [("propose_plan", '{"goal": "g", "steps": [{"id": "a", "operation": "f", "arguments": {}}]}')],
    ),
}


@pytest.mark.parametrize("odd", ARGUMENTS)
def test_odd_arguments_are_read_by_the_functions_schema(odd: str) -> None:
    name, text, meant = ARGUMENTS[odd]
    assert OFFERED.read(name, text) == meant


@pytest.mark.parametrize(
    "text",
    [
        '{"role_name": "app"',  # cut off: completing it would be a guess
        '{"role_name": "ap',
        '{"role_name": "app"} and so on',
        '[1, {"role_name": "app"}]',
        '{"a": 1}{"b": 2}',
        '"app"',
        "[" * 5000,
        '{"role_name": "' + "x" * 70_000,
    ],
)
def test_arguments_without_one_meaning_stay_as_they_are(text: str) -> None:
    assert OFFERED.read("describe_iam_role", text) == [("describe_iam_role", text)]


def test_arguments_that_fit_only_a_change_are_never_given_to_it() -> None:
    text = '{}{"bucket_name": "docs", "region": "eu-west-1"}'
    assert OFFERED.read("get_s3_usage", text) == [("get_s3_usage", text)]


@pytest.mark.parametrize(
    "name",
    [
        "functions.get_s3_usage",
        "get-s3-usage",
        "Get_S3_Usage",
        " get_s3_usage\n",
        "getS3Usage",
        "get s3 usage",
        "functions.get_s3_usage:0",
        "tools/get_s3_usage",
        "default_api.get_s3_usage",
        "get_s3_usage<|channel|>commentary",
        "get_s3_usage()",
    ],
)
def test_an_odd_name_is_the_function_it_means(name: str) -> None:
    assert OFFERED.read(name, "{}") == [("get_s3_usage", "{}")]


def test_a_name_that_is_of_no_function_stays_unknown() -> None:
    assert OFFERED.resolve("delete_everything") is None
    assert OFFERED.resolve("s3_usage") is None


def test_names_run_together_are_several_calls() -> None:
    assert OFFERED.read("get_s3_usagelist_iam_roles", "{}{}") == [("get_s3_usage", "{}"), ("list_iam_roles", "{}")]
    assert OFFERED.read("get_s3_usagelist_iam_roles", "") == [("get_s3_usage", "{}"), ("list_iam_roles", "{}")]


def delta(**call_delta: Any) -> dict[str, Any]:
    return chunk({"tool_calls": [call_delta]})


def function(name: str | None = None, arguments: Any = None) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


STREAMS: dict[str, tuple[Reply, list[tuple[str, str]]]] = {
    "the old function_call": (
        stream(
            chunk({"function_call": {"name": "describe_iam_role", "arguments": ""}}),
            chunk({"function_call": {"arguments": '{"role_name"'}}),
            chunk({"function_call": {"arguments": ': "app"}'}}),
            chunk({}, "function_call"),
        ),
        [("describe_iam_role", ROLE)],
    ),
    "another id in every piece": (
        stream(
            delta(index=0, id="a1", function=function("describe_iam_role", '{"role_name"')),
            delta(index=0, id="a2", function=function(None, ': "app"}')),
            chunk({}, "tool_calls"),
        ),
        [("describe_iam_role", ROLE)],
    ),
    "pieces without id and index": (
        stream(
            delta(id="a", function=function("describe_iam_role", '{"role_name"')),
            delta(function=function(None, ': "app"}')),
            delta(id="b", function=function("get_s3_usage", "")),
            chunk({}, "stop"),
        ),
        [("describe_iam_role", ROLE), ("get_s3_usage", "{}")],
    ),
    "the name in pieces": (
        stream(
            delta(index=0, id="a", function=function("describe_iam", "")),
            delta(index=0, function=function("_role", "")),
            delta(index=0, function=function(None, ROLE)),
            chunk({}, "tool_calls"),
        ),
        [("describe_iam_role", ROLE)],
    ),
    "the name in every piece, without ids": (
        stream(
            delta(index=0, function=function("describe_iam_role", '{"role_name"')),
            delta(index=0, function=function("describe_iam_role", ': "app"}')),
            chunk({}, "tool_calls"),
        ),
        [("describe_iam_role", ROLE)],
    ),
    "two calls on one index": (
        stream(
            delta(index=0, id="a", function=function("list_ec2_instances", EU)),
            delta(index=0, function=function(None, US)),
            chunk({}, "tool_calls"),
        ),
        [("list_ec2_instances", EU), ("list_ec2_instances", US)],
    ),
    "nulls everywhere": (
        stream(
            chunk({}) | {"choices": None},
            chunk({}) | {"choices": []},
            chunk({}) | {"choices": [{"index": 0, "delta": None, "finish_reason": None}]},
            chunk({"role": "assistant", "content": None, "tool_calls": [None]}),
            chunk({"tool_calls": [{"index": None, "id": None, "type": None, "function": function("get_s3_usage")}]}),
            chunk({"content": None, "tool_calls": None}, "tool_calls"),
            chunk({}) | {"choices": [], "usage": None},
        ),
        [("get_s3_usage", "{}")],
    ),
    "no function object": (
        stream(delta(index=0, id="a", name="describe_iam_role", arguments={"role_name": "app"}), chunk({}, "stop")),
        [("describe_iam_role", ROLE)],
    ),
    "one call that is not in a list": (
        stream(chunk({"tool_calls": {"id": 7, "function": function("get_s3_usage", {})}}), chunk({}, "stop")),
        [("get_s3_usage", "{}")],
    ),
    "a whole message at the end again": (
        stream(
            delta(index=0, id="a", function=function("get_s3_usage", "{}")),
            chunk({}) | {"choices": [{"delta": {}, "message": {"tool_calls": [{"id": "a"}]}, "finish_reason": "stop"}]},
        ),
        [("get_s3_usage", "{}")],
    ),
    "plain JSON with function_call and null content": (
        plain(
            {
                "choices": [
                    {
                        "finish_reason": "stop",
                        "message": {"content": None, "function_call": {"name": "get_s3_usage", "arguments": "{}"}},
                    }
                ]
            }
        ),
        [("get_s3_usage", "{}")],
    ),
}


@pytest.mark.parametrize("odd", STREAMS)
async def test_an_odd_stream_has_the_calls_that_were_meant(
    odd: str, complete: Complete, model_server: OpenAIServer
) -> None:
    reply, meant = STREAMS[odd]
    model_server.replies.append(reply)
    completion = await complete()
    assert calls_of(completion) == meant
    ids = [one.id for one in completion.calls]
    assert all(ids)
    assert len(set(ids)) == len(ids)


async def test_calls_made_of_one_have_ids_of_their_own(complete: Complete, model_server: OpenAIServer) -> None:
    model_server.replies.append(call(("list_ec2_instances", EU + US, "given")))
    first, second = (await complete()).calls
    assert first.id == "given"
    assert second.id not in ("", "given")


async def test_arguments_that_are_sent_again_with_every_piece_are_taken_once(
    complete: Complete, model_server: OpenAIServer
) -> None:
    pieces = ['{"role', '{"role_name": "a', '{"role_name": "app"}']
    model_server.replies.append(
        stream(
            delta(index=0, id="a", function=function("describe_iam_role", "")),
            *[delta(index=0, function=function(None, piece)) for piece in pieces],
            chunk({}, "tool_calls"),
        )
    )
    assert calls_of(await complete()) == [("describe_iam_role", ROLE)]
