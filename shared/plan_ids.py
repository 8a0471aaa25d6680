"""A plan's id, from the call that has it prepared: known before there is a plan, and the same if it is repeated."""

from __future__ import annotations

import hashlib


def plan_id_of(session_id: str, call_id: str) -> str:
    """The id of the plan that this call of a session prepares: a message delivered twice makes one plan."""
    return "pln_" + hashlib.sha256(f"{session_id}\n{call_id}".encode()).hexdigest()[:24]
