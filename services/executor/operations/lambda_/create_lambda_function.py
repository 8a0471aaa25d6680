"""Create a Lambda function, from a package or with a minimal handler that is packed here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from services.executor.calls.observation import Happened, NotYet, Observation
from services.executor.calls.request import Request
from services.executor.operations import tags as marks
from services.executor.operations.iam.role_state import role_trust
from services.executor.operations.lambda_ import packages
from services.executor.operations.lambda_.activation import wait_until_active
from services.executor.operations.lambda_.code_files import code_file
from services.executor.operations.lambda_.function_state import (
    FUNCTION,
    PRICES,
    check_function_name,
    code_object,
    code_storage,
    find_function,
    function_settings,
)
from services.executor.operations.lambda_.needs import check_code_object, check_role, check_trusts_lambda, role_name
from services.executor.operations.lambda_.package_contents import check_contents
from services.executor.operations.lambda_.runtimes import check_runtime
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext, ReadFile, StepContext
from services.executor.registry.cost import free
from services.executor.registry.declaration import operation
from services.executor.registry.drift import Drift, Moved, back, gone, together
from services.executor.registry.facts import Question
from services.executor.registry.location import Location, check_region
from services.executor.registry.operation import Undo
from shared.errors import Conflict, InvalidArguments
from shared.messages import Effect, Message


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


def _check(
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
    deprecated = check_runtime(runtime)
    notes = (deprecated,) if deprecated else ()
    check_region(region or location.region, location.partition)
    if not re.fullmatch(r"[^\s]{1,128}", handler):
        raise InvalidArguments("handler: 1 to 128 characters without white space")
    if runtime.startswith(("python", "nodejs", "ruby")) and "." not in handler:
        raise InvalidArguments(f'handler: {handler!r} does not fit {runtime}; it is "file.function"')
    check_role(role_arn, location)
    if zip_file_path is None:
        packages.minimal_package(runtime, handler)
        file = code_file(runtime, handler)
        return (
            *notes,
            f'No package was given: a minimal handler is packed as {file}, which answers "Hello from AWS Lambda".',
        )
    packages.check_source(zip_file_path)
    if packages.s3_object(zip_file_path):
        return (
            *notes,
            f"The code is what {zip_file_path} holds when the step runs; it is not part of the approval.",
        )
    return (*notes, *check_contents(read_file(zip_file_path), runtime, handler))


def _code_object(zip_file_path: str | None) -> dict[str, str | None]:
    found = packages.s3_object(zip_file_path) if zip_file_path else None
    return {"code_object": "/".join(found) if found else None}


def _requests(
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


def _facts(
    function_name: str, role_arn: str, zip_file_path: str | None, region: str | None, location: Location
) -> list[Question]:
    region = region or location.region
    questions = [function_settings.about(region, function_name)]
    questions.append(role_trust.about(role_name(role_arn)))
    # What is packed here is a few hundred bytes.
    if zip_file_path and (found := packages.s3_object(zip_file_path)):
        questions.append(code_object.about(*found))
    return [*questions, code_storage.about(region)] if zip_file_path else questions


def _rule(
    state: AccountState, function_name: str, role_arn: str, zip_file_path: str | None, region: str | None
) -> None:
    region = region or state.location.region
    state.must_be_free(f"the function {function_name} in {region}", function_settings, region, function_name)
    state.put(function_settings, region, function_name, value={})
    storage = state.get(code_storage, region)
    if storage and storage.used >= storage.limit:
        raise Conflict(
            f"Lambda's code storage in {region} is full ({storage.used} of {storage.limit} bytes)", code="quota_reached"
        )
    if zip_file_path and (found := packages.s3_object(zip_file_path)):
        check_code_object(state, *found, region)
    check_trusts_lambda(state, role_arn)


# What Lambda gives a function that says nothing of it (API_CreateFunction), as no step does.
_AS_MADE = {"MemorySize": 128, "Timeout": 3}


def _drift(context: StepContext, result: Mapping[str, Any]) -> Drift | None:
    name = str(result["function_name"])
    client = context.aws.client("lambda", str(result["region"]))
    found = find_function(client, name)
    if context.undone:
        return back(f"a function {name}") if found is not None else None
    if found is None:
        return gone(f"the function {name}")
    tags = client.list_tags(Resource=found["FunctionArn"])["Tags"]
    return together(_differences(context, result, found, tags))


def _differences(
    context: StepContext, result: Mapping[str, Any], found: Mapping[str, Any], tags: Mapping[str, str]
) -> Iterator[Drift]:
    name = str(result["function_name"])
    changed_tags = marks.drift(context, f"the function {name}", str(result["function_arn"]), tags)
    if changed_tags is not None:
        yield changed_tags
    if result["code_sha256"] and found["CodeSha256"] != result["code_sha256"]:
        moved = Moved("/CodeSha256", result["code_sha256"], found["CodeSha256"])
        yield Drift(f"somebody has changed the code of the function {name}", (moved,))
    made = {"Runtime": result["runtime"], "Handler": result["handler"], "Role": result["role_arn"], **_AS_MADE}
    now = {key: found.get(key) or _AS_MADE.get(key) for key in made}
    changed = tuple(Moved(f"/{key}", value, now[key]) for key, value in made.items() if now[key] != value)
    if added := (*changed, *_added(found)):
        yield Drift(f"somebody has changed the configuration of the function {name}", added)


def _added(found: Mapping[str, Any]) -> Iterator[Moved]:
    """What a function has that no step gives it: variables, layers, a network, files, a queue for failures."""
    if (found.get("Environment") or {}).get("Variables"):
        yield Moved("/Environment/Variables", hidden=True)
    parts = {
        "/Layers": [layer.get("Arn") for layer in found.get("Layers") or ()],
        "/VpcConfig/SubnetIds": (found.get("VpcConfig") or {}).get("SubnetIds"),
        "/DeadLetterConfig/TargetArn": (found.get("DeadLetterConfig") or {}).get("TargetArn"),
        "/FileSystemConfigs": found.get("FileSystemConfigs"),
    }
    yield from (Moved(path, None, value) for path, value in parts.items() if value)


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
    context_keys={"iam:PassRole": {"iam:PassedToService": "lambda.amazonaws.com"}},
    expects={"function_arn": FUNCTION[0], "region": "{region}"},
    derived=_code_object,
    files=("zip_file_path",),
    check=_check,
    requests=_requests,
    conflicts=Conflicts(facts=_facts, rule=_rule),
    cost=free("A function costs nothing until it is invoked.", PRICES),
    deletes=False,
    reversible="yes",
    undo=Undo(
        "delete_lambda_function",
        {"function_name": "function_name", "region": "region"},
        note="only while nobody else has changed it",
    ),
    drift=_drift,
    compares="whether it is there, its tags, code and configuration",
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
    package = packages.load(runtime, handler, zip_file_path, context.read_file)

    def probe() -> Observation:
        found = find_function(client, function_name)
        if found and marks.has(client.list_tags(Resource=found["FunctionArn"])["Tags"], context.tags):
            return Happened(_described(found))
        # Somebody else's, and a name is given once: ours will be refused.
        return NotYet()

    request = _create(function_name, runtime, handler, role_arn, region, package.code, context.tags)
    made = context.calls.once(request, probe, keep=_described)
    if not made:
        made = _described(client.get_function_configuration(FunctionName=function_name))
    wait_until_active(context, client, function_name, region)
    return CreatedFunction(**made, region=region, packaged=package.packaged)


def _described(answer: Mapping[str, Any]) -> dict[str, Any]:
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
