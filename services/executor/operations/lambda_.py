"""Lambda functions: create and delete."""

from __future__ import annotations

import difflib
import re
import time
from functools import lru_cache
from typing import Any, Literal

import botocore.session
from botocore.exceptions import ClientError

from services.executor import packages
from services.executor.operations.registry import OperationContext, ReadFile, Undo, operation
from services.executor.packages import Package
from services.executor.place import Place, check_region
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


@lru_cache
def known_runtimes() -> tuple[str, ...]:
    """Lambda's runtimes, as botocore's service model lists them."""
    model = botocore.session.Session().get_service_model("lambda")
    return tuple(model.shape_for("Runtime").enum)


def check_runtime(runtime: str) -> None:
    """Raise InvalidArguments for a runtime Lambda does not have, with what may be meant."""
    known = known_runtimes()
    if runtime in known:
        return
    family = re.match(r"[a-z]*", runtime.lower())
    close = [name for name in known if family and family[0] and name.startswith(family[0])][-4:]
    close = close or difflib.get_close_matches(runtime, known, n=3)
    hint = f"; did you mean {', '.join(close)}?" if close else ""
    raise InvalidArguments(f"runtime: Lambda has no runtime {runtime!r}{hint}")


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
    place: Place,
    read_file: ReadFile,
) -> tuple[str, ...]:
    check_function_name(function_name)
    check_runtime(runtime)
    check_region(region or place.region, place.partition)
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


def _check_delete(function_name: str, region: str | None, place: Place) -> None:
    check_function_name(function_name)
    check_region(region or place.region, place.partition)


def _code_object(zip_file_path: str | None) -> dict[str, str | None]:
    found = packages.s3_object(zip_file_path) if zip_file_path else None
    return {"code_object": "/".join(found) if found else None}


@operation(
    effect=Effect.WRITE,
    title="Create the Lambda function {function_name} ({runtime}) in {region}, with the role {role_arn}",
    iam={
        "lambda:CreateFunction": FUNCTION,
        "lambda:TagResource": FUNCTION,
        "lambda:GetFunctionConfiguration": FUNCTION,
        "iam:PassRole": ("{role_arn}",),
        "s3:GetObject": ("arn:{partition}:s3:::{code_object}",),
    },
    expects={"function_arn": FUNCTION[0]},
    facts=_code_object,
    files=("zip_file_path",),
    check=_check_create,
    reversible="yes",
    undo=Undo("delete_lambda_function", {"function_name": "function_name", "region": "region"}),
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
    made = _create_once_role_is_known(
        context,
        client,
        {
            "FunctionName": function_name,
            "Runtime": runtime,
            "Handler": handler,
            "Role": role_arn,
            "Code": package.code,
            "Tags": context.tags,
        },
    )
    _wait_until_active(context, client, function_name)
    return CreatedFunction(
        function_name=made["FunctionName"],
        function_arn=made["FunctionArn"],
        runtime=made["Runtime"],
        handler=made["Handler"],
        role_arn=made["Role"],
        region=region,
        code_size_bytes=made["CodeSize"],
        code_sha256=made["CodeSha256"],
        packaged=package.packaged,
    )


def load_package(context: OperationContext, runtime: str, handler: str, source: str | None) -> Package:
    """The code of a function from the argument that names it."""
    if source is None:
        return Package({"ZipFile": packages.minimal_package(runtime, handler)}, "minimal")
    packages.check_source(source)
    if found := packages.s3_object(source):
        return Package({"S3Bucket": found[0], "S3Key": found[1]}, "s3")
    return Package({"ZipFile": context.read_file(source)}, "uploaded")


def _create_once_role_is_known(context: OperationContext, client: Any, request: dict[str, Any]) -> dict[str, Any]:
    """CreateFunction, again while IAM has not told Lambda of a new role yet; bounded by `role_wait_seconds`."""
    until = time.monotonic() + context.settings.role_wait_seconds
    pause = 0.5
    while True:
        try:
            made: dict[str, Any] = client.create_function(**request)
            return made
        except ClientError as error:
            unknown_role = "cannot be assumed by Lambda" in str(error)
            if error_code(error) != "InvalidParameterValueException" or not unknown_role:
                raise
            if time.monotonic() + pause > until:
                raise
        context.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE_SECONDS)


def _wait_until_active(context: OperationContext, client: Any, function_name: str) -> None:
    """Wait while the function is Pending, bounded; delete one that failed, so that the step leaves nothing behind."""
    until = time.monotonic() + context.settings.role_wait_seconds
    pause = 0.25
    while True:
        found = client.get_function_configuration(FunctionName=function_name)
        if found.get("State") == "Failed":
            client.delete_function(FunctionName=function_name)
            raise AwsError(
                f"CreateFunction: {found.get('StateReason', 'no reason given')}", code="lambda_function_failed"
            )
        if found.get("State") != "Pending" or time.monotonic() + pause > until:
            return
        context.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE_SECONDS)


@operation(
    effect=Effect.WRITE,
    title="Delete the Lambda function {function_name} in {region}",
    iam={"lambda:DeleteFunction": FUNCTION},
    check=_check_delete,
    reversible="no",
)
def delete_lambda_function(context: OperationContext, function_name: str, region: str | None = None) -> DeletedFunction:
    """Delete a Lambda function with all its versions.

    Args:
        function_name: Name of the function.
        region: Region of the function; the session's where left out.
    """
    region = region or context.aws.info.region
    context.aws.client("lambda", region).delete_function(FunctionName=function_name)
    return DeletedFunction(function_name=function_name, region=region)
