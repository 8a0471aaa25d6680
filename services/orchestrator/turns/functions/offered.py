"""The functions offered to the model, and those that REST lists: the workers' tools and operations, and the proposing
functions.

A model is offered the reading tools and the proposing functions alone, all of them brief (`brief.py`), without what its
instructions say already; it names an operation in a step of `propose_plan`. It may call an operation as a function all
the same: that is a plan of one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from services.orchestrator.sessions.fencing import is_inside
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.function_calls import Functions
from services.orchestrator.turns.functions.brief import brief
from services.orchestrator.turns.functions.signatures import signatures
from services.orchestrator.turns.proposals.proposal import ACCOUNT
from shared.catalog import CATALOG, CatalogEntry
from shared.messages import Effect
from shared.sessions.fences import Perimeter

_STEP: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {
            "type": "string",
            "pattern": "^[A-Za-z][A-Za-z0-9_-]*$",
            "description": "For `needs` and `$from`; a short name of the step.",
        },
        "operation": {"type": "string", "description": "The name of an operation, such as create_iam_role."},
        "arguments": {
            "type": "object",
            "description": 'The operation\'s arguments, or {"$from": "STEP_ID.path"} for a value of an earlier step\'s '
            'result; as {"$from": "role.arn"}.',
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
        "goal": {"type": "string", "description": "What the changes are for; in words, for the person who decides."},
        "steps": {"type": "array", "items": _STEP, "minItems": 1, "maxItems": 50},
        "on_failure": {
            "type": "string",
            "enum": ["undo", "keep"],
            "default": "undo",
            "description": "What becomes of finished steps if one fails.",
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
    brief="Propose all changes that the user asked for as one plan. Nothing changes before a person approves it.",
    description=(
        "Propose all changes that the user asked for as one plan, of steps that may use results of earlier steps. "
        "Nothing is changed before a person has approved the plan."
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
    brief="Propose to undo a plan that has ended. Call it alone.",
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


# Reading tools that a model is not sent, since its instructions say the same; a call of one is understood.
SAID_IN_INSTRUCTIONS = frozenset({"get_caller_identity"})

_ACCOUNTS = "accounts"  # of every reading function
_ACCOUNT: dict[str, Any] = {
    "type": "string",
    "description": "The one to change, by id or name: the one that the user named.",
}


def functions_of(session: Session) -> Functions:
    """What is offered to the model in a session: not what its fences leave out, and accounts where it holds several."""
    functions: Functions = _functions_of(session.perimeter, len(session.accounts) > 1)
    return functions


@lru_cache(maxsize=64)
def _functions_of(perimeter: Perimeter, several: bool) -> Functions:
    # A perimeter is compared by its fences: sessions with the same ones share what they are offered.
    entries = [entry for entry in offered().values() if is_inside(perimeter, entry)]
    operations = [entry for entry in entries if entry.kind == "operation"]
    tools = [brief(entry) for entry in entries if entry.kind == "tool"]
    adapted = _for_several if several else _for_one
    return Functions(
        (adapted(_with_operations(one, operations)) for one in tools if one.name not in SAID_IN_INSTRUCTIONS),
        operations=[adapted(entry) for entry in operations],
        understood=[adapted(one) for one in tools if one.name in SAID_IN_INSTRUCTIONS],
        read_only=perimeter.is_read_only,
    )


def _with_operations(entry: CatalogEntry, operations: Iterable[CatalogEntry]) -> CatalogEntry:
    """`propose_plan` with a line for each operation that a step may name; anything else as it is.

    They stand with the argument, since OpenAI takes 1,024 characters of a function's own description at most.
    """
    if entry.name != PROPOSE_PLAN.name:
        return entry
    listed = {"type": "string", "description": f"One of these, with these arguments:\n{signatures(operations)}"}
    steps = entry.parameters["properties"]["steps"]
    step = {**steps["items"], "properties": {**steps["items"]["properties"], "operation": listed}}
    return _with_properties(entry, {**entry.parameters["properties"], "steps": {**steps, "items": step}})


def _for_several(entry: CatalogEntry) -> CatalogEntry:
    """A change function also takes the account; what undoes a plan is in that plan's."""
    properties = dict(entry.parameters.get("properties", {}))
    if not entry.is_change and _ACCOUNTS in properties:
        # The instructions say once what it means in all of them.
        properties[_ACCOUNTS] = {key: properties[_ACCOUNTS][key] for key in ("type", "items")}
        return _with_properties(entry, properties)
    if not entry.is_change or entry.name == PROPOSE_UNDO.name:
        return entry
    required = [*entry.parameters.get("required", ()), ACCOUNT]
    return _with_properties(entry, {**properties, ACCOUNT: _ACCOUNT}, required)


def _for_one(entry: CatalogEntry) -> CatalogEntry:
    """A reading function without its argument for accounts, which says nothing where there is one."""
    properties = entry.parameters.get("properties", {})
    if entry.is_change or not {ACCOUNT, _ACCOUNTS} & properties.keys():
        return entry
    kept = {name: schema for name, schema in properties.items() if name not in (ACCOUNT, _ACCOUNTS)}
    return _with_properties(entry, kept)


def _with_properties(
    entry: CatalogEntry, properties: Mapping[str, Any], required: Sequence[str] | None = None
) -> CatalogEntry:
    parameters = {**entry.parameters, "properties": properties} | ({"required": required} if required else {})
    return entry.model_copy(update={"parameters": parameters})


@lru_cache(maxsize=1)
def offered() -> dict[str, CatalogEntry]:
    """Everything that may be called or be a step, by name; internal tools are not."""
    entries = [*(entry for entry in CATALOG if not entry.internal), PROPOSE_PLAN, PROPOSE_UNDO]
    return {entry.name: entry for entry in entries}
