"""The catalogue over REST, and tools called without a model."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from shared.errors import DeadlineExceeded
from shared.messages import Gap


async def test_the_catalogue_has_every_agents_tools_but_nothing_internal(signed_in: Any) -> None:
    client, _ = signed_in

    tools = {tool["function"]["name"]: tool for tool in (await client.get("/v1/tools")).json()["tools"]}

    assert tools["get_s3_usage"]["agent"] == "info"
    assert tools["get_s3_usage"]["type"] == "function"
    assert tools["get_s3_usage"]["effect"] == "read"
    assert "parameters" in tools["get_s3_usage"]["function"]
    assert tools["propose_plan"]["agent"] == "executor"
    assert not {"prepare_plan", "run_plan"} & set(tools)


async def test_a_tools_answer_is_a_step(signed_in: Any, dispatcher: Any) -> None:
    client, session = signed_in
    gap = Gap(code="aws_access_denied", detail="no", region="eu-west-1")
    dispatcher.ok("info", "get_s3_usage", {"total_bytes": 5}, region="eu-central-1", complete=False, gaps=(gap,))

    answer = await client.post("/v1/tools/get_s3_usage", json={"bucket_names": ["a"]})

    assert answer.status_code == 200
    assert answer.json() == {
        "agent": "info",
        "tool": "get_s3_usage",
        "arguments": {"bucket_names": ["a"]},
        "status": "ok",
        "result": {"total_bytes": 5},
        "region": "eu-central-1",
        "started_at": "1970-01-01T00:00:01.500Z",
        "duration_ms": 7,
        "complete": False,
        "gaps": [{"code": "aws_access_denied", "detail": "no", "region": "eu-west-1"}],
    }
    assert dispatcher.calls[0].session_id == session.session_id


async def test_a_tool_without_arguments_needs_no_body(signed_in: Any, dispatcher: Any) -> None:
    client, _ = signed_in
    dispatcher.ok("info", "get_s3_usage", {})

    assert (await client.post("/v1/tools/get_s3_usage")).status_code == 200
    assert dispatcher.calls[0].arguments == {}


@pytest.mark.parametrize(
    "body", ["[1]", '"text"', "5", '{"a": NaN}', '{"a": "\\ud800"}', '{"a":' * 70 + "1" + "}" * 70]
)
async def test_arguments_that_are_no_json_object_never_reach_a_worker(
    signed_in: Any, dispatcher: Any, body: str
) -> None:
    client, _ = signed_in

    answer = await client.post("/v1/tools/get_s3_usage", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert not dispatcher.calls


async def test_an_unknown_tool_is_404(signed_in: Any) -> None:
    client, _ = signed_in

    for name in ("make_coffee", "prepare_plan", "run_plan"):
        answer = await client.post(f"/v1/tools/{name}", json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_tool")


async def test_a_change_is_not_called_but_sent_to_the_plans(signed_in: Any, dispatcher: Any) -> None:
    client, _ = signed_in

    answer = await client.post("/v1/tools/propose_plan", json={})

    assert (answer.status_code, answer.json()["code"]) == (409, "needs_approval")
    assert "POST /v1/plans" in answer.json()["detail"]
    assert not dispatcher.calls


@pytest.mark.parametrize(("code", "status"), [("invalid_arguments", 422), ("aws_access_denied", 403)])
async def test_a_tools_failure_is_a_problem_with_its_code(
    signed_in: Any, dispatcher: Any, code: str, status: int
) -> None:
    client, _ = signed_in
    dispatcher.fail("info", "get_s3_usage", code, "because")

    answer = await client.post("/v1/tools/get_s3_usage", json={})

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["detail"] == "because"
    assert answer.json()["tool"] == "get_s3_usage"


async def test_a_worker_that_does_not_answer_is_504(signed_in: Any, dispatcher: Any) -> None:
    client, _ = signed_in
    dispatcher.replies["get_s3_usage"] = DeadlineExceeded("the info agent did not answer")

    answer = await client.post("/v1/tools/get_s3_usage", json={})

    assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")


async def test_without_a_session_there_are_no_tools(client: httpx.AsyncClient, dispatcher: Any) -> None:
    assert (await client.get("/v1/tools")).status_code == 401
    assert (await client.post("/v1/tools/get_s3_usage", json={})).status_code == 401
    assert not dispatcher.calls
