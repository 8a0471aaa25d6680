"""Real boto3 over HTTP: botocore takes the requests, and the errors come through as they do from Bedrock."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from services.bedrock_advisor.clients import bedrock_clients
from services.bedrock_advisor.context import AdvisorContext
from services.bedrock_advisor.settings import AdvisorSettings
from services.bedrock_advisor.tools import explain_policy_with_claude
from shared.aws.clients import Aws
from tests.fakes.http_server import serving

from .conftest import agent_session, called

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
ANSWER = {"summary": "S3.", "statements": [], "risks": [], "recommendations": []}
Reply = tuple[int, str | None, dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    replies: list[Reply]
    seen: list[tuple[str, dict[str, Any]]]
    wait: float = 0

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append((self.path, body))
        time.sleep(self.wait)
        status, error, answer = self.replies.pop(0)
        payload = json.dumps(answer).encode()
        self.send_response(status)
        if error:
            self.send_header("x-amzn-ErrorType", error)
        self.send_header("Content-Type", "application/json")
        self.send_header("x-amzn-RequestId", "r-1")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        pass


MakeWire = Callable[..., tuple[AdvisorContext, type[Handler]]]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeWire]:
    """Start a Bedrock with scripted replies and give the context that reaches it."""
    servers = ExitStack()

    def start(*replies: Reply, wait: float = 0, patience: float = 30) -> tuple[AdvisorContext, type[Handler]]:
        handler = type("Scripted", (Handler,), {"replies": list(replies), "seen": [], "wait": wait})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.enter_context(serving(server))
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", f"http://127.0.0.1:{server.server_port}")
        aws = Aws(agent_session(), time.time() + 60, cache=bedrock_clients(patience))
        return AdvisorContext(aws=aws, settings=AdvisorSettings()), handler

    with servers:
        yield start


def ok() -> Reply:
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    return 200, None, {**called("report_policy_explanation", ANSWER), "usage": usage, "metrics": {"latencyMs": 1}}


def test_botocore_takes_the_request_and_a_repair(wire: MakeWire) -> None:
    unfit = called("report_policy_explanation", {"summary": ""})
    context, handler = wire((200, None, unfit), ok())
    assert explain_policy_with_claude(context, POLICY).reviewed
    path, body = handler.seen[1]
    assert path == "/model/global.anthropic.claude-sonnet-4-6/converse"
    assert body["toolConfig"]["toolChoice"] == {"tool": {"name": "report_policy_explanation"}}
    assert body["messages"][2]["content"][0]["toolResult"]["status"] == "error"


def test_bedrocks_own_errors_are_told_apart(wire: MakeWire) -> None:
    denied = {"message": "You don't have access to the model with the specified model ID."}
    context, handler = wire((403, "AccessDeniedException", denied))
    explained = explain_policy_with_claude(context, POLICY)
    assert "enable access to the model" in (explained.reason_not_reviewed or "")
    assert len(handler.seen) == 1


def test_a_model_error_is_retried_here_because_botocore_does_not(wire: MakeWire) -> None:
    context, handler = wire((424, "ModelErrorException", {"message": "oops"}), ok())
    assert explain_policy_with_claude(context, POLICY).reviewed
    assert len(handler.seen) == 2


def test_a_silent_bedrock_is_given_up(wire: MakeWire) -> None:
    context, _ = wire(ok(), ok(), wait=0.6, patience=0.3)
    explained = explain_policy_with_claude(context, POLICY)
    assert "did not answer in time" in (explained.reason_not_reviewed or "")
    assert explained.findings


def test_a_bedrock_that_is_not_there_is_said(wire: MakeWire, monkeypatch: pytest.MonkeyPatch) -> None:
    context, _ = wire()
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:1")
    explained = explain_policy_with_claude(context, POLICY)
    assert "could not be reached" in (explained.reason_not_reviewed or "")
    assert not explained.reviewed
