"""A real Valkey, a scripted model server, fake workers, and gateways that can be killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.decisions.settings import ApprovalSettings
from services.orchestrator.gateway import Gateway, build_decisions, plan_store
from services.orchestrator.llm.client import ChatModel
from services.orchestrator.notifications.settings import NotificationSettings
from services.orchestrator.notifications.webhooks import Webhooks
from services.orchestrator.sessions.files import FileStore
from services.orchestrator.sessions.service import SessionService
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.turns.function_calls import Functions
from services.orchestrator.turns.runner import TurnRunner
from services.orchestrator.turns.store import Turn
from tests.fakes import audit_keys
from tests.fakes.broker import Broker
from tests.fakes.workers import FUNCTIONS, OPERATIONS, FakeDispatcher, FakePlans, a_session

APPROVAL = ApprovalSettings(approval_key=SecretStr("k"))
SETTINGS: dict[str, Any] = {
    "signing_key_info": SecretStr("i"),
    "signing_key_advisor": SecretStr("a"),
    "signing_key_executor": SecretStr("e"),
    "public_key_info": "-",
    "public_key_advisor": "-",
    "public_key_executor": "-",
    "audit_key": SecretStr("u"),
    **audit_keys.SETTINGS,
    "max_rounds": 4,
}


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    directory: Path = tmp_path_factory.mktemp("redis")
    broker = Broker(directory)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
async def redis(broker: Broker) -> AsyncIterator[Redis]:
    client = Redis.from_url(broker.url, decode_responses=True)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def dispatcher() -> FakeDispatcher:
    return FakeDispatcher()


@pytest.fixture
def plans() -> FakePlans:
    return FakePlans()


StartGateway = Callable[[], Awaitable[TurnRunner]]


@pytest.fixture
async def start_gateway(
    redis: Redis, dispatcher: FakeDispatcher, plans: FakePlans, model: ChatModel
) -> AsyncIterator[StartGateway]:
    """Start one more gateway on the same Redis."""
    started: list[TurnRunner] = []

    async def start() -> TurnRunner:
        settings = GatewaySettings(**SETTINGS)
        find = SessionService(redis, settings).get
        runner = TurnRunner(
            redis,
            dispatcher,
            plans,
            settings,
            find_session=find,
            model=_Kept(model),
            functions=lambda _: Functions(FUNCTIONS, operations=OPERATIONS),
        )
        await runner.start()
        started.append(runner)
        return runner

    yield start
    for runner in started:
        await runner.stop()


class _Kept:
    """The model of several gateways: stopping one of them does not close it."""

    def __init__(self, model: ChatModel) -> None:
        self.complete = model.complete

    async def warm_up(self) -> None: ...

    async def close(self) -> None: ...


@pytest.fixture
async def runner(start_gateway: StartGateway) -> TurnRunner:
    return await start_gateway()


@pytest.fixture
def gateway(
    settings: GatewaySettings,
    redis: Redis,
    dispatcher: FakeDispatcher,
    sts: Any,
    plans: FakePlans,
    runner: TurnRunner,
) -> Gateway:
    """A whole gateway around the runner, for the HTTP fixtures of the folder above."""
    workers: Any = dispatcher
    planning: Any = plans
    sessions = SessionService(redis, settings, sts)
    audit = AuditTrail(redis, settings)
    decisions = build_decisions(redis, workers, planning, sessions, audit, settings, APPROVAL, runner.plan_ends.ended)
    webhooks = Webhooks(redis, plan_store(redis, settings), NotificationSettings())
    return Gateway(
        settings, redis, workers, sessions, planning, decisions, FileStore(redis, settings), runner, audit, webhooks
    )


Ask = Callable[..., Awaitable[Turn]]


@pytest.fixture
def ask(runner: TurnRunner) -> Ask:
    """Ask one question and wait until its turn ended or waits."""

    async def ask(message: str = "How much S3?", conversation_id: str | None = None) -> Turn:
        begun = await runner.start_turn(a_session(), message, conversation_id)
        return await until_settled(runner, begun.turn_id)

    return ask


async def until_settled(runner: TurnRunner, turn_id: str) -> Turn:
    turn = await runner.settled(turn_id, 15)
    assert turn is not None
    assert turn.status != "running", turn.messages
    return turn


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.05)
