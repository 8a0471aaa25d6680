"""An event history whose events a test writes down, asked through a real CloudTrail client."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from sandbox.aws.protocol.errors import AwsError
from sandbox.aws.trail.event import Event
from sandbox.aws.trail.history import EventHistory
from shared.aws.bound_clients import CheckCall
from shared.aws.clients import ClientCache
from shared.sessions.credentials import Credentials

ACCOUNT = "123456789012"


def event(
    name: str,
    *resources: str,
    ago: timedelta = timedelta(hours=1),
    source: str = "lambda.amazonaws.com",
    region: str = "us-east-1",
    identity: dict[str, Any] | None = None,
    read_only: bool = False,
    error: str | None = None,
) -> Event:
    """A management event; its id is its name and age."""
    user = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/jane", "userName": "jane", "accountId": ACCOUNT}
    return Event(
        event_id=f"{name}-{int(ago.total_seconds())}-{region}",
        name=name,
        source=source,
        region=region,
        account=ACCOUNT,
        time=int(time.time() - ago.total_seconds()),
        read_only=read_only,
        identity=identity or user,
        username=(identity or user).get("userName", "someone"),
        access_key_id="AKIAEXAMPLE",
        address="203.0.113.7",
        agent="aws-cli/2",
        request_id="r-1",
        resources=tuple(("AWS::Resource", resource) for resource in resources),
        error=error,
    )


@dataclass
class TrailClients(ClientCache):
    """Clients of a CloudTrail that holds these events; regions in `denied` refuse."""

    history: EventHistory = field(default_factory=EventHistory)
    denied: frozenset[str] = frozenset()
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def client(self, credentials: Credentials, service: str, region: str, check: CheckCall | None = None) -> Any:
        client = super().client(credentials, service, region, check)
        client.meta.events.register("before-call", self._answer, unique_id="trail")
        return client

    def _answer(self, *, model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> Any:
        region = context["client_region"]
        if region in self.denied:
            raise _error("AccessDeniedException", model.name)
        request = json.loads(params["body"])
        self.asked.append((region, request["LookupAttributes"][0]["AttributeValue"]))
        try:
            answer = self.history.look_up(request, ACCOUNT, region, time.time())
        except AwsError as error:
            raise _error(error.code, model.name) from error
        for one in answer["Events"]:
            one["EventTime"] = datetime.fromtimestamp(one["EventTime"], UTC)
        return SimpleNamespace(status_code=200, raw=None), answer


def _error(code: str, operation: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(response, operation)
