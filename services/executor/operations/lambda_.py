"""Lambda functions: create and delete."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Literal

from botocore.exceptions import ClientError

from services.executor.calls.observation import Happened, NotYet, Observation
from services.executor.calls.request import Request
from services.executor.operations import packages
from services.executor.operations import tags as marks
from services.executor.operations.function_state import find_function, function_state, probe_function_gone
from services.executor.operations.packages import Package
from services.executor.operations.runtimes import check_runtime
from services.executor.registry.location import Location, check_region
from services.executor.registry.operation import OperationContext, ReadFile, StepContext, Undo, operation
from shared.aws import error_code
from shared.errors import AwsError, InvalidArguments
from shared.messages import Effect, Message

FUNCTION = ("arn:{partition}:lambda:{region}:{account}:function:{function_name}",)
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", flags=re.ASCII)
MAX_PAUSE_SECONDS = 5.0


class CreatedFunction(Message):
    function_name: str
    function_arn: str
    runtime: str
    handler: str
    role_arn: str
    region: str
    code_size_bytes: int
    code_sha256: str
    packaged: Literal["minimal", "uploaded", "s3"]


class DeletedFunction(Message):
    function_name: str
    region: str
    deleted: Literal[True] = True


def check_function_name(function_name: str) -> None:
    """Raise InvalidArguments unless Lambda takes the name (API_CreateFunction: FunctionName, without an ARN)."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", function_name):
        raise InvalidArguments(
            f"function_name: {function_name!r} is no function name; one has 1 to 64 letters, digits, hyphens and _"
        )


def _check_create(
    function_name: str,
    runtime: str,
    handler: str,
    role_arn: str,
    zip_file_path: str | None,
    region: str | None,
    location: Location,
    read_file: ReadFile,
) -> tuple[str, ...]:
    check_function_name(function_name)
    check_runtime(runtime)
    check_region(region or location.region, location.partition)
    if not re.fullmatch(r"[^\s]{1,128}", handler):
        raise InvalidArguments("handler: 1 to 128 characters without white space")
    if runtime.startswith(("python", "nodejs")) and "." not in handler:
        raise InvalidArguments(f'handler: {handler!r} does not fit {runtime}; it is "file.function"')
    if not _ROLE_ARN.fullmatch(role_arn):
        raise InvalidArguments(f"role_arn: {role_arn!r} is not the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME)")
    if zip_file_path is None:
        packages.minimal_package(runtime, handler)
        file = packages.code_file(runtime, handler)
        return (f'No package was given: a minimal handler is packed as {file}, which answers "Hello from AWS Lambda".',)
    packages.check_source(zip_file_path)
    if packages.s3_object(zip_file_path):
        return (f"The code is what {zip_file_path} holds when the step runs; it is not part of the approval.",)
    note = packages.check_upload(read_file(zip_file_path), runtime, handler)
    return (note,) if note else ()


def _check_delete(function_name: str, region: str | None, location: Location) -> None:
    check_function_name(function_name)
    check_region(region or location.region, location.partition)


def _code_object(zip_file_path: str | None) -> dict[str, str | None]:
    found = packages.s3_object(zip_file_path) if zip_file_path else None
    return {"code_object": "/".join(found) if found else None}


def _create_request(
    function_name: str, runtime: str, handler: str, role_arn: str, region: str | None, tags: Mapping[str, str]
) -> list[Request]:
    # The code is checked where it is packed; botocore need only see that there is some.
    return [_create(function_name, runtime, handler, role_arn, region, {"ZipFile": b""}, tags)]


def _create(
    function_name: str,
    runtime: str,
    handler: str,
    role_arn: str,
    region: str | None,
    code: Mapping[str, Any],
    tags: Mapping[str, str],
) -> Request:
    parameters = {
        "FunctionName": function_name,
        "Runtime": runtime,
        "Handler": handler,
        "Role": role_arn,
        "Code": dict(code),
        "Tags": dict(tags),
    }
    return Request("lambda", "CreateFunction", parameters, region)


# What Lambda gives a function that says nothing of it (API_CreateFunction), as no step does.
_AS_MADE = {"MemorySize": 128, "Timeout": 3}


def _added(found: Mapping[str, Any]) -> bool:
    """Whether a function has what no step gives it: variables, layers, a network, files, a queue for failures."""
    variables, network = found.get("Environment") or {}, found.get("VpcConfig") or {}
    letters = found.get("DeadLetterConfig") or {}
    parts = (variables.get("Variables"), found.get("Layers"), network.get("SubnetIds"), letters.get("TargetArn"))
    return any((*parts, found.get("FileSystemConfigs")))


def _function_drift(context: StepContext, result: Mapping[str, Any]) -> str | None:
    name = str(result["function_name"])
    client = context.aws.client("lambda", str(result["region"]))
    found = find_function(client, name)
    if found is None:
        return f"the function {name} is gone already"
    if not marks.has(client.list_tags(Resource=found["FunctionArn"])["Tags"], context.tags):
        return f"the function {name} has lost this plan's tags: it was made anew or its tags were changed"
    if result["code_sha256"] and found["CodeSha256"] != result["code_sha256"]:
        return f"somebody has changed the code of the function {name}"
    made = {"Runtime": result["runtime"], "Handler": result["handler"], "Role": result["role_arn"], **_AS_MADE}
    if any((found.get(key) or _AS_MADE.get(key)) != value for key, value in made.items()) or _added(found):
        return f"somebody has changed the configuration of the function {name}"
    return None


@operation(
    effect=Effect.WRITE,
    title="Create the Lambda function {function_name} ({runtime}) in {region}, with the role {role_arn}",
    iam={
        "lambda:CreateFunction": FUNCTION,
        "lambda:TagResource": FUNCTION,
        "lambda:GetFunctionConfiguration": FUNCTION,
        "lambda:ListTags": FUNCTION,
        "iam:PassRole": ("{role_arn}",),
        "s3:GetObject": ("arn:{partition}:s3:::{code_object}",),
    },
    expects={"function_arn": FUNCTION[0], "region": "{region}"},
    facts=_code_object,
    files=("zip_file_path",),
    check=_check_create,
    requests=_create_request,
    drift=_function_drift,
    reversible="yes",
    undo=Undo(
        "delete_lambda_function",
        {"function_name": "function_name", "region": "region"},
        note="only while nobody else has changed it",
    ),
)
def create_lambda_function(
    context: OperationContext,
    function_name: str,
    runtime: str,
    handler: str,
    role_arn: str,
    zip_file_path: str | None = None,
    region: str | None = None,
) -> CreatedFunction:
    """Create a Lambda function. Without a package a minimal handler is packed (python and nodejs only).

    Args:
        function_name: Name of the function, unique in its region.
        runtime: Lambda runtime, e.g. python3.13 or nodejs22.x.
        handler: Where the code starts, e.g. lambda_function.lambda_handler or index.handler.
        role_arn: ARN of the role the function runs as; its trust policy names lambda.amazonaws.com.
        zip_file_path: Id of an uploaded file (file_…) or s3://bucket/key; never a path.
        region: Region the function is made in; the session's where left out.
    """
    region = region or context.aws.info.region
    client = context.aws.client("lambda", region)
    package = load_package(context, runtime, handler, zip_file_path)

    def probe() -> Observation:
        found = find_function(client, function_name)
        if found and marks.has(client.list_tags(Resource=found["FunctionArn"])["Tags"], context.tags):
            return Happened(_facts(found))
        # Somebody else's, and a name is given once: ours will be refused.
        return NotYet()

    request = _create(function_name, runtime, handler, role_arn, region, package.code, context.tags)
    made = context.calls.once(request, probe, keep=_facts, again=_role_is_new)
    if not made:
        made = _facts(client.get_function_configuration(FunctionName=function_name))
    _wait_until_active(context, client, function_name, region)
    return CreatedFunction(**made, region=region, packaged=package.packaged)


def load_package(context: OperationContext, runtime: str, handler: str, source: str | None) -> Package:
    """The code of a function from the argument that names it."""
    if source is None:
        return Package({"ZipFile": packages.minimal_package(runtime, handler)}, "minimal")
    packages.check_source(source)
    if found := packages.s3_object(source):
        return Package({"S3Bucket": found[0], "S3Key": found[1]}, "s3")
    return Package({"ZipFile": context.read_file(source)}, "uploaded")


def _facts(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the result tells, from CreateFunction's answer or a function's configuration, which are alike."""
    return {
        "function_name": answer["FunctionName"],
        "function_arn": answer["FunctionArn"],
        "runtime": answer["Runtime"],
        "handler": answer["Handler"],
        "role_arn": answer["Role"],
        "code_size_bytes": answer["CodeSize"],
        "code_sha256": answer["CodeSha256"],
    }


def _role_is_new(error: ClientError) -> bool:
    """Whether IAM has not told Lambda of a new role yet."""
    return error_code(error) == "InvalidParameterValueException" and "cannot be assumed by Lambda" in str(error)


def _wait_until_active(context: OperationContext, client: Any, function_name: str, region: str) -> None:
    """Wait while the function is Pending, bounded; delete one that failed, so that the step leaves nothing behind."""
    until = time.monotonic() + context.settings.role_wait_seconds
    pause = 0.25
    while True:
        found = function_state(client, function_name)
        if found.get("State") == "Failed":
            delete = Request("lambda", "DeleteFunction", {"FunctionName": function_name}, region)
            context.calls.once(delete, probe_function_gone(client, function_name), name="clean up")
            raise AwsError(
                f"CreateFunction: {found.get('StateReason', 'no reason given')}", code="lambda_function_failed"
            )
        if found.get("State") != "Pending" or time.monotonic() + pause > until:
            return
        context.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE_SECONDS)


def _delete_request(function_name: str, region: str | None) -> list[Request]:
    return [Request("lambda", "DeleteFunction", {"FunctionName": function_name}, region)]


@operation(
    effect=Effect.WRITE,
    title="Delete the Lambda function {function_name} in {region}",
    iam={
        "lambda:DeleteFunction": FUNCTION,
        "lambda:GetFunctionConfiguration": FUNCTION,
        # To see, where it undoes a plan, that it is still the one.
        "lambda:ListTags": FUNCTION,
    },
    check=_check_delete,
    requests=_delete_request,
    reversible="no",
)
def delete_lambda_function(context: OperationContext, function_name: str, region: str | None = None) -> DeletedFunction:
    """Delete a Lambda function with all its versions.

    Args:
        function_name: Name of the function.
        region: Region of the function; the session's where left out.
    """
    region = region or context.aws.info.region
    client = context.aws.client("lambda", region)

    def function() -> dict[str, Any]:
        return {"revision": client.get_function_configuration(FunctionName=function_name).get("RevisionId")}

    revision = context.calls.remember("prior", function)["revision"]
    [request] = _delete_request(function_name, region)
    context.calls.once(request, probe_function_gone(client, function_name, revision))
    return DeletedFunction(function_name=function_name, region=region)
