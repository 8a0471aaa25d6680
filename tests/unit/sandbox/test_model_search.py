"""Where no function is meant, the sandbox's model searches AWS's operations and reads with the one it finds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply
from services.orchestrator.turns.context.prompt import tool_output
from services.orchestrator.turns.functions.offered import offered

SYSTEM = {
    "role": "system",
    "content": "Account: 123456789012\nCaller: arn:aws:iam::123456789012:user/ada\nRegion: us-east-1",
}
_OFFERED = [entry.openai()["function"] for entry in offered().values()]
OFFER = Offer(
    {one["name"]: one["parameters"] for one in _OFFERED}, {one["name"]: one["description"] for one in _OFFERED}
)
QUESTION = "Which placement groups are there in eu-west-1?"
FOUND = {
    "service": "ec2",
    "operation": "DescribePlacementGroups",
    "purpose": "Describes placement groups.",
    "call_with": "read_aws",
    "required": {},
}
ROWS = {
    "service": "ec2",
    "operation": "DescribePlacementGroups",
    "rows": [{"GroupName": "fast", "State": "available", "_region": "eu-west-1"}],
    "row_count": 1,
    "regions_searched": ["eu-west-1"],
}


def ask(*results: tuple[dict[str, Any], dict[str, Any]], question: str = QUESTION) -> Any:
    """The model's next message, after calls (function and arguments) with their results."""
    messages: list[dict[str, Any]] = [SYSTEM, {"role": "user", "content": question}]
    for number, (call, result) in enumerate(results):
        function = {"name": call["name"], "arguments": json.dumps(call["arguments"])}
        messages.append(
            {"role": "assistant", "tool_calls": [{"id": f"c{number}", "type": "function", "function": function}]}
        )
        body = {"status": "ok", "result": result, "complete": True, "gaps": []}
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": tool_output(call["name"], body)})
    return next_reply(messages, OFFER)


SEARCH = {"name": "search_aws_operations", "arguments": {"query": QUESTION, "effect": "read"}}
READ = {
    "name": "read_aws",
    "arguments": {"service": "ec2", "operation": "DescribePlacementGroups", "regions": ["eu-west-1"]},
}


def test_it_searches_then_reads_then_tells() -> None:
    [search] = ask().calls
    assert {"name": search.name, "arguments": search.arguments} == SEARCH
    [read] = ask((SEARCH, {"operations": [FOUND]})).calls
    assert {"name": read.name, "arguments": read.arguments} == READ
    reply = ask((SEARCH, {"operations": [FOUND]}), (READ, ROWS))
    assert reply.calls == ()
    assert "ec2:DescribePlacementGroups found 1 row:\n\n- fast: State available (eu-west-1)" in reply.text


def test_it_reads_with_nothing_that_needs_an_argument_or_an_approval_and_says_what_may_be_meant() -> None:
    needing = FOUND | {"operation": "GetGroup", "required": {"Id": "string"}}
    sensitive = FOUND | {"operation": "GetValue", "call_with": "a plan"}
    reply = ask((SEARCH, {"operations": [needing, sensitive]}))
    assert reply.calls == ()
    assert "ec2:GetGroup, with Id: Describes placement groups." in reply.text
    assert "ec2:GetValue; a person must approve it" in reply.text


def test_it_reads_with_nothing_that_the_search_is_not_sure_of() -> None:
    near = [{"service": "ec2", "title": "Amazon EC2", "nouns": ["instances"]}]
    reply = ask((SEARCH, {"operations": [FOUND], "nearest_services": near, "advice": "Ask again."}))
    assert reply.calls == ()
    assert reply.text.startswith("I can't do that: ")
    assert "no operation of AWS clearly is it (nearest: Amazon EC2)" in reply.text


def test_it_says_that_it_cannot_where_no_operation_is_found() -> None:
    reply = ask((SEARCH, {"operations": [], "nearest_services": [], "advice": "Ask again."}))
    assert (reply.calls, reply.text.startswith("I can't do that: ")) == ((), True)


@pytest.mark.parametrize(
    "text", ["Hello", "Thanks!", "What can you do?", "Which buckets do I have?", "Delete the database orders", "yes"]
)
def test_it_does_not_search_for_what_it_understands_or_must_not_do(text: str) -> None:
    assert "search_aws_operations" not in [call.name for call in ask(question=text).calls]
