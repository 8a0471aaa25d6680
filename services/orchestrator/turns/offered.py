"""The functions offered to the model and over REST: the workers' tools and operations, and the proposing functions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from services.orchestrator.sessions.fencing import is_inside
from services.orchestrator.sessions.service import Session
from services.orchestrator.turns.function_calls import ACCOUNT, Functions
from shared.catalog import CATALOG, CatalogEntry
from shared.fences import Perimeter
from shared.messages import Effect

_STEP: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {
            "type": "string",
            "pattern": "^[A-Za-z][A-Za-z0-9_-]*$",
            "description": "A short name of the step, for `needs` and `$from`.",
        },
        "operation": {"type": "string", "description": "The name of an operation, as create_iam_role."},
        "arguments": {
            "type": "object",
            "description": 'The operation\'s arguments. A value may be {"$from": "STEP_ID.path"}, a field of an '
            'earlier step\'s result, as {"$from": "role.arn"}.',
        },
        "needs": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Ids of steps that must be done before; those named by $from are needed anyway.",
        },
    },
    "required": ["id", "operation", "arguments"],
    "additionalProperties": False,
}

_PLAN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "goal": {"type": "string", "description": "What the changes are for, in words, for the person who decides."},
        "steps": {"type": "array", "items": _STEP, "minItems": 1, "maxItems": 50},
        "on_failure": {
            "type": "string",
            "enum": ["undo", "keep"],
            "default": "undo",
            "description": "Whether what was made is undone when a later step fails.",
        },
    },
    "required": ["goal", "steps"],
    "additionalProperties": False,
}

PROPOSE_PLAN = CatalogEntry(
    name="propose_plan",
    kind="tool",
    agent="executor",
    effect=Effect.WRITE,
    description=(
        "Propose several changes to the account as one plan, of steps that may use results of earlier steps. "
        "Nothing is changed before a person has approved the plan. Use it where changes belong together."
    ),
    parameters=_PLAN,
    returns={
        "type": "object",
        "properties": {"plan": {"type": "object", "description": "The plan's end: its status, its steps' results."}},
    },
)


PROPOSE_UNDO = CatalogEntry(
    name="propose_undo",
    kind="tool",
    agent="executor",
    effect=Effect.WRITE,
    description=(
        "Propose to undo a plan that has ended: what it did is taken back in reverse order, where nobody has changed "
        "it since. Nothing is changed before a person has approved. Call it alone."
    ),
    parameters={
        "type": "object",
        "properties": {"plan_id": {"type": "string", "description": "The plan_id of the plan to undo, as pln_…"}},
        "required": ["plan_id"],
        "additionalProperties": False,
    },
    returns=PROPOSE_PLAN.returns,
)


_ACCOUNT: dict[str, Any] = {
    "type": "string",
    "description": "The account to change, by id or name: the one that the user named. Ask where they named none.",
}


def functions_of(session: Session) -> Functions:
    """What is offered to the model in a session: not what its fences leave out, and accounts where it holds several."""
    functions: Functions = _functions_of(session.perimeter, len(session.accounts) > 1)
    return functions


@lru_cache(maxsize=64)
def _functions_of(perimeter: Perimeter, several: bool) -> Functions:
    # A perimeter is compared by its fences: sessions with the same ones share what they are offered.
    entries = [entry for entry in offered().values() if is_inside(perimeter, entry)]
    return Functions(
        (_for_several(entry) if several else _for_one(entry) for entry in entries), read_only=perimeter.is_read_only
    )


def _for_several(entry: CatalogEntry) -> CatalogEntry:
    """A change function also takes the account; what undoes a plan is in that plan's."""
    if not entry.is_change or entry.name == PROPOSE_UNDO.name:
        return entry
    properties = {**entry.parameters.get("properties", {}), ACCOUNT: _ACCOUNT}
    required = [*entry.parameters.get("required", ()), ACCOUNT]
    return entry.model_copy(update={"parameters": {**entry.parameters, "properties": properties, "required": required}})


def _for_one(entry: CatalogEntry) -> CatalogEntry:
    """A reading function without its argument for accounts, which says nothing where there is one."""
    properties = dict(entry.parameters.get("properties", {}))
    named = [properties.pop(name, None) for name in (ACCOUNT, "accounts")]
    if entry.is_change or not any(named):
        return entry
    return entry.model_copy(update={"parameters": {**entry.parameters, "properties": properties}})


@lru_cache(maxsize=1)
def offered() -> dict[str, CatalogEntry]:
    """Everything that may be offered, by name; internal tools are not."""
    entries = [*(entry for entry in CATALOG if not entry.internal), PROPOSE_PLAN, PROPOSE_UNDO]
    return {entry.name: entry for entry in entries}
