"""The plan that a model asks for: `propose_plan`'s arguments, operations called as functions, or several of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, JsonValue, ValidationError

from services.orchestrator.turns.function_calls import Call
from services.orchestrator.turns.proposals.mended_steps import mended
from shared.errors import InvalidArguments
from shared.messages import Message
from shared.plans.step import ProposedStep
from shared.tools import describe

PROPOSE_PLAN = "propose_plan"
PROPOSE_UNDO = "propose_undo"
# Of every change function, where the session holds several accounts; no operation has an argument of that name.
ACCOUNT = "account"
MAX_GOAL_CHARS = 300


class Proposal(Message):
    """A plan as the model asked for it. Without a goal of its own it is for what the user's message says."""

    goal: str = Field(default="", max_length=2000)
    steps: tuple[ProposedStep, ...] = Field(min_length=1)
    on_failure: Literal["undo", "keep"] = "undo"
    account: str | None = Field(default=None, min_length=1, max_length=100)


def plan_to_undo(calls: Sequence[Call]) -> str | None:
    """The id of the plan that the calls ask to undo; None where they ask for other changes. Raises InvalidArguments."""
    undoing = [call for call in calls if call.name == PROPOSE_UNDO]
    if not undoing:
        return None
    if len(calls) > 1:
        raise InvalidArguments(f"{PROPOSE_UNDO} is a plan of its own; call it alone", code="undo_not_alone")
    plan_id = undoing[0].arguments.get("plan_id")
    if not isinstance(plan_id, str) or len(undoing[0].arguments) != 1:
        raise InvalidArguments(f"{PROPOSE_UNDO} takes plan_id, the id of the plan to undo")
    return plan_id


def merge(calls: Sequence[Call], message: str, operations: Mapping[str, Mapping[str, Any]]) -> Proposal:
    """All change calls of one model message as one proposal; ids are unique in it.

    A direct call becomes a step `s1`, `s2`…; where a whole plan's ids collide with others they are renamed,
    in its references too. `operations` are their schemas, by name. Raises InvalidArguments.
    """
    goals: list[str] = []
    steps: list[ProposedStep] = []
    accounts: dict[str, None] = {}
    keep = False
    for call in calls:
        proposal = _proposal(call, operations)
        keep = keep or proposal.on_failure == "keep"
        if proposal.account is not None:
            accounts[proposal.account] = None
        if proposal.goal:
            goals.append(proposal.goal)
        steps.extend(_with_unique_ids(proposal.steps, {step.id for step in steps if step.id}))
    goal = "; ".join(goals) or " ".join(message.split())[:MAX_GOAL_CHARS]
    if len(accounts) > 1:
        raise InvalidArguments(
            f"a plan changes one account, and these calls name {', '.join(accounts)}; propose a plan for each",
            code="several_accounts",
        )
    account = next(iter(accounts), None)
    return Proposal(goal=goal, steps=tuple(steps), on_failure="keep" if keep else "undo", account=account)


def _proposal(call: Call, operations: Mapping[str, Mapping[str, Any]]) -> Proposal:
    try:
        if call.name == PROPOSE_PLAN:
            return Proposal.model_validate(mended(call.arguments, operations))
        arguments = {name: value for name, value in call.arguments.items() if name != ACCOUNT}
        step = ProposedStep(operation=call.name, arguments=arguments)
        return Proposal.model_validate({"steps": (step,), "account": call.arguments.get(ACCOUNT)})
    except ValidationError as error:
        raise InvalidArguments(f"{call.name}: {describe(error)}") from None


def _with_unique_ids(steps: Sequence[ProposedStep], taken: set[str]) -> list[ProposedStep]:
    given = {step.id for step in steps if step.id}
    fresh = (f"s{number}" for number in range(1, 10_000))
    free: Iterator[str] = (name for name in fresh if name not in taken and name not in given)
    renamed = {name: next(free) for name in sorted(given & taken)}
    unique = []
    for step in steps:
        step_id = renamed.get(step.id, step.id) if step.id else next(free)
        needs = tuple(renamed.get(need, need) for need in step.needs)
        arguments = {name: _renamed(value, renamed) for name, value in step.arguments.items()}
        unique.append(step.model_copy(update={"id": step_id, "needs": needs, "arguments": arguments}))
    return unique


def _renamed(value: JsonValue, renamed: Mapping[str, str]) -> JsonValue:
    """The value with every `{"$from": "STEP_ID.path"}` pointing at the new ids."""
    if isinstance(value, dict):
        reference = value.get("$from")
        if len(value) == 1 and isinstance(reference, str):
            step_id, dot, path = reference.partition(".")
            return {"$from": f"{renamed.get(step_id, step_id)}{dot}{path}"}
        return {key: _renamed(item, renamed) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, renamed) for item in value]
    return value
