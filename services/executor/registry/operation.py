"""An operation is a plain typed function that changes AWS; what a plan must know of it is declared beside it.

    @operation(
        effect=Effect.WRITE,
        title="Create the S3 bucket {bucket_name} in {region}",
        iam={"s3:CreateBucket": ("arn:{partition}:s3:::{bucket_name}",)},
        reversible="yes",
        undo=Undo("delete_s3_bucket", {"bucket_name": "bucket_name"}),
    )
    def create_s3_bucket(context: OperationContext, bucket_name: str, region: str) -> CreatedBucket: ...

Titles and ARNs are templates over the arguments, the `facts` made from them, and `partition`, `account`,
`region`. A hook (`check`, `facts`, `policies`, `requests`) takes whichever arguments it names. The function makes
every change through `context.calls.once`, so that it can be run again after it was cut off anywhere.
"""

from __future__ import annotations

import inspect
import string
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, JsonValue, TypeAdapter

from services.executor.calls.request import Request
from services.executor.calls.step_calls import StepCalls
from services.executor.registry.location import Location
from services.executor.settings import ExecutorSettings
from shared.aws import Aws
from shared.errors import NotFound
from shared.messages import Effect, Step
from shared.plain_text import named
from shared.tools import arguments_model, parameters_schema, read_docstring, typed_arguments

Hook = Callable[..., Any]
# (context, the step's result) -> why the step cannot be taken back any more, None where it can
DriftCheck = Callable[["StepContext", Mapping[str, Any]], "str | None"]
ReadFile = Callable[[str], bytes]
# What hooks may ask for besides arguments.
# Stands, in an expected result, for what only the step's run will tell.
UNKNOWN = "known-after-the-step-ran"
_CHECK_EXTRAS = {"read_file", "location"}
_REQUEST_EXTRAS = {"tags", "location"}


@dataclass(frozen=True, slots=True)
class StepContext:
    """What it takes to look at what a step made: AWS clients, and whose step it is."""

    aws: Aws
    plan_id: str
    step_id: str
    # All steps of that plan: what one of them made may be there because of another.
    steps: tuple[Step, ...] = field(default=(), kw_only=True)

    @property
    def tags(self) -> dict[str, str]:
        """The tags that say which plan and step made a resource."""
        return {"assistant:plan": self.plan_id, "assistant:step": self.step_id}


@dataclass(frozen=True, slots=True)
class OperationContext(StepContext):
    """What an operation needs to act: besides, the calls that change, and uploaded files."""

    calls: StepCalls
    settings: ExecutorSettings
    read_file: ReadFile
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Undo:
    """The operation that takes a step back: its arguments by name, each a field of the step's result."""

    operation: str
    arguments: Mapping[str, str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One registered function with its schemas and what was declared of it."""

    name: str
    description: str
    effect: Effect
    reversible: Literal["yes", "partly", "no"]
    undo: Undo | None
    title: str
    iam: Mapping[str, tuple[str, ...]]
    expects: Mapping[str, str]
    files: tuple[str, ...]
    check: Hook
    facts: Hook
    policies: Hook
    requests: Hook
    drift: DriftCheck
    function: Callable[..., BaseModel]
    arguments_model: type[BaseModel]
    result_model: type[BaseModel]
    parameters: dict[str, Any]
    returns: dict[str, Any]

    @property
    def iam_actions(self) -> tuple[str, ...]:
        """Every IAM action it can need."""
        return tuple(self.iam)

    @property
    def regional(self) -> bool:
        """True where it acts in one region, which its argument `region` names."""
        return "region" in self.arguments_model.model_fields

    def validate(self, arguments: Mapping[str, JsonValue]) -> dict[str, Any]:
        """Return the arguments as typed values. Raises InvalidArguments naming every field that is wrong."""
        return typed_arguments(self.arguments_model, arguments)

    def notes(self, values: Mapping[str, Any], location: Location, read_file: ReadFile) -> tuple[str, ...]:
        """Check offline what the types alone do not say; return what the person who decides should know."""
        return tuple(_ask(self.check, {**values, "location": location, "read_file": read_file}) or ())

    def title_of(self, values: Mapping[str, Any], location: Location) -> str:
        """The step in words; a value that could be taken for other than a name stands between quotation marks."""
        names = self._names(values, location)
        return self.title.format_map({name: named(str(value)) for name, value in names.items()})

    def permissions(self, values: Mapping[str, Any], location: Location) -> list[tuple[str, str]]:
        """The IAM actions it needs with these arguments, each with a resource ARN."""
        names = self._names(values, location)
        return [
            (action, template.format_map(names))
            for action, templates in self.iam.items()
            for template in templates
            if all(names[field] is not None for _, field, _, _ in string.Formatter().parse(template) if field)
        ]

    def expected_result(self, values: Mapping[str, Any], location: Location) -> dict[str, JsonValue]:
        """The result as far as it is known before the operation runs; a stand-in of the right type elsewhere."""
        names = self._names(values, location)
        expected: dict[str, JsonValue] = {}
        for name, described in self.result_model.model_fields.items():
            if name in self.expects:
                expected[name] = _filled(self.expects[name], names)
            elif name in values:
                expected[name] = values[name]
            else:
                expected[name] = _stand_in(described.annotation)
        return expected

    def policies_of(self, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The policies it would put in place: `{name, kind, document | managed_arn}`."""
        return list(_ask(self.policies, values))

    def requests_of(self, values: Mapping[str, Any], location: Location, tags: Mapping[str, str]) -> list[Request]:
        """The calls of AWS that it would make for a change, as far as they are known before it runs."""
        return list(_ask(self.requests, {**values, "location": location, "tags": tags}))

    def file_ids(self, values: Mapping[str, Any]) -> list[str]:
        """The uploaded files among its arguments."""
        named = [values[name] for name in self.files if values.get(name)]
        return [source for source in named if not source.startswith("s3://")]

    def run(self, context: OperationContext, values: Mapping[str, Any]) -> dict[str, JsonValue]:
        """Change AWS and return the result as JSON."""
        return self.function(context, **values).model_dump(mode="json")

    def _names(self, values: Mapping[str, Any], location: Location) -> dict[str, Any]:
        names = {"partition": location.partition, "account": location.account, **values, **_ask(self.facts, values)}
        return names | {"region": values.get("region") or location.region}


class Operations:
    """All operations by name, in the order of their registration."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}

    def add(self, made: Operation) -> None:
        if made.name in self._operations:
            raise ValueError(f"the operation {made.name!r} is registered twice")
        self._operations[made.name] = made

    def __getitem__(self, name: str) -> Operation:
        try:
            return self._operations[name]
        except KeyError:
            raise NotFound(
                f"there is no operation {name!r}; there are {', '.join(self._operations)}", code="unknown_operation"
            ) from None

    def inverse(self, name: str, result: JsonValue) -> tuple[Operation, dict[str, JsonValue]] | None:
        """The operation that takes a step of operation `name` back, with its arguments from the step's result.

        None where nothing takes it back.
        """
        undo = self[name].undo
        if undo is None:
            return None
        fields = result if isinstance(result, dict) else {}
        return self[undo.operation], {argument: fields[field] for argument, field in undo.arguments.items()}

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._operations.values())

    def __contains__(self, name: object) -> bool:
        return name in self._operations


OPERATIONS = Operations()


def _nothing() -> tuple[()]:
    return ()


def _no_facts() -> dict[str, Any]:
    return {}


def _no_drift(context: StepContext, result: Mapping[str, Any]) -> str | None:
    return None


def operation(
    *,
    effect: Effect,
    title: str,
    iam: Mapping[str, tuple[str, ...]],
    reversible: Literal["yes", "partly", "no"],
    undo: Undo | None = None,
    expects: Mapping[str, str] | None = None,
    files: tuple[str, ...] = (),
    check: Hook = _nothing,
    facts: Hook = _no_facts,
    policies: Hook = _nothing,
    requests: Hook = _nothing,
    drift: DriftCheck = _no_drift,
) -> Callable[[Callable[..., BaseModel]], Callable[..., BaseModel]]:
    """Register a function. `iam` is action → ARN templates; a template over an argument that is None is left out."""

    def register(function: Callable[..., BaseModel]) -> Callable[..., BaseModel]:
        description, arguments = read_docstring(function)
        model = arguments_model(function, arguments)
        result_model = get_type_hints(function)["return"]
        asking: tuple[tuple[Hook, set[str]], ...] = (
            (check, _CHECK_EXTRAS),
            (facts, set()),
            (policies, set()),
            (requests, _REQUEST_EXTRAS),
        )
        for hook, extras in asking:
            unknown = set(inspect.signature(hook).parameters) - set(model.model_fields) - extras
            if unknown:
                raise ValueError(f"{function.__name__}: {hook.__name__} asks for {sorted(unknown)}")
        OPERATIONS.add(
            Operation(
                name=function.__name__,
                description=description,
                effect=effect,
                reversible=reversible,
                undo=undo,
                title=title,
                iam=iam,
                expects=expects or {},
                files=files,
                check=check,
                facts=facts,
                policies=policies,
                requests=requests,
                drift=drift,
                function=function,
                arguments_model=model,
                result_model=result_model,
                parameters=parameters_schema(model),
                returns=TypeAdapter(result_model).json_schema(mode="serialization"),
            )
        )
        return function

    return register


def _ask(hook: Hook, values: Mapping[str, Any]) -> Any:
    return hook(**{name: values[name] for name in inspect.signature(hook).parameters})


def _filled(template: str, names: Mapping[str, Any]) -> Any:
    """A template over the names; one that is a name and nothing else is its value as it is."""
    alone = template[1:-1]
    return names[alone] if template == f"{{{alone}}}" and alone in names else template.format_map(names)


def _stand_in(annotation: Any) -> JsonValue:
    if get_origin(annotation) is Literal:
        return str(get_args(annotation)[0])
    if get_args(annotation):  # an optional value is expected to be there
        annotation = get_args(annotation)[0]
    stand_ins: dict[Any, JsonValue] = {str: UNKNOWN, int: 0, bool: True}
    return stand_ins[annotation]
