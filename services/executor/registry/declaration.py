"""`@operation(...)`: a plain typed function that changes AWS declares all that a plan must know of it beforehand.

    @operation(
        effect=Effect.WRITE,
        title="Create the S3 bucket {bucket_name} in {region}",
        iam={"s3:CreateBucket": ("arn:{partition}:s3:::{bucket_name}",)},
        deletes=False,
        reversible="yes",
        undo=Undo("delete_s3_bucket", {"bucket_name": "bucket_name"}),
        drift=bucket_drift,
        compares="whether it is there, its tags",
        conflicts=Conflicts(facts=facts, rule=rule),
        cost=free("A bucket costs nothing.", "https://aws.amazon.com/s3/pricing/"),
    )
    def create_s3_bucket(context: OperationContext, bucket_name: str, region: str) -> CreatedBucket: ...

Titles, ARNs and context keys are templates. A hook takes whichever arguments it names. The function makes every change
through `context.calls.once`, so that it can be run again after it was cut off anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, get_type_hints

from pydantic import BaseModel, JsonValue

from services.executor.registry.account_state import Conflicts
from services.executor.registry.cost import UNKNOWN_COST
from services.executor.registry.drift import DriftCheck
from services.executor.registry.hooks import Hook, asked_by, no_values, nothing
from services.executor.registry.operation import Operation, Undo
from services.executor.registry.operations import OPERATIONS
from shared.iam.policy_json import PolicyKind
from shared.messages import Effect
from shared.plans.step import Cost
from shared.tools import arguments_model, read_docstring

Function = Callable[..., BaseModel]
# What hooks may name besides arguments.
_CHECK, _REQUESTS, _FACTS, _RULE = {"location", "read_file"}, {"location", "tags"}, {"location"}, {"state"}
# An argument of this name is what its hooks get.
_MAY_BE_ARGUMENTS = {"tags"}


def operation(
    *,
    effect: Effect,
    title: str,
    iam: Mapping[str, tuple[str, ...]],
    deletes: bool,
    reversible: Literal["yes", "partly", "no"],
    undo: Undo | None = None,
    drift: DriftCheck | None = None,
    compares: str = "",
    context_keys: Mapping[str, Mapping[str, str]] | None = None,
    expects: Mapping[str, str] | None = None,
    files: tuple[str, ...] = (),
    documents: Mapping[str, PolicyKind] = MappingProxyType({}),
    cost: Cost = UNKNOWN_COST,
    conflicts: Conflicts = Conflicts(),  # noqa: B008  # frozen
    declares: Hook | None = None,
    without_region: Callable[[Mapping[str, JsonValue]], bool] = lambda arguments: False,
    check: Hook = nothing,
    derived: Hook = no_values,
    policies: Hook = nothing,
    requests: Hook = nothing,
    holds_data: str | None = None,
    slow: bool = False,
) -> Callable[[Function], Function]:
    """Register a function as an operation.

    Args:
        effect: Access level of what it does.
        title: The step in words, a template.
        iam: IAM action → templates of the ARNs it is needed on; one over an argument that is None is left out.
        deletes: Whether it takes a resource away for good; plans are bounded in these.
        holds_data: The argument that names what it deletes, where that can hold data that is then lost: a person has
            to type it to approve. None where nothing is lost that a plan could not make again.
        reversible: Whether it can be undone.
        undo: The operation that undoes it.
        drift: What of a resource is no longer as a finished step left it. Needed with `undo`: undoing would destroy
            somebody's work otherwise.
        compares: What that check looks at, in words: nobody may take the rest for unchanged.
        context_keys: IAM action → context key → its value, a template, as policies may have conditions on it.
        expects: Field of the result → template, as far as it is known before the step runs.
        files: Arguments that may name uploaded files, which the plan's digest then covers.
        documents: Arguments that are policies, with their kinds; a proposal may have them as they were pasted.
        cost: What it starts to cost, with the page that says so.
        conflicts: What must be known of the account, and the rule that judges it.
        declares: For an operation whose effect, permissions, title or undo depend on its arguments: what holds of a
            step, see `registry/declared.py`.
        slow: Whether AWS may be at it for minutes or hours; that is not counted as the plan's time.
        without_region: Whether it has no region with these arguments, though it takes one: of IAM, say.
        check: Checks offline what types do not say; raises InvalidArguments, returns notes for the plan's page.
        derived: Further names for the templates, made from the arguments.
        policies: The policies it would put in place: `{name, kind, document | managed_arn}`.
        requests: The changing calls of AWS it would make, which botocore checks.

    Raises ValueError at import for a declaration that does not hold together.
    """

    def register(function: Function) -> Function:
        name = function.__name__
        _check_undo(name, reversible, undo, drift, compares)
        description, arguments = read_docstring(function)
        model = arguments_model(function, arguments)
        _check_hooks(name, model, {check: _CHECK, requests: _REQUESTS, derived: set(), policies: set()})
        _check_hooks(name, model, {conflicts.facts: _FACTS, conflicts.rule: _RULE})
        if declares is not None:
            _check_hooks(name, model, {declares: {"location"}})
        result_model = get_type_hints(function)["return"]
        OPERATIONS.add(
            Operation(
                name=name,
                description=description,
                effect=effect,
                deletes=deletes,
                holds_data=holds_data,
                reversible=reversible,
                undo=undo,
                drift=drift,
                compares=compares,
                title=title,
                iam=iam,
                context_keys=context_keys or {},
                expects=expects or {},
                files=files,
                documents=documents,
                cost=cost,
                conflicts=conflicts,
                declares=declares,
                slow=slow,
                without_region=without_region,
                check=check,
                derived=derived,
                policies=policies,
                requests=requests,
                function=function,
                arguments_model=model,
                result_model=result_model,
            )
        )
        return function

    return register


def _check_undo(name: str, reversible: str, undo: Undo | None, drift: DriftCheck | None, compares: str) -> None:
    if (undo is None) != (reversible == "no"):
        raise ValueError(f"{name}: reversible is {reversible!r}, which {'has no' if undo is None else 'has an'} undo")
    if undo is not None and drift is None:
        raise ValueError(f"{name}: it has an undo and no drift check; undoing could destroy somebody else's work")
    if undo is None and drift is not None:
        raise ValueError(f"{name}: it has a drift check and no undo, so nothing would ask it")
    if (drift is None) != (not compares):
        raise ValueError(f"{name}: a drift check and what it compares, in words, are declared together")


def _check_hooks(name: str, model: type[BaseModel], hooks: Mapping[Hook, set[str]]) -> None:
    arguments = set(model.model_fields)
    for hook, extras in hooks.items():
        if taken := extras & arguments - _MAY_BE_ARGUMENTS:
            raise ValueError(f"{name}: no argument may be called {', '.join(sorted(taken))}")
        if unknown := asked_by(hook) - extras - arguments:
            raise ValueError(f"{name}: {hook.__name__} asks for {', '.join(sorted(unknown))}, which it does not have")
