"""What goes wrong, and when: kills at named moments, one after another, and faults of AWS and the network at a rate.

Everything is drawn from one seed. A kill at a moment ("intent after": Redis has the intent, the executor not yet its
answer) is armed, and hits the next process that gets there.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from tests.chaos import aws_proxy, redis_proxy
from tests.chaos.aws_errors import FAILED, hidden
from tests.chaos.aws_wire import Call
from tests.chaos.world import AccountState

JOURNAL = ("take", "intent", "outcome", "plan")
AT_DECISION = ("decision before", "decision after")
AT_AWS = ("aws before", "aws after", "aws replied")
# Between the token of a request of Cloud Control and its end.
AT_STATUS = ("status before", "status after")
STOPS = ("stopped", "stopped at intent")
# Kinds that a run has in full number, those of which a third will do, and those that stop everything.
MAIN = ("executor", "gateway", *(f"{write} {moment}" for write in JOURNAL[1:] for moment in ("before", "after")))
OTHER = ("take before", "take after", *AT_DECISION, *AT_AWS, *AT_STATUS, *STOPS)
# Redis itself, killed as a write gets there, or as its answer leaves.
RARE = tuple(f"redis at {write} {moment}" for write in ("intent", "outcome") for moment in ("before", "after"))
# Longer than any lease of the executor's, so that another one takes over meanwhile.
STOP_SECONDS = 13.0
ARMED_SECONDS = 20.0
# For how long the next kill waits for somebody to have gone on with a plan since the last one. On a busy machine a
# process needs many seconds to start: killed again before that, it would never meet a plan.
RECOVERY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares: of changing AWS calls, of published runs, of waits for replies."""

    error_after: float = 0.03
    error_before: float = 0.01
    close_after: float = 0.02
    close_before: float = 0.01
    held: float = 0.003
    throttled: float = 0.03
    delayed: float = 0.04
    hidden: float = 0.004
    status_lost: float = 0.03
    duplicate: float = 0.15
    reply_cut: float = 0.02
    reply_late: float = 0.05
    redis_cut: float = 0.0005
    held_seconds: float = 30.0
    hidden_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Hit:
    """One kill or stop: what, when (Unix seconds), and the plan it hit where that is known."""

    kind: str
    at: float
    plan_id: str = ""


class Chaos:
    """The seeded schedule over one world. `victims` is the process name that runs plans."""

    def __init__(
        self,
        world: AccountState,
        seed: int,
        rates: Rates | None = None,
        victims: str = "executor",
        recovery: float = RECOVERY_SECONDS,
    ) -> None:
        self.world, self.random, self.rates, self.victims = world, random.Random(seed), rates or Rates(), victims
        self.recovery = recovery
        self.hits: list[Hit] = []
        self.faults: Counter[str] = Counter()
        self.calm = False
        self.left = 0
        # Every resource at which AWS let nobody look for a while.
        self.hidden: set[str] = set()
        self._armed = ""
        self._hidden: dict[str, float] = {}
        self._fired = asyncio.Event()
        self._went_on = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, orders: list[str], seconds: float) -> None:
        """Carry the orders out in a random order, spread over that time or more; one that met nobody comes again."""
        waiting = list(orders)
        self.random.shuffle(waiting)
        started, self.left = time.monotonic(), len(waiting)
        pace = seconds / max(1, len(waiting))
        done = 0
        while waiting:
            await asyncio.sleep(max(0.05, started + done * pace - time.monotonic()))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._went_on.wait(), self.recovery if self.hits else 0)
            order = waiting.pop(0)
            if await self._carry_out(order):
                done += 1
                self._went_on.clear()
            else:
                waiting.append(order)
            self.left = len(waiting)

    async def _carry_out(self, order: str) -> bool:
        if order in ("executor", "gateway", "redis"):
            name = {"executor": self.victims, "gateway": "orchestrator", "redis": "redis"}[order]
            return self.world.kill_one(name) and self._hit(order)
        if order == "stopped":
            pid = self.world.random.choice(self.world.pids(self.victims) or [0])
            if pid:
                self._hit(order)
                self._background(self.world.stop_for(pid, STOP_SECONDS))
            return bool(pid)
        self._fired.clear()
        self._armed = order
        try:
            async with asyncio.timeout(ARMED_SECONDS):
                await self._fired.wait()
            return True
        except TimeoutError:
            return False
        finally:
            self._armed = ""

    def on_redis(self, command: list[bytes]) -> redis_proxy.Fault:
        """The fault of one command."""
        task_message = redis_proxy.hint_of(command)
        if task_message and not self.calm and self.random.random() < self.rates.duplicate:
            self.faults["message delivered twice"] += 1
            self._background(self._deliver_again(task_message.decode()))
        moment = redis_proxy.boundary_of(command) or _decision(command)
        if moment in JOURNAL:
            self._went_on.set()
        if moment and self._armed.removeprefix("redis at ").startswith(moment):
            return self._at_write(command, self._armed)
        if moment == "intent" and self._armed == "stopped at intent":
            return redis_proxy.Fault(after=self._stop_hook(_plan_of(command)))
        if redis_proxy.is_reading_replies(command) and not self.calm:
            drawn = self.random.random()
            if drawn < self.rates.reply_cut:
                self.faults["reply lost"] += 1
                return redis_proxy.Fault(cut_after=True)
            if drawn < self.rates.reply_cut + self.rates.reply_late:
                self.faults["reply late"] += 1
                return redis_proxy.Fault(hold=self.random.uniform(0.2, 1.5))
        return redis_proxy.NONE if self.calm else self._cut()

    def _at_write(self, command: list[bytes], order: str) -> redis_proxy.Fault:
        self._armed = ""
        name = "orchestrator" if order in AT_DECISION else self.victims
        hook = self._kill_hook(order, name, _plan_of(command))
        if order in RARE:
            hook = self._redis_hook(order, _plan_of(command))
        if order.endswith("before"):
            return redis_proxy.Fault(before=hook, cut_before=True)
        return redis_proxy.Fault(after=hook, cut_after=True)

    def _cut(self) -> redis_proxy.Fault:
        drawn = self.random.random()
        if drawn >= self.rates.redis_cut:
            return redis_proxy.NONE
        self.faults["connection to Redis cut"] += 1
        before = drawn < self.rates.redis_cut / 2
        return redis_proxy.Fault(cut_before=before, cut_after=not before)

    def on_aws(self, call: Call) -> aws_proxy.Fault:
        """The fault of one request."""
        if not call.mutating:
            is_hidden = call.resource and self._hidden.get(call.resource, 0) > time.monotonic()
            if is_hidden:
                return aws_proxy.Fault(instead=hidden)
            return self._at_status() if call.operation == "GetResourceRequestStatus" else aws_proxy.NONE
        if self._armed in AT_AWS:
            order, self._armed = self._armed, ""
            hook = self._kill_hook(order, self.victims, "")
            if order == "aws before":
                return aws_proxy.Fault(before=hook, close_before=True)
            return (
                aws_proxy.Fault(after=hook, close_after=True) if order == "aws after" else aws_proxy.Fault(replied=hook)
            )
        return aws_proxy.NONE if self.calm else self._noise(call)

    def _at_status(self) -> aws_proxy.Fault:
        """What is done to the question how a request of Cloud Control stands."""
        if self._armed in AT_STATUS:
            order, self._armed = self._armed, ""
            hook = self._kill_hook(order, self.victims, "")
            if order == "status before":
                return aws_proxy.Fault(before=hook, close_before=True)
            return aws_proxy.Fault(replied=hook)
        if self.calm or self.random.random() >= self.rates.status_lost:
            return aws_proxy.NONE
        self.faults["answer to a status question lost"] += 1
        return self.random.choice((aws_proxy.CLOSE_AFTER, aws_proxy.ERROR_AFTER, aws_proxy.THROTTLE))

    def _noise(self, call: Call) -> aws_proxy.Fault:
        rates, drawn = self.rates, self.random.random()
        broken = FAILED[self.random.choice(tuple(FAILED))]
        for name, share, fault in (
            ("5xx after the work", rates.error_after, aws_proxy.Fault(answer=broken)),
            ("5xx before the work", rates.error_before, aws_proxy.Fault(instead=broken)),
            ("closed after the work", rates.close_after, aws_proxy.CLOSE_AFTER),
            ("closed before the work", rates.close_before, aws_proxy.CLOSE_BEFORE),
            ("answer held past the time-out", rates.held, aws_proxy.Fault(hold=rates.held_seconds)),
            ("closed, and every probe refused", rates.hidden, self._unseen()),
            ("throttled", rates.throttled, aws_proxy.THROTTLE),
            ("delayed", rates.delayed, aws_proxy.Fault(delay=self.random.uniform(0.1, 1.5))),
        ):
            if drawn < share:
                self.faults[name] += 1
                if name.startswith("closed, and"):
                    self._hidden[call.resource] = time.monotonic() + rates.hidden_seconds
                    self.hidden.add(call.resource)
                return fault
            drawn -= share
        return aws_proxy.NONE

    def _unseen(self) -> aws_proxy.Fault:
        return aws_proxy.CLOSE_AFTER if self.random.random() < 0.5 else aws_proxy.CLOSE_BEFORE

    def _kill_hook(self, order: str, name: str, plan_id: str) -> Callable[[int], Awaitable[None]]:
        async def kill(port: int) -> None:
            if self.world.signal_owner(port, name):
                self._hit(order, plan_id)
                self._fired.set()
            elif not self._armed:
                self._armed = order  # it was not the one we look for: the next

        return kill

    def _redis_hook(self, order: str, plan_id: str) -> Callable[[int], Awaitable[None]]:
        async def kill(port: int) -> None:
            if self.world.kill_one("redis"):
                self._hit(order, plan_id)
                self._fired.set()

        return kill

    def _stop_hook(self, plan_id: str) -> Callable[[int], Awaitable[None]]:
        async def stop(port: int) -> None:
            pid = self.world.signal_owner(port, self.victims, signal.SIGSTOP)
            if pid and self._armed == "stopped at intent":
                self._armed = ""
                self._hit("stopped at intent", plan_id)
                self._fired.set()
                self._background(self.world.stop_for(pid, STOP_SECONDS))
            elif pid:
                self.world.signal_owner(port, self.victims, signal.SIGCONT)

        return stop

    async def _deliver_again(self, task_message: str) -> None:
        await asyncio.sleep(self.random.uniform(0.0, 3.0))
        redis = self.world.admin_redis()
        try:
            await redis.lpush("q:executor:tasks", task_message)
        except RedisError:
            self.faults["message not delivered twice after all"] += 1
        finally:
            await redis.aclose()

    def _hit(self, kind: str, plan_id: str = "") -> bool:
        self.hits.append(Hit(kind, time.time(), plan_id))
        return True

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _plan_of(command: list[bytes]) -> str:
    return command[3].decode().partition(":")[2]


def _decision(command: list[bytes]) -> str | None:
    """ "decision" where a gateway writes what a person decided."""
    is_script = len(command) > 3 and command[0].upper() == b"FCALL"
    return "decision" if is_script and command[3].startswith(b"decision:") else None
