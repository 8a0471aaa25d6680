"""How a turn looks over REST."""

from __future__ import annotations

from typing import Any

from services.orchestrator.times import iso
from services.orchestrator.turns.store import Turn


def turn_view(turn: Turn, plan: dict[str, Any] | None = None) -> dict[str, Any]:
    """A turn as REST shows it. `plan` is the view of the plan it waits for or last made."""
    view: dict[str, Any] = {
        "conversation_id": turn.conversation_id,
        "turn_id": turn.turn_id,
        "status": turn.status,
        "message": turn.message,
        "answer": turn.answer,
        "steps": turn.steps,
        "identity": {
            "account": turn.session.account,
            "caller_arn": turn.session.caller_arn,
            "region": turn.session.region,
        },
        "usage": turn.usage.model_dump(mode="json"),
        "created_at": iso(turn.created_at),
        "updated_at": iso(turn.updated_at),
        "links": {"self": f"/v1/turns/{turn.turn_id}", "events": f"/v1/turns/{turn.turn_id}/events"},
    }
    if turn.plan_ids:
        view["plan_ids"] = turn.plan_ids
    if plan is not None:
        view["plan"] = plan
    if turn.error is not None:
        view["error"] = turn.error.model_dump(mode="json")
    return view
