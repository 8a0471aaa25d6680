"""Which worlds the gateway and its workers use: the real AWS, the sandbox's, or another.

The gateway finds out for itself what answers at its own endpoint of AWS and at its model's; that is the measure, and
what answers say of a sandbox follows from it alone. Workers tell theirs by heartbeats, which a hostile one can invent:
what an agent's workers claim stops only the work that needs this agent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.orchestrator.repeating import Repeated
from services.orchestrator.settings import GatewaySettings
from shared.broker.failures import report
from shared.endpoints import AwsEndpoints, World, aws_world, model_world
from shared.errors import Unavailable
from shared.messages import AGENTS, Agent
from shared.tasks.records import Keys
from shared.worker.heartbeats import Heartbeat

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
# Whatever starts together with the gateway answers soon, or not for long.
LEARN_SECONDS, LEARN_TIMES = 0.2, 100
# Of one agent; a hostile worker can claim any number of them.
MAX_WORKERS = 1000
GATEWAY = "gateway"
_IN_WORDS = {"real": "the real AWS", "sandbox": "the sandbox's AWS", "other": "another server than AWS"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known now: `model` and `aws` by this gateway itself, `workers` as the workers of each agent claim."""

    model: World | None = None
    aws: World | None = None
    workers: Mapping[str, frozenset[World]] = field(default_factory=dict)

    @property
    def sandbox(self) -> bool:
        """Whether no real AWS account is read or changed. Said only where this gateway knows it by itself.

        Every credential that a worker holds was issued by this gateway's AWS; those of a sandbox open no real account.
        """
        return self.aws == "sandbox"

    @property
    def note(self) -> str:
        """What is not real, as a sentence; empty where everything is."""
        if self.sandbox:
            model = ", and no real model answers" if self.model == "sandbox" else ""
            return f"This is a sandbox: no real AWS account is read or changed{model}."
        return "No real model answers: it is the sandbox's." if self.model == "sandbox" else ""

    @property
    def contradiction(self) -> str | None:
        """What cannot go together of all services; None where nothing is wrong."""
        return self.contradiction_of(AGENTS)

    def contradiction_of(self, agents: Iterable[str]) -> str | None:
        """What cannot go together of this gateway, its model and these agents; without agents what it knows by itself.

        The sentence has who says so and what to do.
        """
        used = {GATEWAY: frozenset({self.aws} if self.aws else ())}
        used |= {agent: self.workers[agent] for agent in agents if agent in self.workers}
        users = {world: [name for name, its in used.items() if world in its] for world in ("real", "sandbox")}
        if users["real"] and users["sandbox"]:
            said = "; ".join(f"{', '.join(names)}: {_IN_WORDS[world]}" for world, names in users.items())
            return (
                f"the services use different AWS ({said}); give all of them the same USE_REAL_AWS and AWS_ENDPOINT_URL"
            )
        if users["real"] and self.model == "sandbox":
            return (
                "the model is the sandbox's and AWS is the real one; set OPENAI_API_KEY or OPENAI_BASE_URL for a real "
                "model, or USE_REAL_AWS=no for the sandbox's AWS"
            )
        return None


class Worlds:
    """One per gateway process. `seen` is the last look; `changed` are called when it differs from the one before."""

    def __init__(self, redis: Redis | None = None, settings: GatewaySettings | None = None) -> None:
        self._redis, self._settings = redis, settings
        self.seen = Seen()
        self.changed: list[Callable[[], None]] = []
        self._learning: asyncio.Task[None] | None = None
        self._watch = Repeated("worlds", self.look, LOOK_SECONDS, failed="worlds_not_seen", at_once=False)

    @property
    def sandbox(self) -> bool:
        return self.seen.sandbox

    def refusal(self, agents: Iterable[Agent]) -> Unavailable | None:
        """What work is answered that needs these agents, while their worlds or the gateway's contradict each other."""
        said = self.seen.contradiction_of(agents)
        return Unavailable(f"nothing is begun here: {said}", code="endpoints_contradict") if said else None

    async def start(self) -> None:
        """Look once, and go on looking; more often until what the gateway finds out by itself is known."""
        await self.look()
        self._watch.start()
        self._learning = asyncio.create_task(self._learn(), name="worlds to be learnt")

    async def stop(self) -> None:
        if self._learning:
            self._learning.cancel()
            await asyncio.gather(self._learning, return_exceptions=True)
        await self._watch.stop()

    async def _learn(self) -> None:
        for _ in range(LEARN_TIMES):
            if None not in (self.seen.aws, self.seen.model):
                return
            await asyncio.sleep(LEARN_SECONDS)
            await self.look()

    async def look(self) -> None:
        """See what the model, this gateway and the live workers use. What does not answer is not known."""
        if self._redis is None or self._settings is None:
            return
        aws = self.seen.aws or await asyncio.to_thread(aws_world, AwsEndpoints().aws_endpoint_url)
        model = self.seen.model or await asyncio.to_thread(model_world, self._settings.openai_base_url)
        self.see(Seen(model, aws, await self._told(self._redis)))

    def see(self, seen: Seen) -> None:
        """Go on from what is seen now, and tell it where it is new."""
        before, self.seen = self.seen, seen
        if before != seen:
            self._tell(before)

    async def _told(self, redis: Redis) -> Mapping[str, frozenset[World]]:
        pipe = redis.pipeline(transaction=False)
        for agent in AGENTS:
            pipe.zrangebyscore(Keys(agent).workers, time.time(), "+inf", start=0, num=MAX_WORKERS)
        try:
            members: list[list[Any]] = await pipe.execute()
        except RedisError as error:
            report(log, "heartbeats_not_read", error)
            return self.seen.workers
        told = {
            agent: frozenset(world for one in found for world in Heartbeat.read(str(one)).worlds.values())
            for agent, found in zip(AGENTS, members, strict=True)
        }
        return {agent: worlds for agent, worlds in told.items() if worlds}

    def _tell(self, before: Seen) -> None:
        known = {name: sorted(used) for name, used in self.seen.workers.items()}
        if self.seen.contradiction != before.contradiction and self.seen.contradiction:
            log.error("endpoints_contradict", why=self.seen.contradiction)
        log.info("worlds_seen", model=self.seen.model, aws=self.seen.aws, **known)
        for tell in self.changed:
            tell()
