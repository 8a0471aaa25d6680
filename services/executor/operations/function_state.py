"""What Lambda says of a function now: looks for the calls that make or delete one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from services.executor.calls.observation import Happened, NotYet, Observation
from shared.aws import error_code

log = structlog.get_logger(__name__)


def find_function(client: Any, function_name: str) -> dict[str, Any] | None:
    """The configuration of the function of this name, None where there is none."""
    try:
        found: dict[str, Any] = client.get_function_configuration(FunctionName=function_name)
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            return None
        raise
    return found


def function_state(client: Any, function_name: str) -> dict[str, Any]:
    """A function's configuration. The function is made: where AWS fails to tell, the step has not failed."""
    try:
        found: dict[str, Any] = client.get_function_configuration(FunctionName=function_name)
    except (ClientError, BotoCoreError) as error:
        log.warning("function_state_unknown", function_name=function_name, error=type(error).__name__)
        return {"State": "Pending"}
    return found


def probe_function_gone(client: Any, function_name: str, revision: str | None = None) -> Callable[[], Observation]:
    """Whether a function is gone; another one of its name means that it is."""

    def probe() -> Observation:
        found = find_function(client, function_name)
        return NotYet() if found and revision in (None, found.get("RevisionId")) else Happened()

    return probe
