"""The executor's tools against the sandbox's AWS over HTTP, Cloud Control among it, and a real Valkey."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from redis import Redis

from services.executor.settings import ExecutorSettings
from services.executor.tools import prepare_undo
from shared.access.guard import EXECUTOR
from shared.aws.clients import Aws, ClientCache
from shared.messages import Owner, SessionInfo
from shared.plans.plan import Plan
from shared.sessions.credentials import AgentSession, Credentials
from tests.fakes import audit_keys, broker
from tests.unit.executor.conftest import APPROVAL_KEY, Executor, FakeAdvisor, step
from tests.unit.sandbox.cloud_control.needed import needed_by_samples
from tests.unit.sandbox.conftest import Double, policy, start_double, stop_double

REGION = "eu-west-1"
__all__ = ["REGION", "Cloud", "step"]


@dataclass
class Cloud(Executor):
    """The executor with a session of the sandbox's user and role; `double` is the sandbox's AWS."""

    double: Double = field(kw_only=True)
    clients: ClientCache = field(default_factory=lambda: ClientCache(EXECUTOR))

    def aws(self) -> Aws:
        return Aws(self.session, time.time() + 600, self.clients)

    def admin(self, service: str) -> Any:
        """A client of an administrator, for what others do."""
        return self.double.admin(service, REGION)

    def get(self, type_name: str, identifier: str) -> dict[str, Any]:
        """The properties of a resource, as Cloud Control reads them."""
        answer = self.admin("cloudcontrol").get_resource(TypeName=type_name, Identifier=identifier)
        properties: dict[str, Any] = json.loads(answer["ResourceDescription"]["Properties"])
        return properties

    def behave(self, **change: Any) -> None:
        """Change how the double behaves: `seconds` by type, `faults`, `throttled`."""
        httpx.post(f"{self.double.endpoint}/_sandbox/cloud-control", json=change).raise_for_status()

    def undo(self, plan: Plan) -> Plan:
        made: Plan = prepare_undo(self.context("prepare_undo"), plan.plan_id)
        return made

    def requests(self) -> list[dict[str, Any]]:
        """Cloud Control's requests, the newest first."""
        pages = self.admin("cloudcontrol").get_paginator("list_resource_requests").paginate()
        return [one for page in pages for one in page["ResourceRequestStatusSummaries"]]


@pytest.fixture(scope="session")
def double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    made = start_double(tmp_path_factory.mktemp("aws"), SANDBOX_ROLE_DELAY_SECONDS="0", SANDBOX_EVENT_DELAY_SECONDS="0")
    # What the role templates let a customer choose: here, all.
    role = made.role_arn.rpartition("/")[2]
    everything = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    made.admin("iam").put_role_policy(RoleName=role, PolicyName="changes", PolicyDocument=everything)
    yield made
    stop_double(made)


@pytest.fixture(scope="session")
def there(double: Double) -> dict[str, str]:
    """What samples of resources need: made once, for the tests of several files share the double."""
    return needed_by_samples(double)


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    with broker.valkey() as server:
        yield server.connection_url


@pytest.fixture
def cloud(double: Double, valkey: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", double.endpoint)
    redis = Redis.from_url(valkey, decode_responses=True)
    redis.flushdb()
    identity = double.user("sts").get_caller_identity()
    info = SessionInfo(
        # Of its own: plans, and with them the tokens of requests, are named after it.
        session_id=f"ses_{uuid.uuid4().hex[:12]}",
        owner=Owner(account=identity["Account"], principal=identity["UserId"]),
        account=identity["Account"],
        caller_arn=identity["Arn"],
        region=REGION,
        regions=(REGION,),
        region_source="session",
        expires_at=time.time() + 3600,
    )
    keys = double.state
    session = AgentSession(
        info=info,
        credentials=Credentials(access_key_id=keys["access_key_id"], secret_access_key=keys["secret_access_key"]),
        role_arn=double.role_arn,
        external_id=keys.get("external_id"),
    )
    settings = ExecutorSettings(
        signing_key=SecretStr("s"),
        private_key=SecretStr("p"),
        approval_key=SecretStr(APPROVAL_KEY),
        audit_signing_key=SecretStr(audit_keys.SIGNING_KEYS["executor"]),
        conflicts_seconds=60,
        role_wait_seconds=10,
        settle_seconds=2,
    )
    yield Cloud(redis, session, FakeAdvisor(), settings, double=double)
    redis.close()
