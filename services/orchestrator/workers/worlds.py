"""Which worlds the gateway and its workers use: the real AWS, the sandbox's, or another; told by their heartbeats.

What answers say of a sandbox follows from it, and where the worlds contradict each other nothing new is begun.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.orchestrator.settings import GatewaySettings
from shared.broker.failures import report
from shared.endpoints import AwsEndpoints, World, aws_world, model_world
from shared.errors import Unavailable
from shared.heartbeats import Heartbeat
from shared.messages import AGENTS
from shared.tasks.records import Keys

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
# Longer than the last heartbeat of a worker that has ended counts.
SETTLE_SECONDS = 12.0
# Of one agent; a hostile worker can claim any number of them.
MAX_WORKERS = 1000
GATEWAY = "gateway"
_IN_WORDS = {"real": "the real AWS", "sandbox": "the sandbox's AWS", "other": "another server than AWS"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known now. `aws` has who uses which AWS or Bedrock: "gateway", "info", "executor", "advisor"."""

    model: World | None = None
    aws: Mapping[str, frozenset[World]] = field(default_factory=dict)

    @property
    def sandbox(self) -> bool:
        """Whether anything of an answer is the sandbox's."""
        return self.model == "sandbox" or self._anybody("sandbox")

    @property
    def note(self) -> str:
        """What is not real, as a sentence; empty where everything is."""
        parts = ["no real AWS account is read or changed"] * self._anybody("sandbox")
        parts += ["no real model answers"] * (self.model == "sandbox")
        return f"This is a sandbox: {', and '.join(parts)}." if parts else ""

    @property
    def contradiction(self) -> str | None:
        """What cannot go together, who says so, and what to do; None where nothing is wrong."""
        users = {world: self._users(world) for world in ("real", "sandbox")}
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

    def of_gateway(self) -> Seen:
        """What is known without the workers."""
        return Seen(self.model, {name: used for name, used in self.aws.items() if name == GATEWAY})

    def _anybody(self, world: World) -> bool:
        return any(world in used for used in self.aws.values())

    def _users(self, world: str) -> list[str]:
        return [name for name, used in self.aws.items() if world in used]


class Worlds:
    """One per gateway process. `seen` is the last look; `changed` are called when it differs from the one before."""

    def __init__(self, redis: Redis | None = None, settings: GatewaySettings | None = None) -> None:
        self._redis, self._settings = redis, settings
        self._own: World | None = None
        self.seen = Seen()
        self.changed: list[Callable[[], None]] = []
        self._watching: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def sandbox(self) -> bool:
        return self.seen.sandbox

    @property
    def refusal(self) -> Unavailable | None:
        """What new work is answered while the worlds contradict each other."""
        said = self.seen.contradiction
        return Unavailable(f"nothing is begun here: {said}", code="endpoints_contradict") if said else None

    async def start(self) -> None:
        """Look once, and go on looking."""
        await self.look()
        self._watching = asyncio.create_task(self._watch(), name="worlds")

    async def stop(self) -> None:
        self._stopping = True
        if self._watching:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def look(self) -> None:
        """See what the model, this gateway and the live workers use. What does not answer is not known."""
        if self._redis is None or self._settings is None:
            return
        self._own = self._own or await asyncio.to_thread(aws_world, AwsEndpoints().aws_endpoint_url)
        model = self.seen.model or await asyncio.to_thread(model_world, self._settings.openai_base_url)
        aws = {GATEWAY: frozenset({self._own})} if self._own else {}
        self.see(Seen(model, aws | await self._told(self._redis)))

    def see(self, seen: Seen) -> None:
        """Go on from what is seen now, and tell it where it is new."""
        before, self.seen = self.seen, seen
        if before != seen:
            self._tell(before)

    async def settled(self) -> str | None:
        """The contradiction that remains when the heartbeats of workers that have ended count no more, or None."""
        give_up = time.monotonic() + SETTLE_SECONDS
        await self.look()
        while self.seen.contradiction and not self.seen.of_gateway().contradiction and time.monotonic() < give_up:
            await asyncio.sleep(1)
            await self.look()
        return self.seen.contradiction

    async def _told(self, redis: Redis) -> dict[str, frozenset[World]]:
        pipe = redis.pipeline(transaction=False)
        for agent in AGENTS:
            pipe.zrangebyscore(Keys(agent).workers, time.time(), "+inf", start=0, num=MAX_WORKERS)
        try:
            members: list[list[Any]] = await pipe.execute()
        except RedisError as error:
            report(log, "heartbeats_not_read", error)
            return {name: used for name, used in self.seen.aws.items() if name != GATEWAY}
        told = {
            agent: frozenset(world for one in found for world in Heartbeat.read(str(one)).worlds.values())
            for agent, found in zip(AGENTS, members, strict=True)
        }
        return {agent: worlds for agent, worlds in told.items() if worlds}

    def _tell(self, before: Seen) -> None:
        known = {name: sorted(used) for name, used in self.seen.aws.items()}
        if self.seen.contradiction != before.contradiction and self.seen.contradiction:
            log.error("endpoints_contradict", why=self.seen.contradiction)
        log.info("worlds_seen", model=self.seen.model, **known)
        for tell in self.changed:
            tell()

    async def _watch(self) -> None:
        while not self._stopping:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()
