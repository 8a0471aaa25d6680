"""Delete a Lambda function with all its versions."""

from __future__ import annotations

from typing import Any, Literal

from services.executor.calls.request import Request
from services.executor.operations.lambda_.function_state import (
    FUNCTION,
    PRICES,
    check_function_name,
    check_same_function,
    function_identity,
    function_settings,
    probe_function_gone,
    settings_of,
)
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext
from services.executor.registry.cost import free
from services.executor.registry.declaration import operation
from services.executor.registry.facts import Question
from services.executor.registry.location import Location, check_region
from services.executor.registry.taken_away import check_as_shown, taken_away
from shared.messages import Effect, Message


class DeletedFunction(Message):
    function_name: str
    region: str
    deleted: Literal[True] = True


def _check(function_name: str, region: str | None, location: Location) -> None:
    check_function_name(function_name)
    check_region(region or location.region, location.partition)


def _request(function_name: str, region: str | None) -> list[Request]:
    return [Request("lambda", "DeleteFunction", {"FunctionName": function_name}, region)]


def _facts(function_name: str, region: str | None, location: Location) -> list[Question]:
    return [function_settings.about(region or location.region, function_name)]


def _rule(state: AccountState, function_name: str, region: str | None) -> None:
    region = region or state.location.region
    state.must_exist(f"function {function_name} in {region}", function_settings, region, function_name)
    if not state.disturbed:
        state.show(taken_away(state.get(function_settings, region, function_name) or {}))
    state.put(function_settings, region, function_name, value=None)


@operation(
    effect=Effect.WRITE,
    title="Delete the Lambda function {function_name} in {region}",
    iam={
        "lambda:DeleteFunction": FUNCTION,
        "lambda:GetFunctionConfiguration": FUNCTION,
        # To see, where it undoes a plan, that it is still the one.
        "lambda:ListTags": FUNCTION,
    },
    check=_check,
    requests=_request,
    conflicts=Conflicts(facts=_facts, rule=_rule),
    cost=free("Deleting a function costs nothing.", PRICES, "once"),
    deletes=True,
    reversible="no",
)
def delete_lambda_function(context: OperationContext, function_name: str, region: str | None = None) -> DeletedFunction:
    """Delete a Lambda function; all its versions go with it.

    Args:
        function_name: Name of the function.
        region: Region of the function; the session's where left out.
    """
    region = region or context.aws.info.region
    client = context.aws.client("lambda", region)

    def function() -> dict[str, Any]:
        return dict(client.get_function_configuration(FunctionName=function_name))

    def as_shown() -> dict[str, Any]:
        found = context.calls.patiently(function, about=function_name)
        check_as_shown(f"the function {function_name}", context.shown, settings_of(found))
        return function_identity(found)

    prior = context.calls.remember("prior", as_shown)
    [request] = _request(function_name, region)
    context.calls.once(
        request,
        probe_function_gone(client, function_name, prior),
        before=lambda: check_same_function(client, function_name, prior),
    )
    return DeletedFunction(function_name=function_name, region=region)
