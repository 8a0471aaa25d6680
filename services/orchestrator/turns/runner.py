"""Runs turns in the background, independently of the request that began them.

The gateway that holds a turn's lease (`turn:{id}:lease`) runs it. Every gateway sweeps for running turns without a
lease: their gateway has died or stopped, and the one that finds them resumes them from their stored state.
"""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Awaitable, Callable

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.orchestrator.instructions import read_instructions
from services.orchestrator.llm.late import LateModel, Model
from services.orchestrator.plans.service import PlanService
from services.orchestrator.repeating import Repeated
from services.orchestrator.sessions.session import Session
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.turns import stopping
from services.orchestrator.turns.context.earlier import messages_of
from services.orchestrator.turns.context.history import ChatMessage
from services.orchestrator.turns.context.shared_values import SharedValues
from services.orchestrator.turns.conversations import MAX_TURNS_IN_PROMPT, ConversationStore, new_conversation
from services.orchestrator.turns.events import error_event, turn_event
from services.orchestrator.turns.function_calls import Functions
from services.orchestrator.turns.functions.offered import functions_of
from services.orchestrator.turns.loop import ReasoningLoop
from services.orchestrator.turns.plan_ends import FindSession, PlanEnds
from services.orchestrator.turns.settling import settled
from services.orchestrator.turns.store import LEASE_MS, Turn, TurnStore, new_turn
from services.orchestrator.workers.dispatch import Dispatcher
from shared.broker.failures import LeaseLost, as_error, is_transient, report
from shared.errors import AssistantError, Busy, DeadlineExceeded, Unavailable
from shared.messages import ErrorBody

log = structlog.get_logger(__name__)

# A turn whose gateways keep dying is failed after this many take-overs.
MAX_TAKEOVERS = 5
SWEEP_SECONDS = 2.0
# How often a gateway looks whether somebody has stopped one of its turns.
STOP_SECONDS = 0.5
# The most turns one gateway runs at once; further ones are refused with 429.
MAX_RUNNING = 500


class TurnRunner:
    """One per gateway process."""

    def __init__(
        self,
        redis: Redis,
        dispatcher: Dispatcher,
        plans: PlanService,
        settings: GatewaySettings,
        *,
        find_session: FindSession,
        model: Model | None = None,
        functions: Callable[[Session], Functions] = functions_of,
        sandbox: Callable[[], bool] = lambda: False,
    ) -> None:
        self.redis, self._settings, self._sandbox = redis, settings, sandbox
        self.store = TurnStore(redis, f"gw_{secrets.token_hex(8)}")
        self.conversations = ConversationStore(redis)
        self._model = model or LateModel(settings)
        self.plan_ends = PlanEnds(self.store, plans, find_session, self._spawn, sandbox)
        self._loop = ReasoningLoop(
            self._model,
            dispatcher,
            plans,
            functions,
            self.store,
            max_rounds=settings.max_rounds,
            max_history_tokens=settings.max_history_tokens,
            instructions=read_instructions(settings.instructions_file),
            sandbox=sandbox,
            shared=SharedValues(redis, settings.signing_key("executor")),
        )
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns: dict[str, Turn] = {}
        lost, resume = (RedisError, LeaseLost), self._resume_abandoned
        self._loops = (
            Repeated("turn leases", self._renew, LEASE_MS / 3000, failed="turn_lease_renewal_failed", at_once=False),
            Repeated("turn sweeper", resume, SWEEP_SECONDS, failed="turn_sweep_failed", passing=lost),
            Repeated("turn stops", self._stop_wanted, STOP_SECONDS, failed="turn_stop_failed"),
        )
        # Turns of this process that somebody stopped; those of them that are being ended.
        self._stopped: set[str] = set()
        self._ending: set[str] = set()

    async def start(self) -> None:
        """Start renewing leases and resuming turns that no gateway runs."""
        for loop in self._loops:
            loop.start()

    async def warm_up(self) -> None:
        """Have the model's client imported, unless it is."""
        await self._model.warm_up()

    async def stop(self) -> None:
        """Stop the running turns and release their leases, so that another gateway resumes them."""
        await asyncio.gather(*(loop.stop() for loop in self._loops))
        running = dict(self._tasks)
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)
        for turn_id in running:
            await self.store.release(turn_id)
        await self._model.close()

    async def start_turn(
        self,
        session: Session,
        message: str,
        conversation_id: str | None,
        *,
        read_only: bool = False,
        by_program: bool = False,
        history: str = "",
    ) -> Turn:
        """Begin a turn in a conversation, or in a new one; `read_only`: nothing may be proposed in it; `by_program`: a
        program speaks for the person, so nothing in it counts as the person's own words; `history`: what that program
        says was said before, which is data.

        Raises NotFound (`conversation_not_found`), Conflict (`conversation_busy`, `conversation_full`) and Busy
        (`too_many_turns`).
        """
        if len(self._tasks) >= MAX_RUNNING:
            raise Busy("the gateway runs as many turns as it can; try again in a moment", code="too_many_turns")
        conversation = (
            await self.conversations.get(session.owner_id, conversation_id)
            if conversation_id
            else new_conversation(session, message)
        )
        turn = new_turn(
            session,
            conversation.conversation_id,
            message,
            read_only=read_only,
            by_program=by_program,
            history=history,
        )
        begun = turn_event(turn, sandbox=self._sandbox())
        new, owner, most = not conversation_id, self.store.owner, self._longest()
        try:
            await self.conversations.begin_turn(conversation, turn, begun, new=new, holder=owner, seconds=most)
        except BaseException:
            await self.store.release(turn.turn_id)
            raise
        self._spawn(turn, first=new)
        return turn

    async def cancel(self, turn: Turn, withdraw: Callable[[str], Awaitable[None]]) -> Turn:
        """Stop a turn, see `stopping.stop`; `withdraw` cancels the plan that it waits for."""
        return await stopping.stop(self.store, turn, self._stop_here, withdraw, self._end_cancelled)

    async def settled(self, turn_id: str, seconds: float) -> Turn | None:
        """The turn once it has ended or waits for approval, at most `seconds` later; None where it was deleted."""
        return await settled(self.store, turn_id, seconds, runs_here=lambda: turn_id in self._tasks)

    def _longest(self) -> int:
        """Seconds a turn may take with every take-over."""
        return math.ceil(self._settings.turn_seconds * MAX_TAKEOVERS)

    def _spawn(self, turn: Turn, *, first: bool = False) -> None:
        """Run a turn from here on; `first`: there is none before it in its conversation."""
        task = asyncio.create_task(self._run(turn, first=first), name=f"turn {turn.turn_id}")
        self._tasks[turn.turn_id], self._turns[turn.turn_id] = task, turn
        task.add_done_callback(lambda _: self._forget(turn.turn_id))

    def _forget(self, turn_id: str) -> None:
        self._tasks.pop(turn_id, None)
        self._turns.pop(turn_id, None)
        self.store.notify(turn_id)
        self._stopped.discard(turn_id)
        self._ending.discard(turn_id)

    async def _run(self, turn: Turn, *, first: bool) -> None:
        """Run a turn whose lease this gateway holds, to its end; without Redis the lease expires for another one."""
        with structlog.contextvars.bound_contextvars(turn_id=turn.turn_id, session_id=turn.session_id):
            try:
                await self._run_or_fail(turn, first=first)
            except LeaseLost:
                log.info("turn_lease_taken_over")
            except RedisError as error:
                # The lease expires by itself, and a gateway that reaches Redis then resumes the turn.
                report(log, "turn_interrupted", error)

    async def _run_or_fail(self, turn: Turn, *, first: bool) -> None:
        try:
            async with asyncio.timeout(self._settings.turn_seconds):
                await self._loop.run(turn, [] if first else await self._earlier(turn))
        except asyncio.CancelledError:
            if turn.turn_id not in self._stopped:
                raise
            await self._end_cancelled(turn)
        except TimeoutError:
            most = f"{self._settings.turn_seconds:.0f} s (TURN_SECONDS)"
            await self._fail(
                turn, DeadlineExceeded(f"the turn took longer than {most}; ask for less", code="turn_deadline_exceeded")
            )
        except AssistantError as error:
            await self._fail(turn, error)
        except LeaseLost:
            raise
        except RedisError as error:
            if is_transient(error):
                raise
            await self._fail(turn, as_error(error))
        except Exception:
            # The boundary of a background task: a defect must be logged and must not leave the turn running forever.
            log.exception("turn_crashed")
            await self._fail(turn, AssistantError("the gateway failed unexpectedly; its log has the reason. Ask again"))

    async def _fail(self, turn: Turn, error: AssistantError) -> None:
        log.warning("turn_failed", code=error.code)
        turn.status = "failed"
        turn.error = ErrorBody.of(error)
        await self.store.save(turn, error_event(turn.error), turn_event(turn, sandbox=self._sandbox()))

    async def _end_cancelled(self, turn: Turn) -> None:
        """End a turn that somebody stopped, and let its calls go."""
        log.info("turn_cancelled", turn_id=turn.turn_id)
        self._ending.add(turn.turn_id)
        if turn.status == "running":
            await self._loop.let_go(turn)
        turn.status, turn.pending = "cancelled", []
        await self.store.save(turn, turn_event(turn, sandbox=self._sandbox()))

    def _stop_here(self, turn_id: str) -> None:
        """Stop the turn now, if this process runs it."""
        task = self._tasks.get(turn_id)
        # Cancelled again until it is noticed: a cancellation that meets a reply of Redis can get lost in the client.
        if task is not None and turn_id not in self._ending:
            self._stopped.add(turn_id)
            task.cancel()

    async def _stop_wanted(self) -> None:
        for turn_id in await stopping.wanted(self.store, list(self._tasks)):
            self._stop_here(turn_id)

    async def _earlier(self, turn: Turn) -> list[list[ChatMessage]]:
        """The earlier turns of the conversation, as the model gets them."""
        before = await self.conversations.turns(turn.conversation_id, MAX_TURNS_IN_PROMPT, before=turn)
        return [messages_of(one) for one in before]

    async def _renew(self) -> None:
        for turn_id, task in list(self._tasks.items()):
            try:
                ended = self._turns[turn_id].status != "running"  # and its lease was given back, or is just now
                if not await self.store.renew(turn_id) and not (task.done() or ended):
                    log.warning("turn_lease_lost", turn_id=turn_id)
                    task.cancel()
            except RedisError as error:
                # One that cannot be renewed now does not keep the others from it.
                report(log, "turn_lease_renewal_failed", error, turn_id=turn_id)

    async def _resume_abandoned(self) -> None:
        for turn_id in await self.store.abandoned():
            if len(self._tasks) < MAX_RUNNING:
                await self._take_over(turn_id)

    async def _take_over(self, turn_id: str) -> None:
        if not await self.store.acquire(turn_id):
            return
        try:
            turn = await self.store.load(turn_id)
        except Unavailable:
            # A newer gateway's, which can read it: the lease is left to that one.
            await self.store.release(turn_id)
            return
        if turn is None or turn.status != "running":
            await self.store.forget(turn_id)
            await self.store.release(turn_id)
            return
        if await stopping.wanted(self.store, [turn_id]):
            await self._end_cancelled(turn)
            await self.store.release(turn_id)
            return
        turn.takeovers += 1
        if turn.takeovers > MAX_TAKEOVERS:
            await self._fail(
                turn,
                AssistantError(
                    f"the turn was given up after {MAX_TAKEOVERS} gateways died or stopped while running it; ask again",
                    code="turn_abandoned",
                ),
            )
            await self.store.release(turn_id)
            return
        log.info("turn_taken_over", turn_id=turn_id, takeovers=turn.takeovers)
        # The unfinished round's text is streamed again: `round` tells a client which round's text to discard.
        await self.store.save(turn, turn_event(turn, sandbox=self._sandbox(), resumed=True))
        self._spawn(turn)
