"""The gateway's composition root: everything is made here, once, and passed to what needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff

from services.orchestrator.audit_trail import AuditedDispatcher, AuditTrail
from services.orchestrator.dispatch import Dispatcher
from services.orchestrator.files import FileStore
from services.orchestrator.plans import PlanService
from services.orchestrator.sessions import SessionService
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.turns import TurnRunner
from shared.redis_tls import client_options


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the routes work with."""

    settings: GatewaySettings
    redis: Redis
    dispatcher: Dispatcher
    sessions: SessionService
    plans: PlanService
    files: FileStore
    turns: TurnRunner
    audit: AuditTrail

    async def start(self) -> None:
        """Listen for replies first: what is resumed calls workers at once."""
        await self.dispatcher.start()
        await self.turns.start()
        await self.plans.start()

    async def stop(self) -> None:
        await self.plans.stop()
        await self.turns.stop()
        await self.dispatcher.stop()
        await self.redis.aclose()


def connect(settings: GatewaySettings) -> Redis:
    """A Redis client that waits for a connection rather than failing when all are in use."""
    url = settings.redis_url.get_secret_value()
    pool = BlockingConnectionPool.from_url(
        url,
        decode_responses=True,
        max_connections=settings.redis_connections,
        timeout=10,
        socket_connect_timeout=3,
        # Longer than the longest blocking read.
        socket_timeout=15,
        health_check_interval=30,
        retry=Retry(ExponentialWithJitterBackoff(cap=1, base=0.05), 3),
        **client_options(url, settings.redis_ca_file),
    )
    return Redis.from_pool(pool)


def build(settings: GatewaySettings) -> Gateway:
    """Make a gateway. Nothing is connected before `start`."""
    redis = connect(settings)
    audit = AuditTrail(redis, settings)
    dispatcher = AuditedDispatcher(redis, settings.signing_keys(), audit)
    plans = PlanService(redis, dispatcher, settings, audit)
    turns = TurnRunner(redis, dispatcher, plans, settings)
    plans.on_end(turns.plan_ended)
    return Gateway(
        settings=settings,
        redis=redis,
        dispatcher=dispatcher,
        sessions=SessionService(redis, settings),
        plans=plans,
        files=FileStore(redis, settings),
        turns=turns,
        audit=audit,
    )


def get_gateway(request: Request) -> Gateway:
    """FastAPI dependency: the gateway this application was made with."""
    gateway: Gateway = request.app.state.gateway
    return gateway


CurrentGateway = Annotated[Gateway, Depends(get_gateway)]
