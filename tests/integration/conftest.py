"""A broker, real worker processes and a dispatcher for the tests of the whole path."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from redis.asyncio import BlockingConnectionPool
from redis.asyncio import Redis as AsyncRedis

from services.orchestrator.workers.dispatch import Dispatcher
from shared.keys.vault import new_private_key, public_key_of, seal, vault_key
from shared.messages import SessionInfo
from shared.sessions.credentials import AgentSession, Credentials
from shared.tasks.records import Keys
from tests.fakes import audit_keys
from tests.fakes.broker import Broker

SIGNING_KEY = "a-signing-key-of-the-tests"
PRIVATE_KEY = new_private_key()
SESSION = "ses_test"


def open_test_session(broker: Broker) -> None:
    """Seal credentials for the info agent, as an opened session does."""
    info = SessionInfo(
        session_id=SESSION,
        account="123456789012",
        caller_arn="arn:aws:iam::123456789012:user/test",
        region="eu-west-1",
        regions=("eu-west-1",),
        expires_at=time.time() + 600,
    )
    session = AgentSession(info=info, credentials=Credentials(access_key_id="ASIATEST", secret_access_key="s"))
    sealed = seal(session, "info", public_key_of(PRIVATE_KEY), SIGNING_KEY.encode())
    broker.client().set(vault_key("info", SESSION), sealed)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path / "redis")
    broker.start()
    open_test_session(broker)
    yield broker
    broker.stop()


Spawn = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def spawn(broker: Broker, tmp_path: Path) -> Iterator[Spawn]:
    """Start a worker process; waits until its consumer is alive."""
    started: list[subprocess.Popen[bytes]] = []

    def spawn(module: str = "tests.fakes.echo_worker", wait: bool = True) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "REDIS_URL": broker.url,
            "SIGNING_KEY": SIGNING_KEY,
            "PRIVATE_KEY": PRIVATE_KEY,
            "AUDIT_SIGNING_KEY": audit_keys.SIGNING_KEYS["info"],
            "CONCURRENCY": "8",
        }
        log = (tmp_path / f"worker-{len(started)}.log").open("wb")
        before = set(broker.client().zrange(Keys("info").workers, 0, -1))
        process = subprocess.Popen([sys.executable, "-m", module], env=environment, stdout=log, stderr=log)
        started.append(process)
        deadline = time.monotonic() + 30
        # By name: a killed worker's heartbeat may run out meanwhile.
        while wait and not set(broker.client().zrange(Keys("info").workers, 0, -1)) - before:
            assert time.monotonic() < deadline, (tmp_path / log.name).read_text()
            time.sleep(0.05)
        return process

    yield spawn
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
async def dispatcher(broker: Broker) -> AsyncIterator[Dispatcher]:
    pool = BlockingConnectionPool.from_url(
        broker.url, decode_responses=True, max_connections=50, timeout=20, socket_timeout=10
    )
    redis = AsyncRedis(connection_pool=pool)
    dispatcher = Dispatcher(redis, {"info": SIGNING_KEY.encode()})
    await dispatcher.start()
    yield dispatcher
    await dispatcher.stop()
    await redis.aclose()
