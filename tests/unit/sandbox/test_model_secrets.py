"""The sandbox's model proposes a read for the person where somebody asks for a secret's value, and never has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply

PLAN_SCHEMA: Any = {
    "type": "object",
    "properties": {"goal": {"type": "string"}, "steps": {"type": "array", "items": {"type": "object"}}},
}
READ_SCHEMA: Any = {"type": "object", "properties": {"service": {"type": "string"}, "operation": {"type": "string"}}}
OFFER = Offer({"propose_plan": PLAN_SCHEMA, "read_aws": READ_SCHEMA, "list_s3_buckets": {}})
SYSTEM = {"role": "system", "content": "Account: 123456789012\nRegion: us-east-1"}


def called(name: str, arguments: Any, body: Any, id: str = "c1") -> list[dict[str, Any]]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return [
        {"role": "assistant", "tool_calls": [{"id": id, "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": id, "content": json.dumps(body)},
    ]


LISTED = called(
    "read_aws",
    {"service": "secretsmanager", "operation": "ListSecrets"},
    {"status": "ok", "result": {"rows": [{"Name": "orders-db", "_region": "eu-west-1"}], "row_count": 1}},
)


@pytest.mark.parametrize(
    "said",
    [
        "Show me the value of the secret orders-db in eu-west-1",
        "What is the value of the secret orders-db in eu-west-1?",
        "reveal the secret orders-db in eu-west-1",
        "please show me my secret orders-db in eu-west-1",
    ],
)
def test_it_proposes_one_step_with_the_secret_by_its_name(said: str) -> None:
    [call] = next_reply([SYSTEM, {"role": "user", "content": said}], OFFER).calls
    assert call.name == "propose_plan"
    [step] = call.arguments["steps"]
    assert step["operation"] == "read_sensitive"
    assert step["arguments"] == {
        "service": "secretsmanager",
        "operation": "GetSecretValue",
        "parameters": {"SecretId": "orders-db"},
        "region": "eu-west-1",
    }


def test_without_a_region_it_looks_first_where_the_secret_is() -> None:
    asked = [SYSTEM, {"role": "user", "content": "Show me the value of the secret orders-db"}]
    [look] = next_reply(asked, OFFER).calls
    assert (look.name, look.arguments["operation"]) == ("read_aws", "ListSecrets")
    [call] = next_reply([*asked, *LISTED], OFFER).calls
    assert call.arguments["steps"][0]["arguments"]["region"] == "eu-west-1"
    none = [SYSTEM, {"role": "user", "content": "Show me the value of the secret nobody-has"}, *LISTED]
    assert "no secret nobody-has" in next_reply(none, OFFER).text


def closing(body: dict[str, Any]) -> str:
    step = {
        "id": "value", "operation": "read_sensitive", "status": "done", "arguments": {}, "value": "/v1/plans/pln_1/x",
        "result": {"service": "secretsmanager", "operation": "GetSecretValue", "readable_until": "soon"},
    }  # fmt: skip
    plan = {"plan_id": "pln_1", "status": "done", "goal": "Show it", "steps": [step]}
    ended = called("propose_plan", {"goal": "g", "steps": []}, {"plan": plan} | body, "c2")
    said = {"role": "user", "content": "Show me the value of the secret orders-db in eu-west-1"}
    return next_reply([SYSTEM, said, *ended], OFFER).text


def test_once_it_was_read_it_says_where_the_person_sees_it_and_tells_it_where_it_may() -> None:
    assert "/v1/plans/pln_1/x" in closing({})
    assert "4711" not in closing({})
    assert "4711" in closing({"values": {"value": {"value": {"SecretString": "4711"}, "cut": False}}})


@pytest.mark.parametrize(
    "said", ["Which secrets do I have?", "Which secrets were not changed for a year?", "List my secrets"]
)
def test_a_question_about_secrets_proposes_nothing(said: str) -> None:
    reply = next_reply([SYSTEM, {"role": "user", "content": said}], OFFER)
    assert "propose_plan" not in [call.name for call in reply.calls]
