"""What a comparison found, in words: for its page and for the web page alike."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from services.orchestrator.plans.drift.model import PlanDrift, Verdict
from shared.plans.drift import DriftState

VERDICTS: Mapping[Verdict, str] = {
    "drifted": "Not everything is as the plan left it",
    "as_left": "Everything that was compared is as the plan left it",
    "not_certain": "Not certain: part of it could not be compared; the rest is as the plan left it",
}
STATES: Mapping[DriftState, str] = {
    "as_left": "as it was left",
    "changed": "CHANGED",
    "gone": "GONE",
    "unknown": "not known",
}
NOBODY = "AWS's event history has no change of it"


def shown(value: JsonValue, size: int | None) -> str:
    """A value as text; where it was cut, with its size in characters."""
    if value is None:
        return "not set"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text + (f" (cut; {size} characters)" if size is not None else "")


def in_numbers(found: PlanDrift) -> str:
    """How many steps there are of each state."""
    words = (f"{count} {STATES[state].lower()}" for state, count in found.counts.items() if count)
    return ", ".join(words) or "no step left anything"
