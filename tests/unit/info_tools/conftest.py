"""An in-process AWS (moto) for the informational tools, whose calls a test can count, script and let fail."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore import loaders
from botocore import session as botocore_session
from botocore.exceptions import ClientError
from moto import mock_aws

from shared.aws.bound_clients import CheckCall
from shared.aws.clients import Aws, ClientCache
from shared.messages import SessionInfo
from shared.sessions.credentials import AgentSession, Credentials

REGIONS = ("us-east-1", "eu-west-1", "eu-central-1")
CREDENTIALS = Credentials(access_key_id="AKIAEXAMPLE", secret_access_key="secret")


@dataclass(frozen=True, slots=True)
class Call:
    operation: str
    region: str
    path: str
    # Of a service that speaks JSON, what was sent.
    body: dict[str, Any] = field(default_factory=dict)


Script = Callable[[Call], dict[str, Any] | None]


@dataclass
class ScriptedClients(ClientCache):
    """Real clients, but a call may be answered by `script`, and pages hold `page_size` items."""

    script: Script | None = None
    page_size: int | None = None
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def client(self, credentials: Credentials, service: str, region: str, check: CheckCall | None = None) -> Any:
        client = super().client(credentials, service, region, check)
        client.meta.events.register("before-call", self._before_call, unique_id="scripted")
        client.meta.events.register("provide-client-params", self._small_pages, unique_id="small-pages")
        return client

    def _before_call(self, *, model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> Any:
        path = urlsplit(params["url"]).path
        call = Call(model.name, context["client_region"], path, _sent(params.get("body")))
        self.calls.append(call)
        answer = self.script(call) if self.script else None
        return None if answer is None else (SimpleNamespace(status_code=200, raw=None), answer)

    def _small_pages(self, *, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any] | None:
        members = model.input_shape.members if model.input_shape else {}
        sizes = [name for name in ("MaxKeys", "MaxResults", "MaxItems") if name in members]
        return params | dict.fromkeys(sizes, self.page_size) if self.page_size else None


def _sent(body: Any) -> dict[str, Any]:
    try:
        sent = json.loads(body) if isinstance(body, str | bytes) else {}
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def client_error(code: str, operation: str = "Operation", status: int = 403) -> ClientError:
    response = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


@pytest.fixture
def failing() -> Callable[..., Script]:
    """failing("AccessDenied", "DescribeInstances", region=…): a script in which that call fails."""

    def make(code: str, operation: str, *, region: str | None = None, path: str = "") -> Script:
        def script(call: Call) -> None:
            if call.operation == operation and region in (None, call.region) and path in call.path:
                raise client_error(code, operation)

        return script

    return make


@pytest.fixture(scope="session", autouse=True)
def one_loader() -> Iterator[None]:
    """Parse botocore's service models once for all tests instead of once for every boto3 session."""
    with pytest.MonkeyPatch.context() as patch:
        loader = loaders.create_loader()
        patch.setattr(botocore_session, "create_loader", lambda *_: loader)
        yield


@pytest.fixture
def moto_aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def make_aws(moto_aws: None) -> Callable[..., Aws]:
    """make_aws(script=…, page_size=…, seconds=…): a call's way to the in-process AWS."""

    def make(
        *,
        script: Script | None = None,
        page_size: int | None = None,
        seconds: float = 60,
        regions: tuple[str, ...] = REGIONS,
    ) -> Aws:
        info = SessionInfo(
            session_id="s-1",
            account="123456789012",
            caller_arn="arn:aws:iam::123456789012:user/test",
            region=REGIONS[0],
            regions=regions,
            expires_at=time.time() + 3600,
        )
        session = AgentSession(info=info, credentials=CREDENTIALS)
        return Aws(session, time.time() + seconds, cache=ScriptedClients(script=script, page_size=page_size))

    return make
