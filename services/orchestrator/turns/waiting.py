"""A turn that waits for a plan: the one that its model proposed, or the one that a person has edited into its place."""

from __future__ import annotations

from services.orchestrator.plans.view import PlanAnswer
from services.orchestrator.turns.events import answer_event, turn_event
from services.orchestrator.turns.store import Event, Turn, TurnStore
from services.orchestrator.turns.text import waiting_answer
from shared.plans.plan import Plan


async def wait_for(store: TurnStore, turn: Turn, plan: Plan, *, sandbox: bool) -> None:
    """Save the turn as waiting for the plan, with its events. The caller holds the lease, else LeaseLost."""
    turn.status = "waiting_for_approval"
    turn.plan_id = plan.plan_id
    turn.plan_ids.append(plan.plan_id)
    turn.answer = waiting_answer(plan)
    shown = Event("plan", PlanAnswer.of(plan))
    await store.save(turn, shown, answer_event(turn, sandbox=sandbox), turn_event(turn, sandbox=sandbox))
