"""Waits until a new Lambda function can be invoked; one that failed to become so is deleted again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

from services.executor.calls.request import Request
from services.executor.operations import tags as marks
from services.executor.operations.lambda_.function_state import (
    check_same_function,
    function_identity,
    function_state,
    probe_function_gone,
)
from services.executor.registry.contexts import OperationContext
from shared.errors import AssistantError, AwsError

MAX_PAUSE_SECONDS = 5.0


def wait_until_active(context: OperationContext, client: Any, function_name: str, region: str) -> None:
    """Wait while the function is Pending, bounded; delete one that failed, so that the step leaves nothing behind."""
    until = time.monotonic() + context.settings.role_wait_seconds
    pause = 0.25
    # An earlier run may have begun to delete it.
    failed = context.calls.recall("failed")
    while failed is None:
        found = function_state(client, function_name)
        if found.get("State") == "Failed":
            failed = context.calls.remember("failed", partial(_failure, context, client, found))
            break
        if found.get("State") != "Pending" or time.monotonic() + pause > until:
            return
        context.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE_SECONDS)
    _clean_up(context, client, function_name, region, failed)


def _failure(context: OperationContext, client: Any, found: Mapping[str, Any]) -> dict[str, Any]:
    """Why the function failed, and its identity where it is this step's own."""
    ours = marks.has(client.list_tags(Resource=found["FunctionArn"])["Tags"], context.tags)
    reason = found.get("StateReason", "no reason given")
    return {"reason": reason, "identity": function_identity(found) if ours else {}}


def _clean_up(
    context: OperationContext, client: Any, function_name: str, region: str, failed: Mapping[str, Any]
) -> NoReturn:
    """Delete the failed function, unless it is another's by now, and raise AwsError with the reason."""
    identity, kept = failed["identity"], ""
    delete = Request("lambda", "DeleteFunction", {"FunctionName": function_name}, region)
    try:
        context.calls.once(
            delete,
            probe_function_gone(client, function_name, identity),
            before=lambda: check_same_function(client, function_name, identity),
            name="clean up",
        )
    except AssistantError as trouble:
        kept = f"; the function {function_name} was made before, and not deleted again: {trouble.detail}"
    raise AwsError(f"CreateFunction: {failed['reason']}{kept}", code="lambda_function_failed")
