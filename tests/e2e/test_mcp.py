"""The MCP SDK's client of each revision, and programs that lie, against the gateway's `/mcp`."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters, types
from mcp.client.streamable_http import streamable_http_client

from tests.e2e.client import User
from tests.e2e.conftest import Running

ROOT = Path(__file__).parents[2]
Mode = Literal["legacy", "2026-07-28"]
BOTH = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
NAMED = {"bucket_name": "acme-by-mcp", "region": "us-east-1"}
A_BUCKET: dict[str, Any] = {"operation": "create_s3_bucket", "arguments": NAMED, "id": "b"}


@pytest.fixture(scope="module")
def person(stack: Running) -> User:
    return User(stack.facts)


@asynccontextmanager
async def connected(person: User, mode: Mode, **more: Any) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {person.session['token']}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as http:
        transport = streamable_http_client(f"{person.facts['gateway']}/mcp", http_client=http)
        async with Client(transport, mode=mode, **more) as client:
            yield client


def said(result: types.CallToolResult) -> dict[str, Any]:
    """The structured content, which the text repeats."""
    assert isinstance(result.content[0], types.TextContent)
    body: dict[str, Any] = result.structured_content
    assert json.loads(result.content[0].text) == body
    return body


def refused(result: types.CallToolResult) -> str:
    """The code of a failure. Clients check structured content against the output schema also then: there is none."""
    assert result.is_error
    assert result.structured_content is None
    assert isinstance(result.content[0], types.TextContent)
    return result.content[0].text.partition(": ")[0]


@BOTH
async def test_tools_read_with_annotations_and_structured_content(person: User, mode: Mode) -> None:
    async with connected(person, mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {"get_s3_usage", "read_aws", "validate_policy", "propose_plan", "plan_status"} <= tools.keys()
        assert not {"create_s3_bucket", "approve", "approve_plan", "run_plan", "prepare_plan"} & tools.keys()
        assert all(tool.output_schema for tool in tools.values())
        reads = tools["list_s3_buckets"].annotations
        assert reads is not None
        assert reads.read_only_hint
        # The client checks the answer against the tool's output schema.
        body = said(await client.call_tool("list_s3_buckets", {}))
        assert body["complete"] is True
        assert "acme-backups" in [bucket["bucket_name"] for bucket in body["result"]["buckets"]]


@BOTH
async def test_a_wrong_call_is_an_answer_that_a_model_can_mend(person: User, mode: Mode) -> None:
    async with connected(person, mode) as client:
        wrong = await client.call_tool("describe_iam_role", {"rolename": "x"})
        assert refused(wrong) == "invalid_arguments"
        missing = await client.call_tool("plan_status", {"plan_id": "pln_ffffffffffffffffffffffff"})
        assert refused(missing) == "plan_not_found"
        with pytest.raises(MCPError, match="no tool"):
            await client.call_tool("create_s3_bucket", {"bucket_name": "acme-direct", "region": "us-east-1"})
        with pytest.raises(MCPError, match="no tool"):
            await client.call_tool("run_plan", {})


@BOTH
async def test_a_change_is_a_programs_plan_which_a_person_decides(person: User, mode: Mode) -> None:
    name = f"acme-by-mcp-{mode[:4].lower()}"
    step = {**A_BUCKET, "arguments": {**NAMED, "bucket_name": name}}
    async with connected(person, mode) as client:
        proposed = said(await client.call_tool("propose_plan", {"goal": "A bucket", "steps": [step]}))
        assert proposed["status"] == "proposed"
        assert proposed["page"] == f"{person.facts['gateway']}/plans/{proposed['plan_id']}"
        plan = person.ok(person.http.get(f"/v1/plans/{proposed['plan_id']}"))
        assert plan["proposed_by"] == "program"
        assert "bucket_name (untrusted)" in plan["summary"]
        # There is no way to decide here, whatever a client sends along.
        lying = {"plan_id": proposed["plan_id"], "approved": True}
        assert (await client.call_tool("plan_status", lying)).is_error
        assert said(await client.call_tool("plan_status", {"plan_id": proposed["plan_id"]}))["status"] == "proposed"
        assert person.carry_out(plan)["status"] == "done"
        assert said(await client.call_tool("plan_status", {"plan_id": proposed["plan_id"]}))["status"] == "done"
        undo = said(await client.call_tool("propose_undo", {"plan_id": proposed["plan_id"]}))
        undone = person.ok(person.http.get(f"/v1/plans/{undo['plan_id']}"))
        assert (undone["proposed_by"], undone["undoes"]) == ("program", plan["plan_id"])
        assert person.carry_out(undone)["status"] == "done"


async def test_the_person_is_asked_to_open_the_page_and_what_the_client_answers_decides_nothing(person: User) -> None:
    asked: list[types.ElicitRequestParams] = []

    async def accept(_: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        asked.append(params)
        return types.ElicitResult(action="accept", content={"approved": True} if params.mode == "form" else None)

    async with connected(person, "2026-07-28", elicitation_callback=accept) as client:
        step = {**A_BUCKET, "arguments": {**NAMED, "bucket_name": "acme-by-elicitation"}}
        proposed = said(await client.call_tool("propose_plan", {"goal": "A bucket", "steps": [step]}))
        after = said(await client.call_tool("open_plan_page", {"plan_id": proposed["plan_id"]}))
    (one,) = asked
    assert isinstance(one, types.ElicitRequestURLParams)
    assert one.url == proposed["page"]
    assert after["status"] == "proposed"
    assert person.ok(person.http.get(f"/v1/plans/{proposed['plan_id']}"))["status"] == "proposed"


async def test_a_client_that_cannot_open_addresses_gets_the_address(person: User) -> None:
    async with connected(person, "legacy") as client:
        proposed = said(await client.call_tool("propose_plan", {"goal": "A bucket", "steps": [A_BUCKET]}))
        opened = said(await client.call_tool("open_plan_page", {"plan_id": proposed["plan_id"]}))
        assert opened["page"] == proposed["page"]


@BOTH
async def test_resources_and_prompts(person: User, mode: Mode) -> None:
    async with connected(person, mode) as client:
        resources = {str(one.uri) for one in (await client.list_resources()).resources}
        assert "aws-assistant://audit" in resources
        (audit,) = (await client.read_resource("aws-assistant://audit")).contents
        assert isinstance(audit, types.TextResourceContents)
        assert json.loads(audit.text)["head"]["session_id"] == person.session["session_id"]
        templates = [one.name for one in (await client.list_resource_templates()).resource_templates]
        assert templates == ["plan", "result"]
        with pytest.raises(MCPError):
            await client.read_resource("aws-assistant://plans/pln_ffffffffffffffffffffffff")
        with pytest.raises(MCPError):
            await client.read_resource("file:///etc/passwd")
        prompts = {one.name for one in (await client.list_prompts()).prompts}
        assert {"overview", "change"} <= prompts
        change = await client.get_prompt("change", {"wish": "a bucket {x}"})
        assert "a bucket {x}" in change.messages[0].content.text  # type: ignore[union-attr]
        with pytest.raises(MCPError):
            await client.get_prompt("change", {})


def test_another_persons_session_and_none_at_all(person: User) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream"}
    refused = person.http.post("/mcp", json=body, headers={**headers, "Authorization": "Bearer unknown"})
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    challenge = refused.headers["WWW-Authenticate"]
    metadata = person.http.get("/.well-known/oauth-protected-resource").json()
    assert f'resource_metadata="{person.facts["gateway"]}/.well-known/oauth-protected-resource"' in challenge
    assert metadata["resource"] == f"{person.facts['gateway']}/mcp"
    assert person.http.get("/mcp").status_code == 405
    assert person.http.delete("/mcp").status_code == 405
    malformed = person.http.post("/mcp", content=b"{", headers={**headers, "Content-Type": "application/json"})
    assert malformed.status_code == 400


async def test_a_secret_in_a_call_is_kept_out(person: User) -> None:
    secret = "q7Xn2vLwR4tYb8ZcKd1fGh6JmPs0uAeI3oNtQxVr"
    policy = json.dumps({"note": f"AKIAQ3EGTZ5XM7W2LHP4 {secret}"})
    async with connected(person, "2026-07-28") as client:
        result = await client.call_tool("validate_policy", {"policy_json": policy, "kind": "identity"})
    assert refused(result) == "secret_in_message"


@BOTH
async def test_the_bridge_over_standard_input_opens_a_session_and_ends_it(stack: Running, mode: Mode) -> None:
    directory = str(stack.file.parent)
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "cli", "mcp", "--sandbox", "--directory", directory, "--read-only"],
        env={"PYTHONPATH": str(ROOT), "ASSISTANT_HOME": str(stack.file.parent / "bridge"), "ASSISTANT_KEYRING": "no"},
    )
    async with Client(program, mode=mode) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert "list_s3_buckets" in tools
        assert "propose_plan" not in tools
        body = said(await client.call_tool("get_caller_identity", {}))
        assert body["result"]["account"] == "111122223333"
