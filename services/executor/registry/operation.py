"""One operation: a function that changes AWS, and all that is declared of it.

Titles, ARNs and context keys are templates over the arguments, what is `derived` from them, and `partition`, `account`,
`region`.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, JsonValue, TypeAdapter

from services.executor.calls.request import Request
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext, ReadFile
from services.executor.registry.declared import Declared
from services.executor.registry.drift import DriftCheck
from services.executor.registry.facts import Question
from services.executor.registry.forms import table as forms
from services.executor.registry.hooks import Hook, ask
from services.executor.registry.location import Location
from shared.access.arn_forms import check_name
from shared.iam.policy_json import PolicyKind
from shared.messages import Effect
from shared.plans.step import Cost
from shared.text.plain import named
from shared.tools import parameters_schema, typed_arguments

# The placeholder in an expected result for values that are known only after the step has run.
UNKNOWN = "known-after-the-step-ran"


# (the step's result) -> the inverse's arguments, None where this step cannot be undone
ArgumentsOf = Callable[[Mapping[str, Any]], Mapping[str, JsonValue] | None]


@dataclass(frozen=True, slots=True)
class Undo:
    """The inverse of an operation: its arguments by name, each taken from a field of the step's result.

    Or a function that makes the arguments from the result, with what the step recorded in it.
    """

    operation: str
    arguments: Mapping[str, str] | ArgumentsOf
    note: str = ""

    def arguments_of(self, result: JsonValue) -> dict[str, JsonValue] | None:
        """The inverse's arguments for a step with this result; None where it cannot be undone."""
        fields = result if isinstance(result, dict) else {}
        if isinstance(self.arguments, Mapping):
            return {argument: fields[field] for argument, field in self.arguments.items()}
        made = self.arguments(fields)
        return None if made is None else dict(made)


@dataclass(frozen=True, slots=True)
class Operation:
    """One registered function with its schemas and what was declared of it; see `declaration.operation`.

    What holds of a step, with its arguments, is `declared`; the fields here are of all of its steps.
    """

    name: str
    description: str
    effect: Effect
    deletes: bool
    holds_data: str | None
    reversible: Literal["yes", "partly", "no"]
    undo: Undo | None
    drift: DriftCheck | None
    compares: str
    title: str
    iam: Mapping[str, tuple[str, ...]]
    context_keys: Mapping[str, Mapping[str, str]]
    expects: Mapping[str, str]
    files: tuple[str, ...]
    documents: Mapping[str, PolicyKind]
    cost: Cost
    conflicts: Conflicts
    declares: Hook | None
    slow: bool
    without_region: Callable[[Mapping[str, JsonValue]], bool]
    check: Hook
    derived: Hook
    policies: Hook
    requests: Hook
    function: Callable[..., BaseModel]
    arguments_model: type[BaseModel]
    result_model: type[BaseModel]

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON schema of its arguments."""
        return parameters_schema(self.arguments_model)

    @property
    def returns(self) -> dict[str, Any]:
        """The JSON schema of its result."""
        return TypeAdapter(self.result_model).json_schema(mode="serialization")

    @property
    def iam_actions(self) -> tuple[str, ...]:
        """Every IAM action it can need."""
        return tuple(self.iam)

    @property
    def regional(self) -> bool:
        """True where it acts in one region, which its argument `region` names."""
        return "region" in self.arguments_model.model_fields

    def is_regional(self, arguments: Mapping[str, JsonValue]) -> bool:
        """Whether it acts in one region with these arguments, as they were given."""
        return self.regional and not self.without_region(arguments)

    def validate(self, arguments: Mapping[str, JsonValue]) -> dict[str, Any]:
        """Return the arguments as typed values. Raises InvalidArguments naming every field that is wrong."""
        return typed_arguments(self.arguments_model, arguments)

    def notes(self, values: Mapping[str, Any], location: Location, read_file: ReadFile) -> tuple[str, ...]:
        """Check offline what the types alone do not say; return what the person who decides should know."""
        return tuple(ask(self.check, {**values, "location": location, "read_file": read_file}) or ())

    def declared(self, values: Mapping[str, Any], location: Location) -> Declared:
        """What a step with these arguments does, needs and leaves. Asks nobody.

        Raises InvalidArguments where the arguments are of a kind that the operation does not know.
        """
        if self.declares is not None:
            made: Declared = ask(self.declares, {**values, "location": location})
            always = self._permissions({"partition": location.partition, "account": location.account})
            permissions = tuple(dict.fromkeys((*made.permissions, *always)))
            return replace(made, permissions=permissions, also=(*made.also, *forms.also(self.name, values)))
        names = self._names(values, location)
        # A value that could be taken for other than a name stands between quotation marks.
        title = self.title.format_map({name: named(str(value)) for name, value in names.items()})
        return Declared(
            effect=self.effect,
            title=title,
            permissions=self._permissions(names),
            deletes=self.deletes,
            holds_data=str(values[self.holds_data]) if self.holds_data else None,
            reversible=self.reversible,
            undo_note=self.undo.note if self.undo else "",
            context={
                action: {key: template.format_map(names) for key, template in keys.items()}
                for action, keys in self.context_keys.items()
            },
            expects={name: _filled(template, names) for name, template in self.expects.items()},
            cost=self.cost,
        )

    def title_of(self, values: Mapping[str, Any], location: Location) -> str:
        """The step in words."""
        return self.declared(values, location).title

    def permissions(self, values: Mapping[str, Any], location: Location) -> list[tuple[str, str]]:
        """The IAM actions it needs with these arguments, each with a resource ARN; the likely ones too."""
        return list(self.declared(values, location).needs)

    def expected_result(self, values: Mapping[str, Any], location: Location) -> dict[str, JsonValue]:
        """The result as far as it is known before the operation runs; a stand-in of the right type elsewhere."""
        expects = self.declared(values, location).expects
        expected: dict[str, JsonValue] = {}
        for name, described in self.result_model.model_fields.items():
            if name in expects:
                expected[name] = expects[name]
            elif name in values:
                expected[name] = values[name]
            else:
                expected[name] = _stand_in(described.annotation)
        return expected

    def _permissions(self, names: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Each action with its resources. Raises InvalidArguments (`unnameable_resource`), whatever was checked before.

        What an operation itself derives as the whole of a resource may be a pattern, such as all buckets.
        """
        made: list[tuple[str, str]] = []
        for action, template in ((action, one) for action, templates in self.iam.items() for one in templates):
            fields = fields_of(template)
            if any(names[field] is None for field in fields):
                continue
            for field in fields:
                if template != f"{{{field}}}" or field in self.arguments_model.model_fields:
                    check_name(str(names[field]))
            made.append((action, template.format_map(names)))
        return tuple(made)

    def policies_of(self, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The policies it would put in place: `{name, kind, document | managed_arn}`."""
        return list(ask(self.policies, values))

    def requests_of(self, values: Mapping[str, Any], location: Location, tags: Mapping[str, str]) -> list[Request]:
        """The calls of AWS that it would make for a change, as far as they are known before it runs.

        `tags` say which plan and step makes a thing; an argument of that name is given instead.
        """
        return list(ask(self.requests, {"tags": tags, **values, "location": location}))

    def questions(self, values: Mapping[str, Any], location: Location) -> list[Question]:
        """What must be known of the account to tell whether a step with these arguments can succeed."""
        return list(ask(self.conflicts.facts, {**values, "location": location}))

    def judge(self, state: AccountState, values: Mapping[str, Any]) -> None:
        """Put into the state what a step with these arguments makes of it. Raises Conflict where it cannot succeed."""
        ask(self.conflicts.rule, {**values, "state": state})

    def file_ids(self, values: Mapping[str, Any]) -> list[str]:
        """The uploaded files among its arguments."""
        named = [values[name] for name in self.files if values.get(name)]
        return [source for source in named if not source.startswith("s3://")]

    def run(self, context: OperationContext, values: Mapping[str, Any]) -> dict[str, JsonValue]:
        """Change AWS and return the result as JSON."""
        return self.function(context, **values).model_dump(mode="json")

    def _names(self, values: Mapping[str, Any], location: Location) -> dict[str, Any]:
        names = {"partition": location.partition, "account": location.account, **values, **ask(self.derived, values)}
        return names | {"region": values.get("region") or location.region}


def fields_of(template: str) -> list[str]:
    """The names that a template is filled with."""
    return [field for _, field, _, _ in string.Formatter().parse(template) if field]


def _filled(template: str, names: Mapping[str, Any]) -> Any:
    """A template over the names; one that is a name and nothing else is its value as it is."""
    alone = template[1:-1]
    return names[alone] if template == f"{{{alone}}}" and alone in names else template.format_map(names)


def _stand_in(annotation: Any) -> JsonValue:
    if get_origin(annotation) is tuple:
        return []
    if get_origin(annotation) is dict:
        return {}
    if get_origin(annotation) is Literal:
        return str(get_args(annotation)[0])
    if get_args(annotation):  # an optional value is expected to be there
        annotation = get_args(annotation)[0]
    stand_ins: dict[Any, JsonValue] = {str: UNKNOWN, int: 0, bool: True}
    return stand_ins[annotation]
