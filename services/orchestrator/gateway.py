"""The gateway's composition root: creates every part once and passes it to those that need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import Redis

from services.orchestrator.audit.plan_entries import ended_entries
from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.decisions.approvals import Approvals
from services.orchestrator.decisions.edits import Edits
from services.orchestrator.decisions.grants import StandingGrants
from services.orchestrator.decisions.settings import ApprovalSettings
from services.orchestrator.notifications.settings import NotificationSettings
from services.orchestrator.notifications.webhooks import Webhooks
from services.orchestrator.plans.drift.service import DriftService
from services.orchestrator.plans.evidence.service import EvidenceService
from services.orchestrator.plans.follower import Ended, Follower
from services.orchestrator.plans.looks import Looks
from services.orchestrator.plans.reviews import Reviews, Told
from services.orchestrator.plans.runs import PlanRuns
from services.orchestrator.plans.service import PlanService
from services.orchestrator.plans.store import PlanStore
from services.orchestrator.sessions.browsers import Browsers
from services.orchestrator.sessions.files import FileStore
from services.orchestrator.sessions.service import SessionService
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.turns.runner import TurnRunner
from services.orchestrator.values.reveal import Values
from services.orchestrator.workers.audited import AuditedDispatcher
from services.orchestrator.workers.dispatch import Dispatcher
from services.orchestrator.workers.worlds import Worlds
from shared.broker.async_client import LeanPool, LeanRedis
from shared.broker.failures import async_client_retry
from shared.broker.tls import client_options
from shared.evaluation.evaluator import Evaluator
from shared.plans.plan import Plan
from shared.plans.rules import read_rules
from shared.settings import load

# To get a connection, to connect, to be answered; longer than the longest blocking read (`workers/replies.py`).
REDIS_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class DecisionServices:
    """What decides plans and has them run. No object that a turn works with has a reference to it."""

    approvals: Approvals
    edits: Edits
    standing: StandingGrants
    follower: Follower
    looks: Looks
    reviews: Reviews


@dataclass(frozen=True, slots=True)
class Gateway:
    """The services that the routes use."""

    settings: GatewaySettings
    redis: Redis
    dispatcher: Dispatcher
    sessions: SessionService
    plans: PlanService
    decisions: DecisionServices
    files: FileStore
    turns: TurnRunner
    audit: AuditTrail
    webhooks: Webhooks
    evaluator: Evaluator = field(default_factory=Evaluator)
    worlds: Worlds = field(default_factory=Worlds)

    @property
    def browsers(self) -> Browsers:
        return Browsers(self.redis)

    @property
    def values(self) -> Values:
        """What opens values for a person; it is asked by routes alone."""
        return Values(self.redis, self.plans, self.audit, self.settings.signing_key("executor"))

    @property
    def drift(self) -> DriftService:
        """What compares plans with what AWS shows now."""
        return DriftService(self.dispatcher, self.plans, self.audit)

    @property
    def evidence(self) -> EvidenceService:
        """What compares plans with AWS's event history."""
        return EvidenceService(self.redis, self.dispatcher, self.plans, self.audit, self.webhooks.tell_alarm)

    async def start(self) -> None:
        """Listen for replies first: resumed turns call workers at once."""
        await self.worlds.start()
        await self.dispatcher.start()
        await self.evaluator.start()
        await self.turns.start()
        await self.decisions.follower.start()
        await self.decisions.looks.start()
        await self.decisions.reviews.start()
        await self.webhooks.start()

    async def stop(self) -> None:
        await self.webhooks.stop()
        await self.decisions.reviews.stop()
        await self.decisions.looks.stop()
        await self.decisions.follower.stop()
        await self.turns.stop()
        await self.evaluator.stop()
        await self.dispatcher.stop()
        await self.worlds.stop()
        await self.redis.aclose()


def connect(settings: GatewaySettings) -> Redis:
    """A Redis client that waits for a connection rather than failing when all are in use."""
    url = settings.redis_url.get_secret_value()
    pool = LeanPool.from_url(
        url,
        decode_responses=True,
        max_connections=settings.redis_connections,
        # Whatever a person wrote or a worker stored is read: what is no UTF-8 must not end what reads the others'.
        encoding_errors="replace",
        # Together the longest that a request waits for a server that is stalled, before it is answered 503.
        timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        socket_timeout=REDIS_SECONDS,
        health_check_interval=30,
        retry=async_client_retry(),
        **client_options(url, settings.redis_ca_file),
    )
    return LeanRedis.from_pool(pool)


def build(settings: GatewaySettings, approval: ApprovalSettings | None = None) -> Gateway:
    """Create a gateway. Nothing is connected before `start`."""
    redis = connect(settings)
    audit = AuditTrail(redis, settings)
    worlds = Worlds(redis, settings)
    dispatcher = AuditedDispatcher(redis, settings.signing_keys(), audit, refusal=lambda agent: worlds.refusal([agent]))
    plans = PlanService(redis, dispatcher, plan_store(redis, settings), audit, read_rules(settings.rules_file))
    sessions = SessionService(redis, settings)
    turns = TurnRunner(redis, dispatcher, plans, settings, find_session=sessions.get, sandbox=lambda: worlds.sandbox)
    webhooks = Webhooks(redis, plan_store(redis, settings), load(NotificationSettings))
    decisions = build_decisions(
        redis,
        dispatcher,
        plans,
        sessions,
        audit,
        settings,
        approval or load(ApprovalSettings),
        turns.plan_ends.ended,
        reviewed=turns.plan_ends.reviewed,
        told=webhooks.tell,
        alarmed=webhooks.tell_alarm,
    )
    return Gateway(
        settings=settings,
        redis=redis,
        dispatcher=dispatcher,
        sessions=sessions,
        plans=plans,
        decisions=decisions,
        files=FileStore(redis, settings),
        turns=turns,
        audit=audit,
        webhooks=webhooks,
        worlds=worlds,
    )


def plan_store(redis: Redis, settings: GatewaySettings) -> PlanStore:
    """Plans with their reviews, which count only where they are signed with the advisor's key."""
    return PlanStore(redis, settings.signing_keys()["advisor"])


def build_decisions(
    redis: Redis,
    dispatcher: Dispatcher,
    plans: PlanService,
    sessions: SessionService,
    audit: AuditTrail,
    settings: GatewaySettings,
    approval: ApprovalSettings,
    ended: Ended,
    *,
    reviewed: Told | None = None,
    told: Ended | None = None,
    alarmed: Ended | None = None,
) -> DecisionServices:
    """Create what gets the approval key. `ended` is called with every plan that has ended, after the audit.

    `reviewed` is called with every plan whose review has come, until it returns True. `told` is called with every plan
    that waits for a decision, and with every one that has ended; `alarmed` with every one that has an alarm.
    """
    store = plan_store(redis, settings)

    async def session_end(session_id: str) -> float | None:
        session = await sessions.get(session_id)
        return session.expires_at if session else None

    async def record_end(plan: Plan) -> None:
        await audit.record(plan.runs_in or plan.session_id, *ended_entries(plan))

    async def session_for(plan: Plan) -> str | None:
        session = await sessions.running_as(plan, [plan.runs_in or plan.session_id])
        return session.session_id if session else None

    follower = Follower(store, PlanRuns(dispatcher, store, session_end, settings.run_timeout), settings)
    standing = StandingGrants(redis, audit, approval.key())
    approvals = Approvals(redis, plans, store, follower, standing, sessions, audit, approval)
    looks = Looks(store, dispatcher, session_for, EvidenceService(redis, dispatcher, plans, audit, alarmed).of_plan)

    async def proposed(plan: Plan) -> Plan:
        plan = await approvals.by_grant(plan)
        if told:
            await told(plan)
        return plan

    follower.callbacks += [record_end, looks.plan_ended, ended, *([told] if told else [])]
    follower.proposed = proposed
    edits = Edits(plans, store, follower, sessions, audit)
    reviews = Reviews(store, dispatcher, audit, reviewed)
    return DecisionServices(approvals, edits, standing, follower, looks, reviews)


async def get_gateway(request: Request) -> Gateway:
    """FastAPI dependency: the gateway this application was made with. Async, or FastAPI calls it in a thread."""
    gateway: Gateway = request.app.state.gateway
    return gateway


CurrentGateway = Annotated[Gateway, Depends(get_gateway)]
