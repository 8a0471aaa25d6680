"""A Bedrock that answers from a script, and the context of a tool that asks it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from services.bedrock_advisor import converse
from services.bedrock_advisor.context import AdvisorContext
from services.bedrock_advisor.settings import AdvisorSettings
from shared.aws.clients import Aws, ClientCache
from shared.messages import SessionInfo
from shared.sessions.credentials import AgentSession, Credentials

ACCOUNT = "111111111111"


class FakeBedrock:
    """Answers `converse` with the next entry of a script; an exception in it is raised."""

    def __init__(self, *script: dict[str, Any] | Exception) -> None:
        self.script = list(script)
        self.requests: list[dict[str, Any]] = []

    def converse(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class FakeClients(ClientCache):
    def __init__(self, bedrock: FakeBedrock) -> None:
        super().__init__()
        self.bedrock = bedrock
        self.asked: list[tuple[str, str]] = []

    def client(self, credentials: Credentials, service: str, region: str, check: object = None) -> Any:
        self.asked.append((service, region))
        return self.bedrock


def agent_session() -> AgentSession:
    info = SessionInfo(
        session_id="s-1",
        account=ACCOUNT,
        caller_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/dev/me",
        region="eu-central-1",
        regions=("eu-central-1",),
        expires_at=time.time() + 3600,
    )
    return AgentSession(info=info, credentials=Credentials(access_key_id="AKIAEXAMPLE", secret_access_key="example"))


def called(tool: str, answer: Any, stop_reason: str = "tool_use") -> dict[str, Any]:
    """A Converse response in which Claude calls `tool`."""
    content = [{"toolUse": {"toolUseId": "use-1", "name": tool, "input": answer}}]
    return {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": stop_reason}


def said(text: str, stop_reason: str = "end_turn") -> dict[str, Any]:
    """A Converse response with words only."""
    return {"output": {"message": {"role": "assistant", "content": [{"text": text}]}}, "stopReason": stop_reason}


def refusal(code: str, status: int = 400, message: str = "no") -> ClientError:
    """An error of Bedrock's."""
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "Converse",
    )


MakeContext = Callable[..., AdvisorContext]


@pytest.fixture
def context_with() -> Iterator[MakeContext]:
    """Make a context whose Bedrock follows a script: `context_with(answer, error, seconds=60, **settings)`."""
    converse._REFUSED.clear()

    def make(*script: dict[str, Any] | Exception, seconds: float = 60, **settings: Any) -> AdvisorContext:
        aws = Aws(agent_session(), time.time() + seconds, cache=FakeClients(FakeBedrock(*script)))
        return AdvisorContext(aws=aws, settings=AdvisorSettings(**settings))

    yield make
    converse._REFUSED.clear()


def requests(context: AdvisorContext) -> list[dict[str, Any]]:
    """What the context's Bedrock was asked."""
    assert isinstance(context.aws.cache, FakeClients)
    return context.aws.cache.bedrock.requests
