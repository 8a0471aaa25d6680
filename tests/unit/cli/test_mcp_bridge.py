"""The bridge carries each message as it is, with the headers of the transport, and answers each request once."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from cli.errors import Unreachable
from cli.mcp.bridge import MAX_LINE_BYTES, Bridge, Message, headers_of

MODERN = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}


def carried(*lines: bytes, answer: Any = None) -> tuple[list[tuple[Message, dict[str, str]]], list[dict[str, Any]]]:
    """What the gateway gets for these lines, and what the client reads."""
    sent: list[tuple[Message, dict[str, str]]] = []
    lock = threading.Lock()

    def exchange(path: str, message: Message, headers: Mapping[str, str]) -> Message | None:
        assert path == "/mcp"
        with lock:
            sent.append((message, dict(headers)))
        if answer is not None:
            raise answer
        if "id" not in message:
            return None
        return {"jsonrpc": "2.0", "id": message["id"], "result": {"protocolVersion": "2025-11-25"}}

    out = io.BytesIO()
    Bridge(exchange, out).run(io.BytesIO(b"\n".join(lines) + b"\n"))
    return sent, [json.loads(line) for line in out.getvalue().splitlines()]


def line(method: str, number: int | None = 1, **params: Any) -> bytes:
    message = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if number is None else {"id": number})
    return json.dumps(message).encode()


def test_what_initialize_agreed_on_goes_along_with_every_later_message() -> None:
    sent, read = carried(line("initialize"), line("notifications/initialized", None), line("tools/list", 2))
    assert sent[0][0]["method"] == "initialize"
    assert "MCP-Protocol-Version" not in sent[0][1]
    assert {headers["MCP-Protocol-Version"] for _, headers in sent[1:]} == {"2025-11-25"}
    assert sorted(answer["id"] for answer in read) == [1, 2]


def test_a_message_of_2026_07_28_says_version_method_and_name_itself() -> None:
    headers = headers_of({"method": "tools/call", "params": {**MODERN, "name": "read_aws"}}, None)
    assert headers["MCP-Protocol-Version"] == "2026-07-28"
    assert (headers["Mcp-Method"], headers["Mcp-Name"]) == ("tools/call", "read_aws")
    uri = headers_of({"method": "resources/read", "params": {**MODERN, "uri": "aws-assistant://plans/ü"}}, None)
    assert uri["Mcp-Name"] == "=?base64?YXdzLWFzc2lzdGFudDovL3BsYW5zL8O8?="


@pytest.mark.parametrize("name", ["a\r\nAuthorization: Bearer x", " padded", "=?base64?eA==?="])
def test_a_name_cannot_become_another_header(name: str) -> None:
    found = headers_of({"method": "tools/call", "params": {**MODERN, "name": name}}, None)["Mcp-Name"]
    assert found.startswith("=?base64?")
    assert found != name
    assert "\n" not in found


def test_what_is_no_message_is_answered_and_does_not_end_the_bridge() -> None:
    sent, read = carried(b"{", b"[]", b"", b'"' + b"x" * MAX_LINE_BYTES + b'"', line("ping", 7))
    assert [message["method"] for message, _ in sent] == ["ping"]
    assert [answer["error"]["code"] for answer in read[:3]] == [-32700, -32600, -32600]
    assert read[-1]["id"] == 7


def test_a_gateway_that_does_not_answer_is_an_error_of_each_request_and_of_no_notification() -> None:
    failure = Unreachable("no answer", do="Start it.")
    _, read = carried(line("ping", 1), line("notifications/cancelled", None), answer=failure)
    (only,) = read
    assert only["id"] == 1
    assert only["error"]["data"] == {"code": "gateway_unreachable", "do": "Start it."}


@pytest.mark.parametrize("message", [{"params": []}, {"method": None}, {"params": {"_meta": []}}, {"method": 3}])
def test_a_malformed_message_has_headers_too(message: dict[str, Any]) -> None:
    assert headers_of(message, "2025-11-25")["MCP-Protocol-Version"] == "2025-11-25"
