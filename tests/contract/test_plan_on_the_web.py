"""The web page of a plan leaves nothing out: every argument of every operation, and every part of a plan's record."""

from __future__ import annotations

import html
import re
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from services.executor.operations import OPERATIONS
from services.executor.registry.operation import Operation
from services.orchestrator.web.rendering import render
from services.orchestrator.web.views.plan.parts import parts_of
from services.orchestrator.web.views.plan.shown import plan_shown
from shared.messages import Effect, Finding, Identity
from shared.plans.plan import Plan, Review
from shared.plans.step import Cost, CostPart, PolicyReach, PropertyChange, Step, StepRef
from tests.unit.executor.proposal.test_page import leaves, plan_of, value_of

# By model, what its page says in other words, or need not say, and why.
IN_OTHER_WORDS: dict[str, dict[str, str]] = {
    "Plan": {
        "v": "the record's form",
        "session_id": "of the session that proposed it; the page shows account and caller",
        "owner": "who may see it at all",
        "turn_id": "where it was proposed",
        "created_at": "in the list of plans",
        "runs_in": "a session of its owner",
        "summary": "the page in text, made anew",
        "acknowledge": "the boxes and fields beside the findings",
        "cancel_requested": "in the status",
        "approvers": "a number",
        "limits": "in a sentence",
        "on_failure": "in a sentence",
        "status": "as a word and a sentence",
        "proposed_by": "in a sentence",
        "expires_at": "as a date, while it can be approved",
        "decided_at": "as a date",
        "ended_at": "as a date",
    },
    "Step": {
        "reversible": "beside the undo",
        "also": "for rules and limits, whose word the page has",
        "permission": "in words",
        "effect": "as a word",
        "needs": "names of steps",
        "status": "as a word",
        "started_at": "as a date",
        "ended_at": "as a date",
        "answered": "whether it still asks",
        "untrusted": "as a mark on the argument",
    },
    "PropertyChange": {"kind": "in words, where a value is not there"},
    "Cost": {"currency": "with the amount", "per": "with the amount", "source": "a page of AWS's; REST has it"},
    "CostPart": {"ends": "in words"},
    "Finding": {"path": "REST has it", "id": "in the form"},
    "ToAcknowledge": {"finding_id": "in the form", "typed": "beside its field"},
    "Identity": {"region_source": "in words"},
    "StepUndo": {"partly": "in words"},
    "PolicyReach": {"unread": "instead of what it allows"},
    "RoleReach": {"unread": "instead of its policies"},
    "Review": {"status": "none, or what it says", "reason": "where there is none", "verdict": "in words"},
    "Risk": {"severity": "as a word"},
    "ErrorBody": {"retryable": "for programs", "status": "for programs"},
}


def page_of(plan: Plan, before: Plan | None = None) -> str:
    """The words of the page without the plan's text page, which would have everything anyhow."""
    shown = plan_shown(plan, before, sandbox=True)
    parts = parts_of(shown, "token")
    parts["identity"] = render("plan/identity.html", shown=shown, plan=plan, sandbox=True)
    return html.unescape(re.sub(r"<[^>]+>", "", " ".join(parts.values())))


@pytest.mark.parametrize("operation", list(OPERATIONS), ids=lambda operation: str(operation.name))
def test_no_argument_of_any_operation_is_missing(operation: Operation) -> None:
    fields = operation.arguments_model.model_fields
    arguments = {name: value_of(field.annotation, name) for name, field in fields.items()}
    made = Step(
        id="one",
        operation=operation.name,
        arguments=arguments,
        title="A title that says nothing",
        effect=operation.effect,
        reversible=operation.reversible,
    )
    page = page_of(plan_of(made))
    for name, value in arguments.items():
        for leaf in (name, *leaves(value)):
            assert leaf in page, f"{leaf!r} of {operation.name}'s argument {name} is not on the page"


def _model_of(annotation: Any) -> type[BaseModel] | None:
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def filled(model: type[BaseModel], path: str, **given: Any) -> Any:
    """An instance in which every part has a value of its own, that is on no page by chance."""
    values = dict(given)
    for name, field in model.model_fields.items():
        if name not in values:
            values[name] = _value(field.annotation, f"{path}.{name}")
    return model(**values)


def _value(annotation: Any, path: str) -> Any:
    origin, members = get_origin(annotation), get_args(annotation)
    if origin is UnionType or type(None) in members:
        return _value(next(one for one in members if one is not type(None)), path)
    if origin is tuple:
        return (_value(members[0], path),)
    if inner := _model_of(annotation):
        given = {PolicyReach: {"unread": None}, PropertyChange: {"kind": "changed", "hidden": False}}
        return filled(inner, path, **given.get(inner, {}))
    if origin is Literal:
        return members[-1]
    if origin is dict:
        return {f"key-of-{path}": f"value-of-{path}"}
    simple: dict[Any, Any] = {str: f"value-of-{path}", int: 918, float: 1.0, bool: True, Effect: Effect.WRITE}
    return simple.get(annotation, f"value-of-{path}")


def shown_leaves(value: Any, model: type[BaseModel] | None = None) -> list[str]:
    """Every text in a record that its page has to have."""
    if isinstance(value, BaseModel):
        told = IN_OTHER_WORDS.get(type(value).__name__, {})
        return [
            leaf for name in type(value).model_fields if name not in told for leaf in shown_leaves(getattr(value, name))
        ]
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in shown_leaves(item)]
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in (key, *shown_leaves(item))]
    return [value] if isinstance(value, str) and value.startswith("value-of") else []


def full_plan(status: str) -> Plan:
    """A plan in which nothing is empty; before it runs no step has failed or waits for AWS."""
    begun: dict[str, Any] = {} if status == "running" else {"error": None, "waiting": None}
    cost = Cost(amount="1.5", per="month", note="value-of-cost", parts=(filled(CostPart, "part"),))
    step = filled(
        Step, "step", id="one", operation="create_iam_role", cost=cost,
        undoes=StepRef(plan_id="pln_other", step="value-of-undoes"), status="done", **begun,
    )  # fmt: skip
    finding = filled(Finding, "finding", id="fnd_1", step="one", code="value-of-code", severity="low")
    identity = filled(Identity, "identity")
    review = filled(Review, "review", status="reviewed", suggested_policy=None)
    made = filled(
        Plan, "plan", plan_id="pln_1", session_id="ses_1", turn_id="trn_1", undoes="pln_undone", runs_in="ses_2",
        status=status, identity=identity, steps=(step,), findings=(finding,), replaces="pln_replaced",
        replaced_by="pln_replacing", approved_by="grt_value-of-grant", owner=None, review=review, ended_at=None,
    )  # fmt: skip
    assert isinstance(made, Plan)
    return made


@pytest.mark.parametrize("status", ["proposed", "running"])
def test_no_part_of_a_plans_record_is_missing(status: str) -> None:
    plan = full_plan(status)
    page = page_of(plan)
    missing = [leaf for leaf in shown_leaves(plan) if leaf not in page and leaf.removesuffix(".") not in page]
    assert missing == [], "show it, or say in IN_OTHER_WORDS why not"


def test_every_word_of_the_exceptions_is_still_a_field() -> None:
    models = {one.__name__: one for one in _models(Plan)}
    for name, fields in IN_OTHER_WORDS.items():
        assert fields.keys() <= models[name].model_fields.keys(), name


def _models(model: type[BaseModel]) -> list[type[BaseModel]]:
    inner = [_model_of(field.annotation) or _model_of(next(iter(get_args(field.annotation)), None)) for field in
             model.model_fields.values()]  # fmt: skip
    return [model, *(one for found in inner if found for one in _models(found))]


def test_these_checks_can_fail() -> None:
    plan = full_plan("proposed")
    assert any(leaf not in "an empty page" for leaf in shown_leaves(plan))
    assert len(shown_leaves(plan)) > 25
