"""What comes of a turn whose plan has ended: it goes on to its closing answer, or waits for the plan's edited form."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from services.orchestrator.plans.service import PlanService
from services.orchestrator.plans.view import PlanAnswer
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.context.results import plan_results
from services.orchestrator.turns.events import turn_event
from services.orchestrator.turns.store import ENDED, Event, Turn, TurnStore
from services.orchestrator.turns.waiting import wait_for
from shared.broker.failures import LeaseLost
from shared.errors import Unavailable
from shared.plans.plan import Plan

# How long a plan that has ended waits until its turn is stored as waiting for it.
SETTLE_SECONDS = 10.0

# An open session by its id, None where it has ended.
FindSession = Callable[[str], Awaitable[Session | None]]


class PlanEnds:
    """Hears of plans that ended or were reviewed; `go_on` runs a turn whose lease this gateway holds."""

    def __init__(
        self,
        store: TurnStore,
        plans: PlanService,
        find_session: FindSession,
        go_on: Callable[[Turn], None],
        sandbox: Callable[[], bool],
    ) -> None:
        self._store, self._plans, self._find_session = store, plans, find_session
        self._go_on, self._sandbox = go_on, sandbox

    async def ended(self, plan: Plan) -> None:
        """Resume the turn that waits for this plan.

        Idempotent per plan: a repeated notification does nothing, nor does the second end of a plan that was
        `in_doubt` first. Raises Unavailable where the turn cannot be resumed now; the caller tries again later.
        """
        if plan.turn_id is None:
            return
        give_up = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < give_up:
            turn = await self._store.load(plan.turn_id)
            if turn is None or turn.status in ENDED:
                return
            if plan.plan_id in turn.plan_ids and plan.plan_id != turn.plan_id:
                return
            if turn.plan_id == plan.plan_id and await self._continue_after(plan):
                return
            await asyncio.sleep(0.1)
        raise Unavailable(
            "the turn that waits for the plan is not stored as waiting yet; try again", code="turn_not_settled"
        )

    async def reviewed(self, plan: Plan) -> bool:
        """Tell the followers of the plan's turn that its review has come; False where the turn does not wait yet."""
        turn = await self._store.load(plan.turn_id) if plan.turn_id else None
        if turn is None or turn.status in ENDED:
            return True
        if turn.plan_id != plan.plan_id:
            return plan.plan_id in turn.plan_ids  # it went on, and was told with the plan's end
        await self._store.announce(turn.turn_id, Event("plan_reviewed", PlanAnswer.of(plan)))
        return True

    async def _continue_after(self, plan: Plan) -> bool:
        assert plan.turn_id is not None
        if not await self._store.acquire(plan.turn_id):
            return False
        turn = await self._store.load(plan.turn_id)
        if turn is None or turn.status != "waiting_for_approval" or turn.plan_id != plan.plan_id:
            await self._store.release(plan.turn_id)
            return False
        if plan.replaced_by is not None:
            try:
                edited = await self._plans.get(turn.session, plan.replaced_by)
                await wait_for(self._store, turn, edited, sandbox=self._sandbox())
            except LeaseLost:
                return False
            finally:
                await self._store.release(turn.turn_id)
            return True
        if plan.runs_in is not None and plan.runs_in != turn.session_id:
            # The turn goes on with the credentials that ran its plan: those it began with may have ended.
            turn.session = await self._find_session(plan.runs_in) or turn.session
        turn.messages.extend(plan_results(turn, plan))
        turn.status, turn.answer = "running", ""
        turn.plan_id, turn.pending, turn.rounds, turn.takeovers = None, [], 0, 0
        event = Event("plan", PlanAnswer.of(plan))
        try:
            await self._store.save(turn, event, turn_event(turn, sandbox=self._sandbox()))
        except LeaseLost:
            return False
        self._go_on(turn)
        return True
