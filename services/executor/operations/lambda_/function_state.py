"""What Lambda says of a function now: for the calls that make or delete one, and for what a plan must know."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from services.executor.calls.observation import Happened, NotYet, Observation
from services.executor.registry.facts import fact
from shared.aws import Aws, error_code
from shared.errors import InvalidArguments

log = structlog.get_logger(__name__)

FUNCTION = ("arn:{partition}:lambda:{region}:{account}:function:{function_name}",)
PRICES = "https://aws.amazon.com/lambda/pricing/"


@dataclass(frozen=True, slots=True)
class CodeStorage:
    """Bytes of a region's Lambda code storage."""

    used: int
    limit: int


@fact("the function {1} in {0}", iam=("lambda:GetFunctionConfiguration",), absent=("ResourceNotFoundException",))
def function_exists(aws: Aws, region: str, function_name: str) -> bool:
    """Whether there is such a function."""
    return bool(aws.client("lambda", region).get_function_configuration(FunctionName=function_name))


@fact("Lambda's code storage in {0}", iam=("lambda:GetAccountSettings",))
def code_storage(aws: Aws, region: str) -> CodeStorage:
    """How full the region's code storage is."""
    found = aws.client("lambda", region).get_account_settings()
    return CodeStorage(found["AccountUsage"]["TotalCodeSize"], found["AccountLimit"]["TotalCodeSize"])


def check_function_name(function_name: str) -> None:
    """Raise InvalidArguments unless Lambda takes the name (API_CreateFunction: FunctionName, without an ARN)."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", function_name):
        raise InvalidArguments(
            f"function_name: {function_name!r} is no function name; one has 1 to 64 letters, digits, hyphens and _"
        )


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
