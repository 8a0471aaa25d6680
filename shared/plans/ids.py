"""A plan's id, from the call that has it prepared: known before there is a plan, and the same if it is repeated.

And the id of the call that has it reviewed.
"""

from __future__ import annotations

import hashlib

from shared.plans.plan import Plan


def plan_id_of(session_id: str, call_id: str) -> str:
    """The id of the plan that this call of a session prepares: a message delivered twice makes one plan."""
    return "pln_" + hashlib.sha256(f"{session_id}\n{call_id}".encode()).hexdigest()[:24]


def review_call_id(plan: Plan) -> str:
    """The call by which the advisor reviews exactly this plan: its answer is signed together with this id."""
    return f"{plan.plan_id}.{plan.digest}.review"
