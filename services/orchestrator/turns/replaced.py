"""A turn whose plan a person has edited: it waits for the edited form instead, and the model is not asked."""

from __future__ import annotations

from services.orchestrator.plans.view import PlanAnswer
from services.orchestrator.turns.events import answer_event, turn_event
from services.orchestrator.turns.store import Event, Turn, TurnStore
from services.orchestrator.turns.text import waiting_answer
from shared.messages import Plan


async def wait_for_instead(store: TurnStore, turn: Turn, edited: Plan, *, sandbox: bool) -> None:
    """Save the turn as waiting for the edited plan, with its events. The caller holds the lease, else LeaseLost."""
    turn.plan_id = edited.plan_id
    turn.plan_ids.append(edited.plan_id)
    turn.answer = waiting_answer(edited)
    shown = Event("plan", PlanAnswer.of(edited))
    await store.save(turn, shown, answer_event(turn, sandbox=sandbox), turn_event(turn, sandbox=sandbox))
