"""What Lambda says of a function now: for the calls that make or delete one, and for what a plan must know."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import JsonValue

from services.executor.calls.observation import Happened, NotYet, Observation, Unclear
from services.executor.registry.facts import fact
from shared.aws.clients import Aws, error_code
from shared.errors import Conflict, InvalidArguments

log = structlog.get_logger(__name__)

FUNCTION = ("arn:{partition}:lambda:{region}:{account}:function:{function_name}",)
_SETTINGS = ("CodeSha256", "Description", "Handler", "LastModified", "MemorySize", "Role", "Runtime", "Timeout")
PRICES = "https://aws.amazon.com/lambda/pricing/"


@dataclass(frozen=True, slots=True)
class CodeStorage:
    """Bytes of a region's Lambda code storage."""

    used: int
    limit: int


@fact("the function {1} in {0}", iam=("lambda:GetFunctionConfiguration",), absent=("ResourceNotFoundException",))
def function_settings(aws: Aws, region: str, function_name: str) -> Mapping[str, JsonValue]:
    """The settings of a function that say what it is, without its environment; none where there is no such function."""
    return settings_of(aws.client("lambda", region).get_function_configuration(FunctionName=function_name))


def settings_of(found: Mapping[str, Any]) -> dict[str, JsonValue]:
    """These settings, of a function's configuration. Its date changes with any other of its settings."""
    return {name: found[name] for name in _SETTINGS if name in found}


@fact("Lambda's code storage in {0}", iam=("lambda:GetAccountSettings",))
def code_storage(aws: Aws, region: str) -> CodeStorage:
    """How full the region's code storage is."""
    found = aws.client("lambda", region).get_account_settings()
    return CodeStorage(found["AccountUsage"]["TotalCodeSize"], found["AccountLimit"]["TotalCodeSize"])


@dataclass(frozen=True, slots=True)
class CodeObject:
    """A package in S3: the region of its bucket, and its size in bytes, None where there is no such key."""

    region: str
    size_bytes: int | None


@fact("the package s3://{0}/{1}", iam=("s3:ListBucket",), absent=("404", "NotFound", "NoSuchBucket"))
def code_object(aws: Aws, bucket_name: str, key: str) -> CodeObject:
    """Where a package in S3 is and how large; none where there is no such bucket."""
    region = _region_of(aws.client("s3"), bucket_name) or aws.info.region
    # The key that is asked for is the first of those that begin with it. HeadObject would need s3:GetObject.
    found = aws.client("s3", region).list_objects_v2(Bucket=bucket_name, Prefix=key, MaxKeys=1).get("Contents", ())
    return CodeObject(region, next((int(one["Size"]) for one in found if one["Key"] == key), None))


def _region_of(s3: Any, bucket_name: str) -> str | None:
    """The bucket's region; HeadBucket names it also where it redirects or denies the rest."""
    try:
        headers = s3.head_bucket(Bucket=bucket_name)["ResponseMetadata"]["HTTPHeaders"]
    except ClientError as error:
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        if not headers.get("x-amz-bucket-region"):
            raise
    region = headers.get("x-amz-bucket-region")
    return str(region) if region else None


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


def function_identity(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a function of the same name that was made later does not share; `found` is a function's configuration.

    A function has no id and no creation date. Its revision, a UUID, and its date change with every change of it too, so
    that others do not tell whether it was changed or made anew.
    """
    return {"revision": found.get("RevisionId"), "modified": found.get("LastModified")}


def probe_function_gone(client: Any, function_name: str, identity: Mapping[str, Any]) -> Callable[[], Observation]:
    """Whether the function of this identity is gone; Unclear where there is one with another."""

    def probe() -> Observation:
        found = find_function(client, function_name)
        if found is None:
            return Happened()
        if function_identity(found) == identity:
            return NotYet()
        return Unclear(
            f"there is a function {function_name} with another revision than the one that was to be deleted:"
            " it was changed, or deleted and made anew by somebody"
        )

    return probe


def check_same_function(client: Any, function_name: str, identity: Mapping[str, Any]) -> None:
    """Raise Conflict (`world_moved_on`) where the function was changed, or is another one of its name.

    Lambda deletes by name, so a successor would be taken. That there is none is left to Lambda to say.
    """
    found = find_function(client, function_name)
    if found is not None and function_identity(found) != identity:
        raise Conflict(
            f"the function {function_name} was changed or made anew since this step began; propose the plan again",
            code="world_moved_on",
        )
