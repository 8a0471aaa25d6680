"""The form in which a plan is edited, and what of it was changed: what was not is not sent, and keeps its marks."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import JsonValue

from services.orchestrator.web.views.schema_form import kind_of, options_of
from shared.catalog import CATALOG
from shared.errors import InvalidArguments
from shared.iam.policy_json import NotJson, load_json
from shared.plans.plan import Plan
from shared.plans.step import Step
from shared.text.answers import visible

_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    entry.name: entry.parameters for entry in CATALOG if entry.kind == "operation"
}
_PREFIX = "argument"


@dataclass(frozen=True, slots=True)
class EditField:
    """An argument as a field: `kind` text as it is, or any value as JSON. `key` names it in the form."""

    key: str
    name: str
    kind: Literal["text", "json"]
    text: str
    required: bool
    description: str
    options: tuple[str, ...]
    untrusted: bool


@dataclass(frozen=True, slots=True)
class EditStep:
    """A step as a part of the form; where it takes back another plan's step it can only be left out."""

    number: int
    step: Step
    fields: tuple[EditField, ...]


def edit_steps(plan: Plan) -> tuple[EditStep, ...]:
    """The whole form."""
    return tuple(
        EditStep(number, step, tuple(_fields(number, step)) if step.undoes is None else ())
        for number, step in enumerate(plan.steps, 1)
    )


def _fields(number: int, step: Step) -> Iterator[EditField]:
    schema = _PARAMETERS.get(step.operation, {})
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    for name in dict.fromkeys([*step.arguments, *properties]):
        told = properties.get(name, {})
        value = step.arguments.get(name)
        kind: Literal["text", "json"] = "text" if _is_text(value, told) else "json"
        yield EditField(
            key=f"{_PREFIX}.{number}.{name}",
            name=name,
            kind=kind,
            text=_text(value, kind),
            required=name in schema.get("required", ()),
            description=str(told.get("description", "")),
            options=options_of(told),
            untrusted=name in step.untrusted,
        )


def _is_text(value: JsonValue, told: Mapping[str, Any]) -> bool:
    """Whether it is a text that a field of one line shows as it is; an argument without a value by its schema."""
    if value is None:
        return kind_of(told) == "text"
    return isinstance(value, str) and "\n" not in value and value == visible(value)


def _text(value: JsonValue, kind: Literal["text", "json"]) -> str:
    if value is None:
        return ""
    return str(value) if kind == "text" else json.dumps(value, indent=2, ensure_ascii=True)


def read_edit(
    plan: Plan, left_out: Sequence[str], fields: Mapping[str, str]
) -> tuple[list[str], dict[str, dict[str, JsonValue]]]:
    """What a sent form changes: steps to remove, and arguments by step. Raises InvalidArguments (`invalid_request`).

    `fields` has the form's texts by `EditField.key`.
    """
    form = edit_steps(plan)
    remove = [one.step.id for one in form if str(one.number) in left_out]
    arguments: dict[str, dict[str, JsonValue]] = {}
    for one in form:
        changed = dict(_changes(one, fields)) if one.step.id not in remove else {}
        if changed:
            arguments[one.step.id] = changed
    return remove, arguments


def _changes(one: EditStep, fields: Mapping[str, str]) -> Iterator[tuple[str, JsonValue]]:
    for field in one.fields:
        text = fields.get(field.key, field.text)
        if text == field.text:
            continue
        yield field.name, _value(one.step, field, text)


def _value(step: Step, field: EditField, text: str) -> JsonValue:
    """What was written; None, which leaves the argument out, where nothing was."""
    if not text.strip():
        return None
    if field.kind == "text":
        return text
    try:
        value: JsonValue = load_json(text)
    except NotJson as error:
        raise InvalidArguments(f"{step.id}.{field.name} is not JSON: {error}", code="invalid_request") from None
    return value


def written(remove: Collection[str], arguments: Mapping[str, Mapping[str, JsonValue]]) -> dict[str, JsonValue]:
    """The edit as `POST /v1/plans/{id}/edit` takes it, as it is searched for secrets."""
    return {"remove": list(remove), "arguments": {step: dict(given) for step, given in arguments.items()}}
