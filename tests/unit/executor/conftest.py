"""A session on a moto account, a real Valkey, and an advisor that answers or fails as told."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto import mock_aws
from moto.s3.responses import S3Response
from pydantic import JsonValue, SecretStr
from redis import Redis

from sandbox.aws.moto.bucket_tags import apply_bucket_tags, expect_tags
from services.executor.clock import SYSTEM_CLOCK, Clock
from services.executor.context import ExecutorContext
from services.executor.settings import ExecutorSettings
from services.executor.tools import prepare_plan, run_plan
from shared.access.guard import EXECUTOR, Guard
from shared.aws.clients import Aws, ClientCache
from shared.keys.signing import sign_decision
from shared.messages import Effect, Owner, SessionInfo, ToolCall
from shared.plans.decisions import Acknowledged, Approval
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from shared.sessions.credentials import AgentSession, Credentials
from tests.fakes import audit_keys, broker

APPROVAL_KEY = "approval-key"
ADVISOR_KEY = b"the advisor's"
LAMBDA_TRUST: dict[str, JsonValue] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
READ_S3 = "arn:aws:iam::123456789012:policy/read-s3"
# Making clients is slow and moto's patches outlive an account, so all tests share them.
CLIENTS = ClientCache(EXECUTOR)
SETUP = ClientCache(Guard("test", effects=frozenset(Effect)))
CREDENTIALS = Credentials(access_key_id="AKIAEXAMPLE", secret_access_key="secret")


def step(operation: str, id: str | None = None, needs: tuple[str, ...] = (), **arguments: JsonValue) -> ProposedStep:
    """A proposed step, in one line."""
    return ProposedStep(id=id, operation=operation, arguments=arguments, needs=needs)


ROLE = step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST)
POLICY = step("assign_policy_to_role", "policy", role_name={"$from": "role.role_name"}, policy_arn=READ_S3)
FUNCTION = step(
    "create_lambda_function",
    "function",
    function_name="hello",
    runtime="python3.13",
    handler="app.main",
    role_arn={"$from": "role.arn"},
)


@dataclass
class FakeAdvisor:
    """Stands in for the queue on which the advisor is asked for a review; the answer is the gateway's to take."""

    failure: Exception | None = None
    asked: list[tuple[Plan, list[dict[str, object]], float]] = field(default_factory=list)

    def review(self, plan: Plan, policies: list[dict[str, object]], seconds: float) -> float:
        self.asked.append((plan, policies, seconds))
        if self.failure is not None:
            raise self.failure
        return time.time() + seconds


@dataclass
class Executor:
    """Calls the executor's tools as the gateway would."""

    redis: Redis
    session: AgentSession
    advisor: FakeAdvisor
    settings: ExecutorSettings
    calls: int = 0
    clock: Clock = SYSTEM_CLOCK

    @property
    def info(self) -> SessionInfo:
        return self.session.info

    def context(self, tool: str, call_id: str | None = None, session_id: str | None = None) -> ExecutorContext:
        """Of this session, or of one of the same caller whose owner is not known: of before there were owners."""
        self.calls += 1
        session = self.session
        if session_id:
            info = self.info.model_copy(update={"session_id": session_id, "owner": None})
            session = session.model_copy(update={"info": info})
        call = ToolCall(
            call_id=call_id or f"call.{self.calls}",
            agent="executor",
            tool=tool,
            arguments={},
            session_id=session_id or self.info.session_id,
            deadline=time.time() + 60,
        )
        aws = self.aws()
        aws.session = session
        return ExecutorContext(aws, self.redis, self.settings, call, self.advisor.review, ADVISOR_KEY, self.clock)

    def aws(self) -> Aws:
        return Aws(self.session, time.time() + 60, CLIENTS)

    def client(self, service: str, region: str | None = None) -> Any:
        return SETUP.client(self.session.credentials, service, region or self.info.region)

    def prepare(self, *steps: ProposedStep, call_id: str | None = None, **more: Any) -> Plan:
        plan: Plan = prepare_plan(
            self.context("prepare_plan", call_id), more.pop("goal", "A test"), list(steps), **more
        )
        return plan

    def approve(self, plan: Plan, key: str = APPROVAL_KEY, **changes: Any) -> Approval:
        """Sign and record a person's approval, as the gateway's route does."""
        now = time.time()
        acknowledged = tuple(Acknowledged(finding_id=one.finding_id, typed=one.typed) for one in plan.acknowledge)
        approval = Approval(
            plan_id=plan.plan_id,
            session_id=plan.session_id,
            digest=plan.digest,
            approved_at=now,
            expires_at=now + 60,
            nonce="n",
            acknowledged=acknowledged,
        ).model_copy(update=changes)
        approval = sign_decision(key.encode(), approval)
        decision = {"decision": "approve", "approval": approval.model_dump(mode="json"), "decided_at": now}
        self.redis.set(f"decision:{plan.plan_id}", json.dumps(decision))
        return approval

    def run(self, plan: Plan, approval: Approval | None = None, session_id: str | None = None) -> Plan:
        approval = approval or self.approve(plan)
        ended: Plan = run_plan(self.context("run_plan", session_id=session_id), plan.plan_id, approval)
        return ended

    def stored(self, plan: Plan) -> Plan:
        text: Any = self.redis.get(f"plan:{plan.plan_id}")
        return Plan.model_validate_json(text)

    def upload(self, data: bytes, file_id: str = "file_abcdefghijklmnopqrst", session_id: str | None = None) -> str:
        record = {
            "session_id": session_id or self.info.session_id,
            "owner_id": session_id or self.info.owner_id,
            "name": "package.zip",
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "data": base64.b64encode(data).decode(),
        }
        self.redis.hset(f"file:{file_id}", mapping=record)  # type: ignore[arg-type]  # ints and strs are both taken
        return file_id


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    with broker.valkey() as server:
        yield server.connection_url


@pytest.fixture
def redis(valkey: str) -> Iterator[Redis]:
    client = Redis.from_url(valkey, decode_responses=True)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture(scope="session", autouse=True)
def buckets_take_tags() -> None:
    """Moto ignores the tags of CreateBucket, which AWS sets: the sandbox's patch, without its front door."""
    apply_bucket_tags()
    original = S3Response._bucket_response_put

    def put_bucket(self: Any, *args: Any) -> Any:
        expect_tags(dict(re.findall(r"<Key>(.*?)</Key><Value>(.*?)</Value>", _text(self.body))))
        return original(self, *args)

    setattr(S3Response, "_bucket_response_put", put_bucket)  # noqa: B010  # a patch, not a member


def _text(body: Any) -> str:
    return body.decode() if isinstance(body, bytes) else str(body)


@pytest.fixture
def account() -> Iterator[str]:
    """An account with one managed policy of its own; AWS's own thousand take moto a second to load."""
    with mock_aws():
        document = {"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
        iam = SETUP.client(CREDENTIALS, "iam", "eu-west-1")
        iam.create_policy(PolicyName="read-s3", PolicyDocument=json.dumps({"Version": "2012-10-17", **document}))
        yield "123456789012"


@pytest.fixture
def make_executor(redis: Redis, account: str) -> Callable[..., Executor]:
    def make(**info: Any) -> Executor:
        defaults: dict[str, Any] = {
            "session_id": "ses_one",
            "owner": Owner(account=account, principal="AIDA" + "A" * 17),
            "account": account,
            "caller_arn": f"arn:aws:iam::{account}:user/ann",
            "region": "eu-west-1",
            "regions": ("eu-west-1", "us-east-1"),
            "expires_at": time.time() + 3600,
        }
        session = AgentSession(
            info=SessionInfo(**{**defaults, **info}),
            credentials=CREDENTIALS,
        )
        settings = ExecutorSettings(
            signing_key=SecretStr("s"),
            private_key=SecretStr("p"),
            approval_key=SecretStr(APPROVAL_KEY),
            audit_signing_key=SecretStr(audit_keys.SIGNING_KEYS["executor"]),
            role_wait_seconds=1,
            # Tests of what fails while it runs need plans that could be seen to fail.
            conflicts_seconds=0,
            price_seconds=0,
            settle_seconds=1,
            look_seconds=1,
        )
        return Executor(redis, session, FakeAdvisor(), settings)

    return make


@pytest.fixture
def executor(make_executor: Callable[..., Executor]) -> Executor:
    return make_executor()
